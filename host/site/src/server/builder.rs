//! How a site is chosen and started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::door::Door;
use super::limits::Limits;
use super::shared::{Shared, wall};
use super::storage::Folder;
use super::{Site, routes};
use crate::clock::Clock;
use crate::faults::{FaultOrder, FaultOrderError, Faults, Rule};
use crate::model::{Model, Now, Schema, SchemaError};
use crate::recording::{Beginning, Recording, RecordingError};
use crate::seed::{self, Scene, Script};
use crate::stage::Stage;
use crate::wire::ApiError;

/// A site that is to be started. What is not chosen is left to [`Site::builder`]'s defaults.
#[derive(Debug, Clone)]
#[must_use = "a site runs once it is started"]
pub struct Builder {
    address: SocketAddr,
    seed: u64,
    scene: Scene,
    scripts: Vec<Script>,
    clock: Clock,
    began: Option<Now>,
    schema: Vec<(String, String)>,
    faults: FaultOrder,
    file: Option<PathBuf>,
    files: Option<PathBuf>,
    limits: Limits,
}

/// Why a site did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing can listen there.
    #[error("the site cannot listen on {address}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its file cannot be used.
    #[error("the site's recorded writes cannot be taken up")]
    Recording(#[source] RecordingError),
    /// The production could not be made.
    #[error("the production cannot be made on this schema")]
    Seed(#[source] ApiError),
    /// A schema file cannot be used.
    #[error("the schema cannot be extended")]
    Schema(#[source] SchemaError),
    /// The folder for uploaded files cannot be used.
    #[error("uploaded files cannot be kept in {}", .path.display())]
    Files {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A fault rule cannot be followed.
    #[error("the faults cannot be put in force")]
    Faults(#[source] FaultOrderError),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            scene: Scene::Short,
            scripts: Vec::new(),
            clock: Clock::Wall,
            began: None,
            schema: Vec::new(),
            faults: FaultOrder::default(),
            file: None,
            files: None,
            limits: Limits::default(),
        }
    }
}

impl Builder {
    /// Names, numbers, keys, and what happens by chance are made of this: the same seed makes the same site.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Begins with the production of this scene.
    pub fn scene(mut self, scene: Scene) -> Self {
        self.scene = scene;
        self
    }

    /// Adds a script user; its key is made if not given. The host's own script is always there.
    pub fn script(mut self, name: &str, key: Option<&str>) -> Self {
        self.scripts.push(Script { name: name.to_owned(), key: key.map(str::to_owned) });
        self
    }

    /// Listens there; port 0 takes a free one.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Lets time go in this way.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Lets time stand still at a moment.
    pub fn frozen(self, at: Now) -> Self {
        self.clock(Clock::Still(at))
    }

    /// The production was made then, and not when the site is started.
    pub fn began(mut self, began: Now) -> Self {
        self.began = Some(began);
        self
    }

    /// Adds the types, fields, statuses and permission rules of the text of a schema file to the schema; `file` is what
    /// errors call it.
    pub fn schema(mut self, file: impl Into<String>, text: impl Into<String>) -> Self {
        self.schema.push((file.into(), text.into()));
        self
    }

    /// Puts a fault rule in force from the start.
    pub fn fault(mut self, rule: Rule) -> Self {
        self.faults.rules.push(rule);
        self
    }

    /// Follows an order about faults at the start.
    pub fn faults(mut self, order: FaultOrder) -> Self {
        self.faults = order;
        self
    }

    /// Records writes in this file, and begins with those in it.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Keeps uploaded files in this folder. Without it they are beside the file of recorded writes, if there is one, in a
    /// folder of its name with `.files` added; otherwise in a folder of their own that goes with the site.
    pub fn files(mut self, folder: impl Into<PathBuf>) -> Self {
        self.files = Some(folder.into());
        self
    }

    /// How many connections it takes, and how long it waits for each.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Starts the site. Belongs in a tokio runtime.
    ///
    /// # Errors
    /// If the address is taken, or what was chosen cannot be used.
    pub async fn start(self) -> Result<Site, StartError> {
        let folder = self.folder()?;
        let recorded = match &self.file {
            Some(path) => Recording::began(path).map_err(StartError::Recording)?,
            None => None,
        };
        let began = recorded.or(self.began).unwrap_or_else(|| self.time());
        let mut schema = Schema::production();
        for (file, text) in &self.schema {
            schema = schema.extended(file, text).map_err(StartError::Schema)?;
        }
        let mut model = Model::new(schema);
        let options = seed::Options { seed: self.seed, now: began, scripts: self.scripts };
        let production =
            seed::plant_scene(&mut model, self.scene, &options).map_err(StartError::Seed)?;
        let mut stage = Stage::new(model);
        let beginning = Beginning {
            scene: self.scene,
            seed: self.seed,
            began,
            token_seed: wall().0.unsigned_abs(),
        };
        let recording = self
            .file
            .as_ref()
            .map(|path| Recording::open(path, &mut stage, beginning))
            .transpose()
            .map_err(StartError::Recording)?;
        let (recording, recovered) = recording.unzip();
        let newest = recording.as_ref().map(Recording::newest);
        let faults = Faults::new(self.seed);
        let shared = Arc::new(Shared::new(stage, faults, self.clock, recording, folder));
        // Time goes on from where it stopped, unless it is the time of day.
        newest.into_iter().for_each(|newest| shared.move_time(newest));
        shared.order_faults(self.faults).map_err(StartError::Faults)?;
        let router = routes(Arc::clone(&shared));
        let address = self.address;
        let door = Door::open(address, &router, &shared, self.limits)
            .map_err(|source| StartError::Listen { address, source })?;
        let address = door.address();
        let recovered = recovered.flatten();
        let door = Mutex::new(door);
        let site = Site { shared, production, recovered, router, door, address };
        site.with_model(|model| model.set_site_url(site.url()));
        Ok(site)
    }

    /// Where uploaded files are kept.
    fn folder(&self) -> Result<Folder, StartError> {
        if let Some(path) = &self.files {
            let folder = Folder::lasting(path.clone());
            folder.prepare().map_err(|source| StartError::Files { path: path.clone(), source })?;
            return Ok(folder);
        }
        Ok(match &self.file {
            Some(file) => {
                let mut name = file.clone().into_os_string();
                name.push(".files");
                Folder::lasting(name.into())
            }
            None => Folder::temporary(),
        })
    }

    /// What time it is when the site is started.
    fn time(&self) -> Now {
        match self.clock {
            Clock::Wall => wall(),
            Clock::Still(now) | Clock::Running { from: now, .. } => now,
        }
    }
}
