//! `sea up`: runs the app until it is told to stop.

mod ci;
mod lines;
mod screen;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use seaworthy_detect::Overrides;
use seaworthy_engine::Control;
use seaworthy_engine::host::{Host, Nursery, Options};
use seaworthy_server::{Listeners, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::args::{Global, UpArgs};
use crate::commands::load;
use crate::exit;
use crate::output;

pub(crate) fn run(global: &Global, args: &UpArgs) -> anyhow::Result<u8> {
    // First of all: a copy of this process is smallest now. Without one everything goes on, a little slower.
    let nursery = Nursery::start().ok();
    let root = load::root(global, args.dir.as_deref())?;
    let overrides = Overrides { environment: global.env.clone(), set: global.set.clone() };
    let loaded = seaworthy_detect::load(&root, &overrides)?;
    let code = output::problems(&loaded);
    if loaded.has_errors() {
        return Ok(code);
    }
    let is_terminal = std::io::stdout().is_terminal();
    let options = Options {
        root,
        overrides,
        only: args.service.clone(),
        fresh: args.fresh.is_some(),
        fresh_resources: args.fresh.iter().filter(|name| *name != "all").cloned().collect(),
        consent: args.yes,
        colour: output::style::colours(),
        watch: !args.no_watch && args.ci.is_empty(),
        program: PathBuf::from("/proc/self/exe"),
    };
    // One thread is enough for what waits, and what reads files has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(up(loaded.app, options, nursery, args, is_terminal));
    // Tasks that read a file are not waited for.
    runtime.shutdown_background();
    code
}

async fn up(
    app: seaworthy_model::App,
    options: Options,
    nursery: Option<Nursery>,
    args: &UpArgs,
    is_terminal: bool,
) -> anyhow::Result<u8> {
    let mut signals = Signals::new()?;
    let mut host = Host::start(app, options, nursery).map_err(|error| output::advise(&error))?;
    let control = host.control();
    let server = serve(&mut host, &control)?;
    let shows = if args.json || !is_terminal || !args.ci.is_empty() {
        tokio::spawn(lines::show(Arc::clone(&control), args.json))
    } else {
        tokio::spawn(screen::show(Arc::clone(&control)))
    };
    let code = tokio::select! {
        () = signals.next() => exit::DONE,
        () = host.asked_to_end() => exit::DONE,
        code = ci::run(Arc::clone(&control), &args.ci, args.timeout), if !args.ci.is_empty() => code?,
    };
    let kill = host.killer();
    let stopping = host.shut_down();
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            () = &mut stopping => break,
            // Who asks a second time does not want to wait.
            () = signals.next() => kill(),
        }
    }
    shows.abort();
    let _ = shows.await;
    server.stop().await;
    Ok(code)
}

/// Starts the API and the dashboard, and tells other commands where they are.
fn serve(host: &mut Host, control: &Arc<dyn Control>) -> anyhow::Result<Serving> {
    let tcp = host.dashboard_listener()?;
    let url = format!("http://localhost:{}", tcp.local_addr()?.port());
    let socket = host.socket();
    let server = Server::bind(Arc::clone(control), Listeners { tcp, socket: socket.clone() })?;
    host.publish(socket, &url).map_err(|error| output::advise(&error))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(server.run(async {
        // A sender that is gone means the same.
        let _ = stopped.await;
    }));
    Ok(Serving { stop, task })
}

/// The API while it runs.
struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    async fn stop(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

/// What asks for the end of a run: Ctrl-C, `kill`, a closed terminal.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
