//! A file that is larger than anything else the site holds goes through it without being in its memory. Alone in its process,
//! whose memory is looked at.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use site::Site;

/// The file.
const FILE_BYTES: usize = 300_000_000;
/// What is sent and read at once.
const CHUNK_BYTES: usize = 1 << 20;
/// What the process may grow by: buffers, and what the system does with them.
const GROWTH_BYTES_MAX: u64 = 60_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_never_in_memory() {
    let site = Site::builder().start().await.expect("a site starts");
    let key = site.production().key("cuebox").expect("the seed has the host's script").to_owned();
    let address = site.address();
    let went = tokio::task::spawn_blocking(move || {
        let before = peak_bytes();
        let stream = || TcpStream::connect(address).expect("the site listens");
        let begin = Instant::now();
        upload(&mut stream(), &key);
        let uploaded = begin.elapsed();
        download(&mut stream());
        (peak_bytes().saturating_sub(before), uploaded, begin.elapsed().saturating_sub(uploaded))
    });
    let (grown, uploaded, downloaded) = went.await.expect("the file comes and goes");
    report(grown, uploaded, downloaded);
    assert!(grown < GROWTH_BYTES_MAX, "the process grew by {grown} bytes");
    site.stop().await;
}

fn upload(stream: &mut TcpStream, key: &str) {
    let field = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let fields = [
        ("entity_type", "Shot"),
        ("entity_id", "1"),
        ("script_name", "cuebox"),
        ("script_key", key),
    ];
    let mut head: String = fields.iter().map(|(name, text)| field(name, text)).collect();
    head.push_str(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.mov\"\r\n\r\n",
    );
    let tail = "\r\n--b--\r\n";
    let length = head.len() + FILE_BYTES + tail.len();
    let request = format!(
        "POST /upload/upload_file HTTP/1.1\r\nhost: site\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n{head}"
    );
    stream.write_all(request.as_bytes()).expect("the site listens");
    let chunk = vec![b'x'; CHUNK_BYTES];
    let mut left = FILE_BYTES;
    while left > 0 {
        let count = left.min(CHUNK_BYTES);
        stream.write_all(&chunk[..count]).expect("the site takes the file");
        left -= count;
    }
    stream.write_all(tail.as_bytes()).expect("the site takes the end");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the site answers");
    assert!(answer.ends_with("1:1\n"), "{answer}");
}

fn download(stream: &mut TcpStream) {
    let request =
        b"GET /file_serve/attachment/1 HTTP/1.1\r\nhost: site\r\nconnection: close\r\n\r\n";
    stream.write_all(request).expect("the site listens");
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut count = 0;
    loop {
        match stream.read(&mut chunk).expect("the site sends the file") {
            0 => break,
            read => count += read,
        }
    }
    let head = 200..1_000;
    assert!(head.contains(&(count - FILE_BYTES)), "{count} bytes came");
}

/// The most that this process has held in memory; 0 where the system does not tell.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture")]
fn report(grown: u64, uploaded: Duration, downloaded: Duration) {
    let rate = |took: Duration| FILE_BYTES as f64 / took.as_secs_f64() / 1e6;
    eprintln!(
        "{FILE_BYTES} bytes: up at {:.0} MB/s, down at {:.0} MB/s, {grown} bytes of memory",
        rate(uploaded),
        rate(downloaded)
    );
}
