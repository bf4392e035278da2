//! A client of a few lines: one connection, one request at a time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing here waits longer than this for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Records that are asked for at once.
const PAGE: usize = 500;

/// One connection, and who asks over it.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    auth: Value,
}

impl Client {
    pub fn connect(address: SocketAddr, auth: Value) -> Self {
        let stream = TcpStream::connect(address).expect("the site listens");
        stream.set_nodelay(true).expect("a socket takes the option");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes the option");
        Self { stream, buffer: Vec::new(), auth }
    }

    /// Calls a method of the API: what it results in, or the message of its refusal.
    pub fn call(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        let body = json!({"method_name": method, "params": [self.auth, parameters]});
        let mut answer = self.post("/api3/json", &body);
        if answer["exception"] == true {
            return Err(answer["message"].as_str().expect("a refusal says why").to_owned());
        }
        Ok(answer["results"].take())
    }

    /// Gives one of the site's control endpoints an order.
    pub fn order(&mut self, endpoint: &str, order: &Value) -> Value {
        self.post(&format!("/cuebox/{endpoint}"), order)
    }

    /// All records of a type that pass the conditions, by id; retired ones if they are asked for.
    pub fn find(
        &mut self,
        kind: &str,
        conditions: Value,
        fields: &[&str],
        retired: bool,
    ) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        loop {
            // A page begins where the one before it ended, whatever came in between.
            let last = found.last().map_or(json!(0), |row| row["id"].clone());
            let further = json!({"path": "id", "relation": "greater_than", "values": [last]});
            let conditions =
                json!([{"logical_operator": "and", "conditions": conditions}, further]);
            let page = json!({"type": kind, "return_fields": fields,
                "return_only": if retired { "retired" } else { "active" },
                "filters": {"logical_operator": "and", "conditions": conditions},
                "sorts": [{"field_name": "id", "direction": "asc"}],
                "paging": {"entities_per_page": PAGE, "current_page": 1}});
            let results = self.call("read", page);
            let mut results =
                results.unwrap_or_else(|refusal| panic!("a read is refused: {refusal}"));
            let Value::Array(rows) = results["entities"].take() else {
                panic!("no entities: {results}")
            };
            let is_last = rows.len() < PAGE;
            found.extend(rows);
            if is_last {
                return found;
            }
        }
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).expect("the site takes the request");
        let head_end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill();
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).to_lowercase();
        let length: Option<usize> =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let end = head_end + length.unwrap_or_else(|| panic!("an answer without a length: {head}"));
        while self.buffer.len() < end {
            self.fill();
        }
        let answer =
            serde_json::from_slice(&self.buffer[head_end..end]).expect("an answer is JSON");
        self.buffer.drain(..end);
        answer
    }

    fn fill(&mut self) {
        let mut bytes = [0; 16_384];
        let count = self.stream.read(&mut bytes).expect("the site answers in time");
        assert!(count > 0, "the site closed the connection");
        self.buffer.extend_from_slice(&bytes[..count]);
    }
}
