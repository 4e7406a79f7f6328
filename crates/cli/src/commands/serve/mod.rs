//! `sea serve`: the control process of a host.

mod dashboard;
mod https;
mod unit;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use seaworthy_engine::serve::{Error, HostRecord, Options, Serve, find};
use seaworthy_server::host::{HostListeners, HostServer};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::args::{Global, ServeArgs, StateArgs};
use crate::commands::{state, write};
use crate::exit::{self, Mistake, Outside};
use crate::output::style::{self, paint};

/// The longest that a server which was killed may hold its lock.
const DYING: Duration = Duration::from_secs(10);
/// The longest that a server may take until it serves.
const STARTING: Duration = Duration::from_mins(2);

/// How a server is reached.
#[derive(serde::Serialize)]
struct Told {
    schema: &'static str,
    state: PathBuf,
    #[serde(flatten)]
    record: HostRecord,
}

pub(crate) fn run(_: &Global, args: &ServeArgs) -> anyhow::Result<u8> {
    let folder = state::folder(&args.state)?;
    if args.install {
        return unit::install(&folder, &arguments(args)?);
    }
    if args.stop {
        return stop(&args.state);
    }
    if args.ensure {
        let record = ensure(&args.state)?;
        let told = Told { schema: "sea.serve/1", state: folder, record };
        anstream::println!("{}", serde_json::to_string(&told)?);
        return Ok(exit::DONE);
    }
    let options = Options {
        state: folder.clone(),
        http: args.http,
        https: https::https(&args.https)?,
        is_public: args.public,
        program: PathBuf::from("/proc/self/exe"),
        hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
    };
    let tcp = dashboard::listener(dashboard::port(args)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let code = runtime.block_on(async {
        let mut serve = Serve::start(options).await.map_err(|error| advise(&error))?;
        let listeners = HostListeners { tcp, socket: folder.join("run/api.sock") };
        let server = HostServer::bind(serve.control(), listeners)?;
        let dashboard = server.port();
        serve.publish(dashboard).map_err(|error| advise(&error))?;
        Start { arguments: arguments(args)? }.keep(&folder)?;
        // One that a killed server did not come to must not make the end of this one the end of everything.
        let _ = std::fs::remove_file(stop_mark(&folder));
        let (close, closed) = oneshot::channel::<()>();
        let answering = tokio::spawn(server.run(async {
            let _ = closed.await;
        }));
        anstream::println!(
            "{} on http://localhost:{}, state in {}",
            paint(style::NAME, "serving"),
            serve.http(),
            folder.display()
        );
        if let Some(port) = serve.https() {
            anstream::println!("HTTPS at port {port}, for names that have a certificate");
        }
        anstream::println!(
            "{} on http://localhost:{dashboard}, opened by {}",
            paint(style::NAME, "dashboard"),
            paint(style::HINT, "sea open --host")
        );
        let stops = told_to_end(&folder).await?;
        let _ = close.send(());
        let _ = answering.await;
        if stops {
            serve.stop().await;
            anstream::println!("everything is stopped");
        } else {
            serve.leave().await;
            anstream::println!(
                "what was shipped goes on; `sea serve` takes it over again, `sea serve --stop` stops it"
            );
        }
        anyhow::Ok(exit::DONE)
    });
    runtime.shutdown_background();
    code
}

/// How a server was started: the one that `sea ship` starts in its place is to be reached in the same ways.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Start {
    arguments: Vec<String>,
}

impl Start {
    fn file(folder: &Path) -> PathBuf {
        folder.join("serve.json")
    }

    fn keep(&self, folder: &Path) -> anyhow::Result<()> {
        Ok(write::replace(&Self::file(folder), &serde_json::to_string_pretty(self)?)?)
    }

    /// How the last server of a state folder was started. `$SEA_HTTP` goes before its port.
    fn last(folder: &Path) -> Self {
        let kept = std::fs::read(Self::file(folder)).ok();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let mut start = kept.unwrap_or_default();
        if let Ok(port) = std::env::var("SEA_HTTP") {
            start.arguments.extend(["--http".to_owned(), port]);
        }
        start
    }
}

/// The arguments that start the same server again, from any folder.
fn arguments(args: &ServeArgs) -> anyhow::Result<Vec<String>> {
    let mut all = vec!["--http".to_owned(), args.http.to_string()];
    if args.public {
        all.push("--public".to_owned());
    }
    if let Some(port) = args.dashboard {
        all.extend(["--dashboard".to_owned(), port.to_string()]);
    }
    if let Some(https) = https::https(&args.https)? {
        all.extend(https::arguments(&https));
    }
    Ok(all)
}

/// The file whose presence says that the end is to be the end of everything.
fn stop_mark(folder: &Path) -> PathBuf {
    folder.join("run/stop")
}

/// Waits for Ctrl-C or SIGTERM; true when everything is to be stopped.
async fn told_to_end(folder: &Path) -> anyhow::Result<bool> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A terminal that closes is no reason to go.
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = hangup.recv() => {}
        }
    }
    let mark = stop_mark(folder);
    Ok(std::fs::remove_file(mark).is_ok())
}

/// The state folder, and the server that holds it; `else_type` is what to type where none does.
pub(crate) fn serving(args: &StateArgs, else_type: &str) -> anyhow::Result<(PathBuf, HostRecord)> {
    let folder = state::folder(args)?;
    match find(&folder) {
        Some(record) => Ok((folder, record)),
        None => Err(Outside {
            message: format!("nothing serves {}", folder.display()),
            help: Some(else_type.to_owned()),
        }
        .into()),
    }
}

/// Tells the server of a state folder to stop everything, and waits until it has.
fn stop(args: &StateArgs) -> anyhow::Result<u8> {
    let (folder, record) =
        serving(args, "sea serve, then sea serve --stop: it takes over what still runs first")?;
    std::fs::write(stop_mark(&folder), b"")?;
    let pid = i32::try_from(record.pid).ok().and_then(rustix::process::Pid::from_raw);
    // One that ended meanwhile has nothing left to stop.
    let process = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let Some(process) = process.filter(|_| find(&folder).is_some()) else { return Ok(exit::DONE) };
    pidfd_send_signal(&process, Signal::TERM)?;
    // A descriptor of a process is readable once it has ended (pidfd_open(2)).
    let mut ended = [PollFd::new(&process, PollFlags::IN)];
    let patience = Timespec::try_from(STARTING)?;
    if poll(&mut ended, Some(&patience))? == 0 {
        let message = format!("it does not end (process {})", record.pid);
        return Err(Outside { message, help: None }.into());
    }
    Ok(exit::DONE)
}

/// The server of a state folder; one is started in the background where there is none.
pub(crate) fn ensure(args: &StateArgs) -> anyhow::Result<HostRecord> {
    let folder = state::folder(args)?;
    let began = Instant::now();
    // One that was killed holds its lock a moment longer than its socket.
    while let Some(record) = find(&folder) {
        if UnixStream::connect(&record.socket).is_ok() || began.elapsed() > DYING {
            return Ok(record);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    std::fs::create_dir_all(&folder)?;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("serve.log"))?;
    let errors = log.try_clone()?;
    use std::os::unix::process::CommandExt as _;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "--state"])
        .arg(&folder)
        .args(Start::last(&folder).arguments)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // A group of its own: Ctrl-C at this terminal is not for it.
        .process_group(0)
        .spawn()?;
    let began = Instant::now();
    loop {
        // The record may still be that of the server before, which this one has not replaced yet.
        if let Some(record) = find(&folder).filter(|record| UnixStream::connect(&record.socket).is_ok()) {
            return Ok(record);
        }
        if child.try_wait()?.is_some() || began.elapsed() > STARTING {
            let said = std::fs::read_to_string(folder.join("serve.log")).unwrap_or_default();
            let last = said.lines().rfind(|line| line.starts_with("error")).unwrap_or("it ended");
            let message = format!("the server did not start: {}", last.trim_start_matches("error: "));
            return Err(Outside { message, help: Some("sea serve".to_owned()) }.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server's error, as the command line shows it.
pub(crate) fn advise(error: &Error) -> anyhow::Error {
    let (message, help) = (error.to_string(), error.help());
    match error {
        Error::Model(_) => Mistake { message, help }.into(),
        _ => Outside { message, help }.into(),
    }
}
