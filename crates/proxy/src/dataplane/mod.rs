//! The proxy process: threads that serve, and the link to the control process.
//!
//! From socket to socket: `worker` accepts, `tls` agrees on keys, `connection` finds the protocol, `client_io` and `scanner` guard the
//! bytes, `service` admits, routes, sorts (`split`) and holds, `forward` takes a connection from the `pool` and joins the bodies,
//! `meter` counts.

mod accesses;
mod admission;
mod body;
mod client_io;
mod connection;
mod counters;
mod door;
mod drain;
mod flight;
mod forward;
#[doc(hidden)]
pub mod fuzzing;
mod headers;
mod hold;
mod https;
mod link;
mod live;
mod meter;
mod pages;
mod pool;
mod reach;
mod redirect;
mod scanner;
mod service;
mod split;
mod static_site;
mod tls;
mod tunnel;
mod upstream;
mod worker;

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use self::worker::{NamedListener, Shared};
use crate::error::{Error, Result};
use crate::wire::{self, OnControlLoss};

/// Threads that may wait for files at the same time, per worker.
const FILE_THREADS: usize = 4;

/// Runs the proxy on the control socket that is this process's standard input, as [`crate::control::Proxy`] starts it.
/// Returns when the process shall end.
pub fn run_from_stdin() -> Result<()> {
    let descriptor = std::io::stdin().as_fd().try_clone_to_owned().map_err(Error::Control)?;
    main_loop(UnixStream::from(descriptor))
}

/// Runs the proxy: the listening sockets, settings and tables come over `control`. Blocks until the process shall end:
/// told to, drained, or left alone by the control process
/// where that means to end.
pub fn main_loop(control: UnixStream) -> Result<()> {
    let (hello, sockets) = wire::receive_hello(&control)?;
    control.set_nonblocking(true).map_err(Error::Control)?;
    let listeners: Vec<_> = hello
        .listeners
        .into_iter()
        .zip(sockets)
        .map(|(name, socket)| NamedListener { name: name.0.into(), socket })
        .collect();
    for listener in &listeners {
        listener.socket.set_nonblocking(true).map_err(Error::Runtime)?;
    }
    let shared = Arc::new(Shared::new(hello.settings));
    let runtime = runtime()?;
    let (started, first_table) = tokio::sync::oneshot::channel();
    runtime.block_on(async {
        let control = tokio::net::UnixStream::from_std(control).map_err(Error::Control)?;
        let kept = match shared.settings.on_control_loss {
            OnControlLoss::Exit => Vec::new(),
            OnControlLoss::Serve(_) => copies(&listeners)?,
        };
        let mut link = tokio::spawn(link::run(control, Arc::clone(&shared), kept, started));
        // Nothing is accepted before there is a table: the backlog waits.
        let serving = async {
            if first_table.await.is_err() {
                return std::future::pending().await;
            }
            for number in 1..shared.workers {
                spawn_worker(number, Arc::clone(&shared), copies(&listeners)?)?;
            }
            worker::run(0, Arc::clone(&shared), listeners).await.map_err(Error::Runtime)
        };
        // The other threads end with the process, which this function's return ends.
        tokio::select! {
            ended = &mut link => ended.map_err(|error| Error::Runtime(std::io::Error::other(error)))?,
            failed = serving => {
                link.abort();
                failed
            }
            () = split::watch_leases(&shared) => Ok(()),
        }
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(FILE_THREADS)
        .thread_keep_alive(std::time::Duration::from_secs(2))
        .build()
        .map_err(Error::Runtime)
}

fn copies(listeners: &[NamedListener]) -> Result<Vec<NamedListener>> {
    let copy = |listener: &NamedListener| {
        let socket = listener.socket.try_clone().map_err(Error::Runtime)?;
        Ok(NamedListener { name: Arc::clone(&listener.name), socket })
    };
    listeners.iter().map(copy).collect()
}

fn spawn_worker(number: usize, shared: Arc<Shared>, listeners: Vec<NamedListener>) -> Result<()> {
    let runtime = runtime()?;
    let serve = move || {
        if let Err(error) = runtime.block_on(worker::run(number, shared, listeners)) {
            // Whoever read this may be gone, which must not be a panic as well.
            let _ = writeln!(std::io::stderr(), "proxy: thread {number} ended: {error}");
        }
    };
    let thread = std::thread::Builder::new().name(format!("proxy-{number}")).stack_size(512 << 10);
    thread.spawn(serve).map(drop).map_err(Error::Runtime)
}
