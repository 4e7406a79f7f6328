//! One running copy of a process, as the control process sees it: a shim at the other end of a socket.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::exit::Exit;
use crate::nursery::Nursery;
use crate::protocol::{Order, Report, encode};
use crate::reaper::Reaper;
use crate::shim;
use crate::spec::Spec;
use crate::survivor::Survivor;

/// How long after the start of an instance a shim is made ready for the next one.
const WARM_AFTER: Duration = Duration::from_millis(20);

/// How long a shim that is given up may take to read its last orders.
const RELEASE: Duration = Duration::from_secs(2);

/// Starts instances.
#[derive(Clone)]
pub struct Launcher {
    program: PathBuf,
    reaper: Reaper,
    nursery: Option<Arc<Nursery>>,
    /// A shim that waits for its order. Starting a program is most of the time from a save to the new process.
    spare: Arc<Mutex<Option<Shim>>>,
    is_cold: Arc<AtomicBool>,
}

struct Shim {
    pid: i32,
    socket: StdStream,
}

impl Launcher {
    /// With shims that are this binary itself.
    pub fn new(reaper: Reaper) -> Self {
        // The file may be replaced by a newer one while this runs; the link goes on to name the one that was started.
        Self::with_program("/proc/self/exe", reaper)
    }

    /// With shims that are `program`, which must call [`shim::main`] for the argument [`shim::ARGUMENT`].
    pub fn with_program(program: impl Into<PathBuf>, reaper: Reaper) -> Self {
        Self {
            program: program.into(),
            reaper,
            nursery: None,
            spare: Arc::default(),
            is_cold: Arc::default(),
        }
    }

    /// With shims that are forked instead of loaded, as long as the nursery lives.
    #[must_use]
    pub fn with_nursery(mut self, nursery: Option<Nursery>) -> Self {
        self.nursery = nursery.map(Arc::new);
        self
    }

    /// Makes a shim ready for the next instance, unless there is one; a little later, so that it is not in the way of
    /// what starts now.
    fn warm(&self) {
        let launcher = self.clone();
        // Ends by itself: it waits once and starts one program.
        tokio::spawn(async move {
            tokio::time::sleep(WARM_AFTER).await;
            let mut spare = launcher.spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.is_none() && !launcher.is_cold.load(Ordering::Relaxed) {
                // Only a head start is lost; the next launch tells why.
                *spare = launcher.shim().ok();
            }
        });
    }

    /// Ends the shim that was made ready and what shims come from: there will be no other instance.
    pub fn cool(&self) {
        self.is_cold.store(true, Ordering::Relaxed);
        // Its socket closes, so it ends.
        drop(self.spare().take());
        if let Some(nursery) = &self.nursery {
            nursery.end();
        }
    }

    /// Starts an instance. Its first report says whether that went well. Must be called within a runtime.
    pub fn launch(&self, spec: Spec) -> io::Result<Instance> {
        let waiting = self.spare().take();
        let shim = match waiting {
            Some(shim) => shim,
            None => self.shim()?,
        };
        self.warm();
        let mut instance = self.instance(shim, spec.marker())?;
        instance.order(&Order::Start(Box::new(spec)));
        Ok(instance)
    }

    /// Takes over an instance that outlived its control process. It runs already, so that its first report is how it ended or
    /// that it wrote. Must be called within a runtime.
    pub fn adopt(&self, survivor: Survivor) -> io::Result<Instance> {
        let pid = survivor.shim().pid;
        // After a process has become another program it still has the children that it had; other shims are not its own.
        self.reaper.adopt(pid);
        let marker = survivor.spec().marker();
        let mut instance = self.instance(Shim { pid, socket: survivor.socket }, marker)?;
        instance.order(&Order::Adopt);
        Ok(instance)
    }

    fn instance(&self, shim: Shim, marker: String) -> io::Result<Instance> {
        shim.socket.set_nonblocking(true)?;
        let (read, write) = UnixStream::from_std(shim.socket)?.into_split();
        Ok(Instance {
            shim: shim.pid,
            marker,
            reports: BufReader::new(read),
            line: String::new(),
            orders: write,
            unsent: VecDeque::new(),
            reaper: self.reaper.clone(),
            is_over: false,
        })
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Option<Shim>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shim(&self) -> io::Result<Shim> {
        if let Some(nursery) = &self.nursery {
            let (ours, theirs) = StdStream::pair()?;
            if let Ok(pid) = self.reaper.take(|| nursery.shim(&theirs)) {
                return Ok(Shim { pid, socket: ours });
            }
        }
        let (ours, theirs) = StdStream::pair()?;
        let mut command = Command::new(&self.program);
        command
            .arg(shim::ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::null());
        let pid = self.reaper.spawn(&mut command)?;
        Ok(Shim { pid, socket: ours })
    }
}

/// A running copy of a process. Dropping it stops the process, or leaves it to the next control process:
/// [`OnControlLoss`](crate::spec::OnControlLoss).
pub struct Instance {
    shim: i32,
    marker: String,
    reports: BufReader<OwnedReadHalf>,
    line: String,
    orders: OwnedWriteHalf,
    unsent: VecDeque<u8>,
    reaper: Reaper,
    is_over: bool,
}

impl Instance {
    /// The process id of its shim; the instance and all that it started descend from it.
    pub fn shim(&self) -> i32 {
        self.shim
    }

    /// The next report; after the last one ([`Report::Exited`], [`Report::Failed`]) it never comes. Can be dropped and
    /// called again at any time. Sends queued orders meanwhile.
    pub async fn report(&mut self) -> Report {
        if self.is_over {
            return std::future::pending().await;
        }
        let report = loop {
            tokio::select! {
                sent = send(&mut self.orders, &mut self.unsent), if !self.unsent.is_empty() => {
                    if sent.is_err() {
                        // The end of the connection shows in reading too.
                        self.unsent.clear();
                    }
                }
                read = self.reports.read_line(&mut self.line) => {
                    let is_end = !matches!(read, Ok(count) if count > 0);
                    let line = std::mem::take(&mut self.line);
                    if let Ok(report) = serde_json::from_str(&line) {
                        break report;
                    }
                    if is_end {
                        // The shim was killed, so the process was too; the rest is done here.
                        self.reaper.purge(&self.marker).await;
                        break Report::Exited { exit: Exit::Unknown, left: Vec::new() };
                    }
                }
            }
        };
        self.is_over = matches!(report, Report::Exited { .. } | Report::Failed { .. });
        if self.is_over {
            // A shim that is gone, or never lingers, does not need it.
            self.order(&Order::Taken);
        }
        report
    }

    /// Gives it up. One that outlives its control process runs on, and has all orders that were given before.
    pub(crate) async fn release(mut self) {
        let sending = async {
            while !self.unsent.is_empty() && send(&mut self.orders, &mut self.unsent).await.is_ok() {}
        };
        // A shim that takes nothing for so long is broken or stopped; it is left as it is.
        let _ = tokio::time::timeout(RELEASE, sending).await;
    }

    /// Gives an order. It is on its way at once, or with the next call of [`Instance::report`].
    pub fn order(&mut self, order: &Order) {
        let mut line = Vec::new();
        encode(&mut line, order);
        self.unsent.extend(line);
        while let Ok(count) = self.orders.try_write(self.unsent.as_slices().0) {
            self.unsent.drain(..count);
            if count == 0 || self.unsent.is_empty() {
                break;
            }
        }
    }
}

async fn send(socket: &mut OwnedWriteHalf, unsent: &mut VecDeque<u8>) -> io::Result<()> {
    let count = socket.write(unsent.as_slices().0).await?;
    unsent.drain(..count);
    Ok(())
}
