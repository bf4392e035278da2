//! Another host than the site, on loopback. Paths: `/silent` does not answer, `/echo` answers with what it was sent, `/large` with more
//! than may be taken, `/to/URL` with a redirect; all others with `200`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request that is longer is cut.
const REQUEST_BYTES_MAX: usize = 64 << 10;

const LARGE_BYTES: usize = 4 << 20;

/// A server. Ends when it is dropped.
pub struct Web {
    port: u16,
    requests: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Web {
    /// Listens on a free port of every address of loopback.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let requests = Arc::<AtomicU64>::default();
        let counted = requests.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counted = counted.clone();
                tokio::spawn(async move {
                    // Whoever hangs up early does not want an answer.
                    let _ = serve(stream, &counted).await;
                });
            }
        });
        Ok(Self { port, requests, serving })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many requests came in so far that are answered.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut stream: TcpStream, requests: &AtomicU64) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") && request.len() < REQUEST_BYTES_MAX {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    // One that is not answered can be read after the attack that made it is over, and is no part of the next.
    if !path.starts_with("/silent") {
        requests.fetch_add(1, Ordering::SeqCst);
    }
    let (head, body) = match path.trim_start_matches('/').split_once('/') {
        Some(("to", url)) => (format!("307 Temporary Redirect\r\nlocation: {url}"), String::new()),
        _ if path.starts_with("/silent") => {
            stream.read_to_end(&mut request).await?;
            return Ok(());
        }
        _ if path.starts_with("/echo") => ("200 OK".to_owned(), text),
        _ if path.starts_with("/large") => ("200 OK".to_owned(), "x".repeat(LARGE_BYTES)),
        _ => ("200 OK".to_owned(), "hi".to_owned()),
    };
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await
}
