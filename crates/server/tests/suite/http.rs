//! HTTP as it is on the wire, so that a test can send what no client would.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer: its head in lower case, and its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.map(str::trim)
    }

    /// The kind of the problem, without what all kinds begin with.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.body);
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["status"], self.status);
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        body["type"].as_str().unwrap().strip_prefix("urn:sea:problem:").unwrap().to_owned()
    }
}

/// Sends a request with these header lines, and reads the answer to its end.
pub(crate) async fn send(port: u16, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = open(port, method, path, headers, "close").await;
    let mut bytes = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// Sends a `GET` as a browser's own page does.
pub(crate) async fn get(port: u16, path: &str) -> Answer {
    let host = format!("localhost:{port}");
    send(port, "GET", path, &[("Host", &host), ("Sec-Fetch-Site", "same-origin")]).await
}

/// Sends a `POST` as a browser's own page does.
pub(crate) async fn post(port: u16, path: &str) -> Answer {
    let host = format!("localhost:{port}");
    let origin = format!("http://{host}");
    send(port, "POST", path, &[("Host", &host), ("Origin", &origin), ("Sec-Fetch-Site", "same-origin")]).await
}

async fn open(port: u16, method: &str, path: &str, headers: &[(&str, &str)], connection: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let text = format!("{method} {path} HTTP/1.1\r\nConnection: {connection}\r\n{}\r\n", headers.concat());
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// A stream of events.
pub(crate) struct Events {
    stream: TcpStream,
    text: String,
}

impl Events {
    pub(crate) async fn open(port: u16, path: &str, last: Option<&str>) -> Self {
        let host = format!("localhost:{port}");
        let mut headers = vec![("Host", host.as_str())];
        headers.extend(last.map(|last| ("Last-Event-ID", last)));
        Self { stream: open(port, "GET", path, &headers, "keep-alive").await, text: String::new() }
    }

    /// The next event of this name, as its id and data; none at the end of the stream.
    pub(crate) async fn next(&mut self, name: &str) -> Option<(String, serde_json::Value)> {
        let begin = format!("event: {name}\n");
        loop {
            if let Some(at) = self.text.find(&begin)
                && let Some(length) = self.text[at..].find("\n\n")
            {
                let event = self.text[at..at + length].to_owned();
                self.text.drain(..at + length);
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let data = field("data: ").unwrap();
                return Some((field("id: ").unwrap_or_default(), serde_json::from_str(&data).unwrap()));
            }
            let mut chunk = [0; 8192];
            let read = self.stream.read(&mut chunk);
            let count = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an event").unwrap();
            if count == 0 {
                return None;
            }
            // Events are smaller than a chunk of the encoding in these tests: its lines lie between events.
            self.text.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        }
    }
}
