//! A small load client: connections that stay, connections of their own, uploads, event streams, upgraded connections.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::host::AT;

/// What clients saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) requests: AtomicU64,
    /// Answers that were not what was asked for, connections that could not be made, with when since the start.
    failures: Mutex<Vec<String>>,
    /// Connections that broke with a request under way; what a killed proxy may do once to each.
    broken: Mutex<Vec<String>>,
    stop: AtomicBool,
}

pub(crate) struct Load {
    pub(crate) seen: Arc<Seen>,
    threads: Vec<JoinHandle<()>>,
}

/// How it went.
#[derive(Debug)]
pub(crate) struct Went {
    pub(crate) requests: u64,
    pub(crate) failures: Vec<String>,
    pub(crate) broken: Vec<String>,
}

/// Between two requests of one client.
const PACE: Duration = Duration::from_millis(15);
/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(40);

impl Load {
    /// Every kind of client.
    pub(crate) fn start(port: u16) -> Self {
        Self::with(port, &[keep_alive, keep_alive, fresh, fresh, upload, events, upgraded])
    }

    /// Clients that only make connections of their own, each asking for `/orders`.
    pub(crate) fn visitors(port: u16) -> Self {
        Self::with(port, &[orders, orders])
    }

    fn with(port: u16, clients: &[fn(u16, &Seen)]) -> Self {
        let seen = Arc::new(Seen::default());
        let threads = clients
            .iter()
            .map(|client| {
                let (client, seen) = (*client, Arc::clone(&seen));
                std::thread::spawn(move || client(port, &seen))
            })
            .collect();
        Self { seen, threads }
    }

    pub(crate) fn end(self) -> Went {
        self.seen.stop.store(true, Ordering::Release);
        for thread in self.threads {
            thread.join().unwrap();
        }
        Went {
            requests: self.seen.requests.load(Ordering::Acquire),
            failures: self.seen.failures.lock().unwrap().clone(),
            broken: self.seen.broken.lock().unwrap().clone(),
        }
    }
}

impl Seen {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Acquire)
    }

    fn done(&self) {
        self.requests.fetch_add(1, Ordering::AcqRel);
    }

    /// A 502 says that the app's process went away with the request under way.
    fn failed(&self, what: &str, why: impl std::fmt::Display) {
        let why = why.to_string();
        if why.starts_with("502") {
            return self.broke(what, why);
        }
        self.failures.lock().unwrap().push(format!("{what}: {why}"));
    }

    fn broke(&self, what: &str, why: impl std::fmt::Display) {
        self.broken.lock().unwrap().push(format!("{what}: {why}"));
    }
}

/// An answer: its status, its body, and whether the connection is closed after it.
struct Answer {
    status: u16,
    body: Vec<u8>,
    closes: bool,
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(port: u16) -> io::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        Ok(Self(BufReader::new(socket)))
    }

    fn send(&mut self, head: &str, body: &[u8]) -> io::Result<()> {
        let socket = self.0.get_mut();
        socket.write_all(format!("{head}\r\nHost: {AT}\r\nAccept: text/plain\r\n").as_bytes())?;
        if !body.is_empty() {
            socket.write_all(format!("Content-Length: {}\r\n", body.len()).as_bytes())?;
        }
        socket.write_all(b"\r\n")?;
        for part in body.chunks(32 << 10) {
            socket.write_all(part)?;
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Status and lines of the head, in lower case.
    fn head(&mut self) -> io::Result<(u16, Vec<String>)> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let status = lines.first().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, lines))
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let (status, head) = self.head()?;
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let closes = head.iter().any(|line| line == "connection: close");
        let mut body = Vec::new();
        match length {
            Some(length) => {
                body.resize(length, 0);
                self.0.read_exact(&mut body)?;
            }
            None => return Err(io::Error::other(format!("no length: {head:?}"))),
        }
        Ok(Answer { status, body, closes })
    }
}

/// One connection for as many requests as the other side allows.
fn keep_alive(port: u16, seen: &Seen) {
    let mut connection: Option<Connection> = None;
    while seen.goes_on() {
        std::thread::sleep(PACE);
        let Some(open) = &mut connection else {
            match Connection::open(port) {
                Ok(open) => connection = Some(open),
                Err(error) => seen.failed("keep-alive connection", error),
            }
            continue;
        };
        match open.send("GET / HTTP/1.1", b"").and_then(|()| open.answer()) {
            Ok(answer) if answer.status == 200 => {
                seen.done();
                if answer.closes {
                    connection = None;
                }
            }
            Ok(answer) => {
                seen.failed("keep-alive", format!("{} {}", answer.status, text(&answer.body)));
                connection = None;
            }
            Err(error) => {
                seen.broke("keep-alive", error);
                connection = None;
            }
        }
    }
}

/// A connection for every request.
fn fresh(port: u16, seen: &Seen) {
    while seen.goes_on() {
        single(port, seen, "/");
        std::thread::sleep(PACE);
    }
}

/// The same for the route that goes wrong.
fn orders(port: u16, seen: &Seen) {
    while seen.goes_on() {
        single(port, seen, "/orders");
        std::thread::sleep(Duration::from_millis(60));
    }
}

fn single(port: u16, seen: &Seen, path: &str) {
    let mut connection = match Connection::open(port) {
        Ok(connection) => connection,
        Err(error) => return seen.failed("new connection", error),
    };
    let head = format!("GET {path} HTTP/1.1\r\nConnection: close");
    match connection.send(&head, b"").and_then(|()| connection.answer()) {
        Ok(answer) if answer.status == 200 => seen.done(),
        Ok(answer) => seen.failed("new connection", format!("{} {}", answer.status, text(&answer.body))),
        Err(error) => seen.broke("new connection", error),
    }
}

/// Bodies that take a while.
fn upload(port: u16, seen: &Seen) {
    let body = vec![7; 256 << 10];
    while seen.goes_on() {
        let sent = Connection::open(port).and_then(|mut connection| {
            connection.send("POST /upload HTTP/1.1\r\nConnection: close", &body)?;
            connection.answer()
        });
        match sent {
            Ok(answer) if answer.status == 200 && text(&answer.body) == body.len().to_string() => seen.done(),
            Ok(answer) => seen.failed("upload", format!("{} {}", answer.status, text(&answer.body))),
            Err(error) => seen.broke("upload", error),
        }
        std::thread::sleep(PACE);
    }
}

/// An event stream, taken up again whenever it ends: a browser does the same.
fn events(port: u16, seen: &Seen) {
    while seen.goes_on() {
        let mut connection = match Connection::open(port) {
            Ok(connection) => connection,
            Err(error) => {
                seen.failed("event stream", error);
                continue;
            }
        };
        match connection.send("GET /events HTTP/1.1", b"").and_then(|()| connection.head()) {
            Ok((200, _)) => seen.done(),
            Ok((status, _)) => {
                seen.failed("event stream", status);
                continue;
            }
            Err(error) => {
                seen.broke("event stream", error);
                continue;
            }
        }
        let mut line = String::new();
        // The chunk without content is the end, the connection itself may stay.
        while seen.goes_on()
            && connection.0.read_line(&mut line).is_ok_and(|read| read > 0)
            && line != "0\r\n"
        {
            line.clear();
        }
    }
}

/// An upgraded connection that is asked for its echo, taken up again whenever it ends.
fn upgraded(port: u16, seen: &Seen) {
    let ask = "GET /socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    while seen.goes_on() {
        let mut connection = match Connection::open(port) {
            Ok(connection) => connection,
            Err(error) => {
                seen.failed("upgrade", error);
                continue;
            }
        };
        match connection.send(ask, b"").and_then(|()| connection.head()) {
            Ok((101, _)) => seen.done(),
            Ok((status, _)) => {
                seen.failed("upgrade", status);
                continue;
            }
            Err(error) => {
                seen.broke("upgrade", error);
                continue;
            }
        }
        let mut echo = [0; 4];
        while seen.goes_on()
            && connection.0.get_mut().write_all(b"ping").is_ok()
            && connection.0.read_exact(&mut echo).is_ok()
        {
            assert_eq!(&echo, b"ping");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(200).collect()
}

/// Waits until so many requests more were answered: the load is felt.
pub(crate) fn more(load: &Load, requests: u64) {
    let goal = load.seen.requests.load(Ordering::Acquire) + requests;
    let end = Instant::now() + PATIENCE;
    while load.seen.requests.load(Ordering::Acquire) < goal {
        assert!(Instant::now() < end, "no answers");
        std::thread::sleep(Duration::from_millis(5));
    }
}
