//! Another host than the site, on loopback, that does what the path of a request says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::eventually;

/// A server: `/echo` answers with what it was sent, `/silent` not at all, `/drip` without an end, `/to/URL` with a redirect,
/// `/status/503` with that, and the API of a site with 500 and what it was sent.
pub struct Web {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// As they came over the wire, in lower case.
    requests: Vec<String>,
    /// Connections that the other side closed while it waited for an answer.
    given_up: usize,
}

impl Web {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = shared.clone();
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        Self { port, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// Waits until the other side has closed so many connections that it was waiting on.
    pub fn wait_until_given_up(&self, count: usize) {
        eventually("connections that are closed", || {
            (self.seen.lock().unwrap().given_up >= count).then_some(())
        });
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Seen>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some((path, text)) = read(&mut reader) else {
        seen.lock().unwrap().given_up += 1;
        return;
    };
    seen.lock().unwrap().requests.push(text.clone());
    let mut stream = stream;
    let mut say = |head: &str, body: &str| {
        let length = body.len();
        let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
    };
    match path.split_once('/').unwrap_or((&path, "")) {
        ("echo", _) => say("200 OK\r\nx-served: yes", &text),
        ("to", url) => say(&format!("307 Temporary Redirect\r\nlocation: {url}"), ""),
        // As a site that is broken, and shows what it was asked.
        ("api3", _) => say("500 Internal Server Error", &text),
        ("status", status) => say(&format!("{status} As Told"), ""),
        ("silent", _) => wait(reader, seen),
        ("drip", _) => {
            let mut piece = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            while stream.write_all(piece.as_bytes()).is_ok() {
                piece = "1\r\nx\r\n";
                std::thread::sleep(Duration::from_millis(20));
            }
            seen.lock().unwrap().given_up += 1;
        }
        _ => say("404 Not Found", ""),
    }
}

/// Waits until the other side closes the connection.
fn wait(mut reader: BufReader<TcpStream>, seen: &Mutex<Seen>) {
    let mut rest = Vec::new();
    let _ = reader.read_to_end(&mut rest);
    seen.lock().unwrap().given_up += 1;
}

/// The path of a request, and the whole of it; none if it does not end.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text).ok()? == 0 {
            return None;
        }
    }
    let path = text.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let text = text.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((path, text + &String::from_utf8_lossy(&body)))
}
