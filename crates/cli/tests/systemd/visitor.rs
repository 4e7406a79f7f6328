//! Who uses the app from outside, without a pause.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two requests.
const PACE: Duration = Duration::from_millis(20);
/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the app answers: the word of its commit, its process id, its home.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    pub(crate) word: String,
    pub(crate) pid: u32,
    pub(crate) home: String,
}

/// Asks once, on a connection of its own.
pub(crate) fn ask(port: u16) -> Result<Answer, String> {
    let said = exchange(port).map_err(|error| error.to_string())?;
    let (head, body) = said.split_once("\r\n\r\n").ok_or_else(|| format!("an answer cut off: {said:?}"))?;
    let mut words = body.split(' ').map(str::to_owned);
    match (words.next(), words.next().and_then(|pid| pid.parse().ok()), words.next()) {
        (Some(word), Some(pid), Some(home)) if head.starts_with("HTTP/1.1 200 ") => {
            Ok(Answer { word, pid, home })
        }
        _ => Err(said),
    }
}

fn exchange(port: u16) -> io::Result<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(
        b"GET / HTTP/1.1\r\nHost: production.shop.localhost\r\nConnection: close\r\nAccept: text/plain\r\n\r\n",
    )?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Somebody who asks again and again.
pub(crate) struct Visitor {
    requests: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) answers: BTreeSet<Answer>,
    pub(crate) failures: Vec<String>,
}

impl Visitor {
    pub(crate) fn comes(port: u16) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicU32::new(0));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&requests));
        let thread = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !stopped.load(Ordering::Acquire) {
                match ask(port) {
                    Ok(answer) => drop(seen.answers.insert(answer)),
                    Err(failure) => seen.failures.push(failure),
                }
                count.fetch_add(1, Ordering::Release);
                std::thread::sleep(PACE);
            }
            seen
        });
        Self { requests, stop, thread }
    }

    /// How often it was answered, or was not, so far.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Acquire)
    }

    /// Goes, and was always answered.
    pub(crate) fn goes(self) -> BTreeSet<Answer> {
        self.stop.store(true, Ordering::Release);
        let requests = self.requests();
        let seen = self.thread.join().unwrap();
        assert!(seen.failures.is_empty(), "{} of {requests}: {:?}", seen.failures.len(), seen.failures);
        assert!(requests > 10, "{requests} requests are none");
        seen.answers
    }
}
