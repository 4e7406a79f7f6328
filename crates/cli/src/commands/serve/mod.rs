//! `sea serve`: the control process of a host.

mod background;
mod dashboard;
mod https;
mod notify;
mod unit;

use std::path::{Path, PathBuf};

use seaworthy_engine::serve::{Error, HostRecord, Options, Serve};
use seaworthy_server::host::{HostListeners, HostServer};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::args::{Global, ServeArgs};
use crate::commands::state;
use crate::exit::{self, Mistake, Outside};
use crate::output::style::{self, paint};

use background::{Start, stop_mark};
pub(crate) use background::{ensure, serving};

/// How a server is reached.
#[derive(serde::Serialize)]
struct Told {
    schema: &'static str,
    state: PathBuf,
    #[serde(flatten)]
    record: HostRecord,
}

pub(crate) fn run(_: &Global, args: &ServeArgs) -> anyhow::Result<u8> {
    if args.install {
        return unit::install(&args.state, &arguments(args)?);
    }
    if args.stop {
        return background::stop(&args.state);
    }
    let folder = state::folder(&args.state)?;
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
        notify::ready();
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

/// A server's error, as the command line shows it.
pub(crate) fn advise(error: &Error) -> anyhow::Error {
    let (message, help) = (error.to_string(), error.help());
    match error {
        Error::Model(_) => Mistake { message, help }.into(),
        _ => Outside { message, help }.into(),
    }
}
