//! A control process with its proxy, upstreams that behave and misbehave, and clients that look closely.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use seaworthy_proxy::control::{Listener, Proxy, ProxyOptions, Scope};
use seaworthy_proxy::table::{
    Balance, Group, Hold, HostPattern, Route, RouteOptions, RoutingTable, Target, UpstreamAddress,
};
use seaworthy_proxy::wire::Settings;
use tempfile::TempDir;

/// Longer than anything here takes; a test that waits for it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A table with one route to one upstream, which holds requests for `hold`.
pub(crate) fn table(upstream: SocketAddr, hold: Option<Duration>) -> RoutingTable {
    let mut route = route("app", "/", upstreams("a", &[upstream]));
    route.options.hold = hold.map(|max_wait| Hold { max_wait, max_requests: 64 });
    RoutingTable { generation: 1, routes: vec![route], ..RoutingTable::default() }
}

/// A route on every host.
pub(crate) fn route(name: &str, path: &str, target: Target) -> Route {
    Route {
        name: name.into(),
        service: name.into(),
        listeners: vec![],
        host: HostPattern::Any,
        path: path.parse().unwrap(),
        target,
        options: RouteOptions::default(),
    }
}

/// A group of instances that have run for long.
pub(crate) fn upstreams(group: &str, addresses: &[SocketAddr]) -> Target {
    let upstreams = addresses.iter().map(|address| UpstreamAddress::Tcp(*address).into()).collect();
    Target::Upstreams(Balance { groups: vec![Group { name: group.into(), weight: 1, upstreams }] })
}

/// A control process within this one, whose proxy is a process all the same.
pub(crate) struct Host {
    pub(crate) proxy: Proxy,
    pub(crate) port: u16,
    pub(crate) generation: u64,
}

/// How proxies are started.
pub(crate) fn options(settings: Settings) -> ProxyOptions {
    let program = env!("CARGO_BIN_EXE_seaworthy-proxy").into();
    ProxyOptions { program, arguments: vec!["__proxy".into()], settings }
}

impl Host {
    pub(crate) async fn start(table: RoutingTable) -> Self {
        // More threads than a small machine would get by itself: they have to agree.
        Self::with(table, Settings { workers: 3, ..Settings::default() }).await
    }

    pub(crate) async fn with(table: RoutingTable, settings: Settings) -> Self {
        let listener = Listener::bind("main", 0, Scope::Loopback).unwrap();
        let (port, generation) = (listener.port(), table.generation);
        let proxy = Proxy::start(options(settings), vec![listener], table).await.unwrap();
        Self { proxy, port, generation }
    }

    /// Puts another table in force.
    pub(crate) async fn set(&mut self, table: RoutingTable) {
        self.generation += 1;
        self.proxy.set_table(RoutingTable { generation: self.generation, ..table }).await.unwrap();
    }
}

/// A control process. Dropping it kills it, and with it a proxy that does not linger.
pub(crate) struct Control {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub(crate) port: u16,
    _table: TempDir,
}

impl Control {
    /// One whose proxy ends with it.
    pub(crate) fn start(table: &RoutingTable) -> Self {
        Self::with(table, &[])
    }

    /// One whose proxy lingers, and which adopts what lingers in `folder`.
    pub(crate) fn lingering(table: &RoutingTable, folder: &Path) -> Self {
        Self::with(table, &[folder.as_os_str()])
    }

    /// One whose proxy lingers for a time.
    pub(crate) fn lingering_for(table: &RoutingTable, folder: &Path, seconds: u32) -> Self {
        Self::with(table, &[folder.as_os_str(), seconds.to_string().as_ref()])
    }

    fn with(table: &RoutingTable, linger: &[&OsStr]) -> Self {
        let place = TempDir::new().unwrap();
        let file = place.path().join("table.json");
        std::fs::write(&file, serde_json::to_vec(table).unwrap()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy-proxy"));
        command.arg("0").arg(&file).args(linger);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut control = Self { child, input, output, port: 0, _table: place };
        let line = control.line();
        let port = line.strip_prefix("port ").and_then(|port| port.parse().ok());
        control.port = port.unwrap_or_else(|| panic!("no port but `{line}`"));
        control
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Tells it something and returns the answer.
    pub(crate) fn tell(&mut self, what: &str) -> String {
        self.say(what);
        self.line()
    }

    /// Tells it something and does not wait for the answer.
    pub(crate) fn say(&mut self, what: &str) {
        writeln!(self.input.as_mut().unwrap(), "{what}").unwrap();
    }

    /// The proxy that runs now.
    pub(crate) fn proxy(&mut self) -> u32 {
        self.tell("pid").parse().unwrap()
    }

    /// The counts of the route.
    pub(crate) fn count(&mut self, name: &str) -> u64 {
        let stats: serde_json::Value = serde_json::from_str(&self.tell("stats")).unwrap();
        stats["routes"]["app"][name].as_u64().unwrap()
    }

    /// Ends it as an operator would and waits until it has.
    pub(crate) fn stop(mut self) {
        self.input = None;
        assert!(self.child.wait().unwrap().success());
    }

    /// Ends it as a crash would: nothing is cleaned up.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an upstream does with a connection.
pub(crate) type Serve = dyn Fn(usize, TcpStream) + Send + Sync;

/// An upstream. Dropping it closes its socket; connections end when their clients leave.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Gives every connection and its number, from 0, to `serve` on a thread of its own.
    pub(crate) fn start(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serve: Arc<Serve> = Arc::new(serve);
        let (accepted, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, ended) = (Arc::clone(&accepted), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let number = counter.fetch_add(1, Ordering::AcqRel);
                let serve = Arc::clone(&serve);
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                std::thread::spawn(move || serve(number, socket));
            }
        });
        Self { address, accepted, over, thread: Some(thread) }
    }

    /// Answers every request with 200.
    pub(crate) fn polite() -> Self {
        Self::start(|_, socket| answer_all(socket))
    }

    /// An instance of a release: its answers say which, and what the request's head was. `/fail` is answered 500, `/cut`
    /// breaks off, `/events` streams until the client leaves, an upgrade echoes, and `/wait` waits for [`Gate::open`].
    pub(crate) fn release(name: &'static str, gate: &Gate) -> Self {
        let gate = gate.clone();
        Self::start(move |_, socket| serve_release(name, &gate, socket))
    }

    /// How many connections came so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Acquire)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// Answers requests without a body until the other side leaves.
pub(crate) fn answer_all(socket: TcpStream) {
    let mut reader = BufReader::new(socket);
    while read_head(&mut reader).is_some() {
        if reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
            return;
        }
    }
}

/// What requests wait for at an upstream.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<AtomicBool>);

impl Gate {
    pub(crate) fn open(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn pass(&self) {
        let since = std::time::Instant::now();
        while !self.0.load(Ordering::Acquire) && since.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn serve_release(name: &str, gate: &Gate, socket: TcpStream) {
    let mut reader = BufReader::new(socket);
    while let Some(head) = read_head(&mut reader) {
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").and_then(|length| length.parse::<u64>().ok())
        });
        let _ = std::io::copy(&mut reader.by_ref().take(length.unwrap_or(0)), &mut std::io::sink());
        let path =
            head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        let body = format!("{name}\n{head}");
        let plain = |status: &str| {
            let length = body.len();
            format!("HTTP/1.1 {status}\r\nSet-Cookie: app={name}\r\nContent-Length: {length}\r\n\r\n{body}")
        };
        let answer = match path.as_str() {
            "/fail" => plain("500 Internal Server Error"),
            "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_owned(),
            "/events" => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
                Transfer-Encoding: chunked\r\n\r\n6\r\ndata:\n\r\n"
                .to_owned(),
            "/upgrade" => format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX-Release: {name}\r\n\r\n"
            ),
            "/wait" => {
                gate.pass();
                plain("200 OK")
            }
            _ => plain("200 OK"),
        };
        if reader.get_mut().write_all(answer.as_bytes()).is_err() || path == "/cut" {
            return;
        }
        match path.as_str() {
            // Until the other side leaves.
            "/events" => drop(std::io::copy(&mut reader, &mut std::io::sink())),
            "/upgrade" => {
                let mut writes = reader.get_ref().try_clone().unwrap();
                drop(std::io::copy(&mut reader, &mut writes));
                let _ = writes.shutdown(std::net::Shutdown::Both);
            }
            _ => continue,
        }
        return;
    }
}

/// Reads to the end of a head; `None` where the other side leaves before.
pub(crate) fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

/// A connection of a client.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(port: u16) -> std::io::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        Ok(Self(BufReader::new(socket)))
    }

    /// Sends a request and reads its answer: the status, and whether the connection may be used again.
    pub(crate) fn ask(&mut self, head: &str, body: &str) -> std::io::Result<(u16, bool)> {
        let request = format!("{head} HTTP/1.1\r\nHost: app\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.0.get_mut().write_all(request.as_bytes())?;
        let head = read_head(&mut self.0).ok_or(ErrorKind::UnexpectedEof)?.to_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length = field("content-length: ").map_or(0, |length| length.parse().unwrap());
        if !request.starts_with("HEAD") {
            self.0.read_exact(&mut vec![0; length])?;
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.unwrap(), field("connection: ") != Some("close")))
    }

    /// Sends the head of a request, with lines that each end with `\r\n`.
    pub(crate) fn send(&mut self, request: &str, lines: &str) -> std::io::Result<()> {
        self.0.get_mut().write_all(format!("{request} HTTP/1.1\r\nHost: app\r\n{lines}\r\n").as_bytes())
    }

    /// Sends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Reads the head of an answer, and its body where it has a length.
    pub(crate) fn answer(&mut self) -> std::io::Result<Answer> {
        let head = read_head(&mut self.0).ok_or(ErrorKind::UnexpectedEof)?;
        let mut answer = Answer { head, body: String::new() };
        let length = answer.field("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    /// Asks with a `GET` and reads the answer.
    pub(crate) fn get(&mut self, path: &str, lines: &str) -> std::io::Result<Answer> {
        self.send(&format!("GET {path}"), lines)?;
        self.answer()
    }

    /// Reads so many bytes.
    pub(crate) fn read(&mut self, bytes: usize) -> std::io::Result<Vec<u8>> {
        let mut read = vec![0; bytes];
        self.0.read_exact(&mut read).map(|()| read)
    }

    /// Reads until the other side ends the connection.
    pub(crate) fn read_to_end(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).map(|_| rest)
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Whether the other side has closed this idle connection.
    pub(crate) fn is_closed(&self) -> bool {
        let socket = self.0.get_ref();
        socket.set_nonblocking(true).unwrap();
        let peeked = socket.peek(&mut [0]);
        socket.set_nonblocking(false).unwrap();
        !matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
    }

    /// The values of a header, by its name in lower case.
    pub(crate) fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().filter_map(move |line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn field<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.fields(name).next()
    }

    /// The release that answered.
    pub(crate) fn release(&self) -> &str {
        self.body.lines().next().unwrap_or_default()
    }

    /// The cookie of the session, as a client sends it back.
    pub(crate) fn session(&self) -> Option<&str> {
        let set = self.fields("set-cookie").find(|set| set.starts_with("sea_release="))?;
        set.split(';').next()
    }
}

/// A `GET` on a connection of its own.
pub(crate) fn get(port: u16, path: &str, lines: &str) -> Answer {
    Client::connect(port).unwrap().get(path, lines).unwrap()
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let since = std::time::Instant::now();
    while !is_so().await {
        assert!(since.elapsed() < PATIENCE, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// One request on a connection of its own; its status.
pub(crate) fn ask(port: u16, head: &str, body: &str) -> u16 {
    Client::connect(port).unwrap().ask(head, body).unwrap().0
}
