//! What runs to its end: as data, and the interface of whoever runs it.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::Error;
use crate::user::User;

/// Bytes of one line that are kept; the rest of a longer line is dropped.
const LINE_LIMIT: usize = 16 * 1024;
/// Lines that an error shows.
const TAIL: usize = 30;

/// Something to run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What it is for, as a person reads it: `install artists`.
    pub name: String,
    /// What is run.
    pub program: Program,
    /// Where.
    pub dir: PathBuf,
    /// Variables set on top of those of the calling process.
    pub env: BTreeMap<String, String>,
    /// Folders that go before `PATH`, the first one first.
    pub bin_dirs: Vec<PathBuf>,
    /// Who runs it; absent: whoever calls.
    pub user: Option<User>,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A line for the shell, as repositories write their commands.
    Shell(String),
    /// A program and its arguments, taken as they are.
    Argv(Vec<String>),
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shell(line) => f.write_str(line),
            Self::Argv(argv) => f.write_str(&argv.join(" ")),
        }
    }
}

/// A stream of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A line that a task wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub stream: Stream,
    /// What, without its line end.
    pub text: String,
}

/// What a task came to, still running.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// Runs tasks. A task that is dropped while it runs ends with everything that it started.
pub trait Tasks: Send + Sync {
    /// Runs one to its end; every line goes to `lines` as it comes. An exit code other than 0 is [`Error::Failed`].
    fn run<'a>(&'a self, task: &'a Task, lines: &'a (dyn Fn(Line) + Send + Sync)) -> Running<'a>;
}

/// Runs tasks as children of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalTasks;

impl Tasks for LocalTasks {
    fn run<'a>(&'a self, task: &'a Task, lines: &'a (dyn Fn(Line) + Send + Sync)) -> Running<'a> {
        Box::pin(run(task, lines))
    }
}

async fn run(task: &Task, lines: &(dyn Fn(Line) + Send + Sync)) -> Result<(), Error> {
    let start_error =
        |source| Error::Start { command: task.program.to_string(), dir: task.dir.clone(), source };
    let mut command = command(task);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(start_error)?;
    let group = Group(child.id());
    let tail = std::sync::Mutex::new(VecDeque::with_capacity(TAIL));
    let keep = |line: Line| {
        if let Ok(mut tail) = tail.lock() {
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(line.text.clone());
        }
        lines(line);
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let mut reading =
        std::pin::pin!(async { tokio::join!(read(out, Stream::Out, &keep), read(err, Stream::Err, &keep)) });
    let mut has_read = false;
    let status = loop {
        tokio::select! {
            _ = &mut reading, if !has_read => has_read = true,
            status = child.wait() => break status.map_err(start_error)?,
        }
    };
    // What it left in the background may hold the pipes open for ever.
    drop(group);
    if !has_read {
        let _ = tokio::time::timeout(Duration::from_secs(1), reading).await;
    }
    if status.success() {
        return Ok(());
    }
    let tail = tail.lock().map(|mut tail| std::mem::take(&mut *tail)).unwrap_or_default().into();
    Err(Error::Failed {
        name: task.name.clone(),
        command: task.program.to_string(),
        dir: task.dir.clone(),
        status: describe(status),
        tail,
    })
}

fn command(task: &Task) -> tokio::process::Command {
    let mut command = match &task.program {
        Program::Shell(line) if cfg!(windows) => {
            let mut command = tokio::process::Command::new("cmd");
            command.args(["/d", "/s", "/c", line]);
            command
        }
        Program::Shell(line) => {
            let mut command = tokio::process::Command::new("/bin/sh");
            command.args(["-c", line]);
            command
        }
        Program::Argv(argv) => {
            let mut command = tokio::process::Command::new(argv.first().map_or("", String::as_str));
            command.args(argv.iter().skip(1));
            command
        }
    };
    command.current_dir(&task.dir).envs(&task.env);
    if let Some(path) = search_path(&task.bin_dirs) {
        command.env("PATH", path);
    }
    #[cfg(unix)]
    {
        command.process_group(0);
        if let Some(user) = &task.user {
            command.uid(user.uid).gid(user.gid);
        }
    }
    command
}

/// `PATH` with these folders before it; `None` where nothing goes before it.
pub fn search_path(bin_dirs: &[PathBuf]) -> Option<std::ffi::OsString> {
    if bin_dirs.is_empty() {
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(bin_dirs.iter().cloned().chain(std::env::split_paths(&path))).ok()
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, stream: Stream, keep: &(dyn Fn(Line) + Sync)) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = vec![0; 8 * 1024];
    let mut line = Vec::new();
    let end = |line: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        line.clear();
        keep(Line { stream, text });
    };
    while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
        for &byte in &chunk[..count] {
            match byte {
                b'\n' => end(&mut line),
                _ if line.len() < LINE_LIMIT => line.push(byte),
                _ => {}
            }
        }
    }
    if !line.is_empty() {
        end(&mut line);
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| "an unknown status".to_owned(), |code| format!("exit code {code}"))
}

/// The process group of a task: killed as a whole when this goes, which is when the task ends or is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) =
            self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn shell(line: &str) -> Task {
        Task {
            name: "test".to_owned(),
            program: Program::Shell(line.to_owned()),
            dir: std::env::temp_dir(),
            env: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
            bin_dirs: Vec::new(),
            user: None,
        }
    }

    #[tokio::test]
    async fn lines_come_with_their_stream_and_a_failure_shows_the_last_ones() {
        let seen = Mutex::new(Vec::new());
        let error = LocalTasks
            .run(&shell("echo $GREETING; echo oh no >&2; exit 3"), &|line| seen.lock().unwrap().push(line))
            .await
            .unwrap_err();
        let mut seen = seen.into_inner().unwrap();
        seen.sort_by_key(|line| line.stream == Stream::Err);
        assert_eq!(seen[0], Line { stream: Stream::Out, text: "hello".to_owned() });
        assert_eq!(seen[1], Line { stream: Stream::Err, text: "oh no".to_owned() });
        let text = error.to_string();
        assert!(text.contains("ended with exit code 3") && text.contains("\n  oh no"), "{text}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_dropped_task_takes_its_children_with_it() {
        let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
        let keep = move |line: Line| {
            let _ = send.send(line.text);
        };
        let task = shell("sleep 600 & echo $!; wait");
        let running = tokio::time::timeout(Duration::from_secs(30), async {
            tokio::select! {
                result = LocalTasks.run(&task, &keep) => panic!("it ended: {result:?}"),
                pid = receive.recv() => pid.unwrap(),
            }
        });
        let pid = running.await.unwrap();
        let stat = PathBuf::from(format!("/proc/{pid}/stat"));
        for _ in 0..1000 {
            // A killed orphan stays a zombie until whoever inherits it looks.
            let gone = std::fs::read_to_string(&stat).map_or(true, |text| text.contains(") Z "));
            if gone {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{pid} still runs");
    }

    #[tokio::test]
    async fn a_background_child_does_not_keep_a_task_from_ending() {
        LocalTasks.run(&shell("sleep 600 & echo done"), &|_| {}).await.unwrap();
    }
}
