//! A disk that is full for one host alone: the limit of its process for the size of a file takes the place of the disk's
//! end. A write beyond it fails, in part or as a whole, and says so; what is there can be read.

use std::process::Command;

use super::{Host, Studio};

impl Studio {
    /// Starts a host that is told when its disk is full, instead of being ended for it.
    #[track_caller]
    pub fn start_unwatched_on_a_small_disk(&self) -> Host {
        self.spawn(&["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
    }

    /// How large a file in the studio's folder is.
    pub fn bytes_of(&self, name: &str) -> u64 {
        self.path(name).metadata().map_or(0, |metadata| metadata.len())
    }
}

impl Host {
    /// Lets no file grow beyond so many bytes.
    pub fn fill_disk(&self, bytes: u64) {
        self.limit_files(&bytes.to_string());
    }

    /// Lets files grow again.
    pub fn empty_disk(&self) {
        self.limit_files("unlimited");
    }

    fn limit_files(&self, limit: &str) {
        // The soft limit alone: the hard one cannot be raised again.
        let arguments = ["--pid", &self.id().to_string(), &format!("--fsize={limit}:")];
        let status = Command::new("prlimit").args(arguments).status();
        assert!(status.expect("prlimit is there, of util-linux").success());
    }
}
