//! Resources that run in containers: started through the engine's API, watched, stopped with the run.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use seaworthy_model::Name;
use seaworthy_provision::Error;
use seaworthy_provision::resource::container::{Engine, Spec};
use seaworthy_provision::task::{Line, Stream as Output};
use seaworthy_provision::toolchain::Machine;
use seaworthy_supervise::log::Stream;
use seaworthy_supervise::log::ansi;
use seaworthy_supervise::log::redact::Redactor;
use seaworthy_supervise::log::writer::{LogFile, LogWriter};
use seaworthy_supervise::machine::Phase;
use tokio::sync::{OnceCell, watch};

use crate::host::definition::log_file;
use crate::host::shared::Shared;

/// Between two looks at a container.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a container may take to stop.
const GRACE: Duration = Duration::from_secs(10);

/// The container engine of this machine, looked for once, by the first who needs it.
#[derive(Default)]
pub(crate) struct EngineCell(OnceCell<Option<Arc<Engine>>>);

impl EngineCell {
    /// The engine, if there is one.
    pub(crate) async fn get(&self, machine: &Machine) -> Option<Arc<Engine>> {
        self.0.get_or_init(|| async { Engine::connect(machine).await.ok().map(Arc::new) }).await.clone()
    }
}

/// Starts a container and keeps an eye on it until the run ends.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    name: &Name,
    engine: Arc<Engine>,
    spec: Spec,
    step: &str,
) -> Result<(), Error> {
    engine.pull(&spec.image, &|line| shared.steps.progress(step, &ansi::strip(&line.text))).await?;
    shared.set_phase(name.as_str(), Phase::Starting, "");
    let id = engine.start(&spec).await?;
    let log = log_file(&shared.logs(), name.as_str());
    shared.update(name.as_str(), |facts| {
        facts.log = Some(log.clone());
        facts.command = Some(format!("{} ({})", spec.image, engine.title));
    });
    let (stop, stopped) = watch::channel(false);
    let task =
        tokio::spawn(keep(Arc::clone(shared), name.clone(), engine, id, spec, LogFile::new(log), stopped));
    shared.own(stop, task);
    Ok(())
}

async fn keep(
    shared: Arc<Shared>,
    name: Name,
    engine: Arc<Engine>,
    id: String,
    spec: Spec,
    log: LogFile,
    mut stopped: watch::Receiver<bool>,
) {
    let mut writer = LogWriter::open(log);
    let redactor = Redactor::new(&shared.made_up_secrets());
    let mut lines = std::pin::pin!(engine.logs(&id).fuse());
    let mut look = tokio::time::interval(Duration::from_millis(50));
    let mut is_ready = false;
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(Line { stream, text }) = lines.next() => {
                let stream = if stream == Output::Err { Stream::Stderr } else { Stream::Stdout };
                writer.push(stream, false, &redactor.apply(text.as_bytes()));
                // A full disk is told in the log itself once it can be written again.
                let _ = writer.flush();
                shared.supervisor.board().note_writing();
            }
            _ = look.tick() => match engine.state(&id).await {
                Ok((true, _)) if !is_ready && answers(&spec).await => {
                    is_ready = true;
                    look = tokio::time::interval(LOOK_EVERY);
                    shared.set_phase(name.as_str(), Phase::Ready, "");
                }
                Ok((true, _)) => {}
                Ok((false, code)) => {
                    let code = code.map_or_else(String::new, |code| format!(" with code {code}"));
                    shared.set_phase(name.as_str(), Phase::Failed, &format!("its container ended{code}"));
                    look = tokio::time::interval(LOOK_EVERY);
                }
                Err(error) => shared.set_phase(name.as_str(), Phase::Unready, &error.to_string()),
            },
        }
    }
    shared.set_phase(name.as_str(), Phase::Stopping, "");
    // A container that does not stop is removed by force; what cannot be removed now is found by its label next time.
    let _ = engine.stop(&id, GRACE).await;
    let _ = engine.remove(&id).await;
    shared.set_phase(name.as_str(), Phase::Stopped, "");
}

/// Every published port takes connections.
async fn answers(spec: &Spec) -> bool {
    for (_, port) in &spec.ports {
        if tokio::net::TcpStream::connect(("127.0.0.1", *port)).await.is_err() {
            return false;
        }
    }
    true
}
