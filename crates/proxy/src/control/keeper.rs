//! What keeps a proxy alive: one task owns the process, feeds it, starts another at once when it dies, replaces it when told.

use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::listener::Listener;
use super::process::{Process, ProxyOptions};
use super::proxy::{DrainReport, ProxyState};
use crate::error::{Error, Result};
use crate::stats::{AccessEvent, StatsReport};
use crate::table::RoutingTable;
use crate::wire::{Command as Order, DrainPlan, Event};

/// A proxy that lives shorter than this is started again after a pause that doubles up to the longest.
const SHORT_LIFE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Beyond the time that a drain has by its plan, this long is waited for a proxy that does not answer.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// How long the end of a proxy that was told to end is waited for.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// What is wanted of a keeper.
pub(super) enum Request {
    Table(RoutingTable, oneshot::Sender<Result<()>>),
    Stats(oneshot::Sender<Result<StatsReport>>),
    Replace(DrainPlan, oneshot::Sender<Result<DrainReport>>),
    Watch,
    Stop(oneshot::Sender<()>),
    Leave(oneshot::Sender<()>),
}

/// Who waits for what the process says.
#[derive(Default)]
struct Replies {
    table: Vec<(u64, oneshot::Sender<Result<()>>)>,
    stats: Vec<oneshot::Sender<Result<StatsReport>>>,
}

impl Replies {
    fn table(&mut self, generation: u64, result: impl Fn() -> Result<()>) {
        for (_, reply) in self.table.extract_if(.., |(waits_for, _)| *waits_for == generation) {
            let _ = reply.send(result());
        }
    }
}

pub(super) struct Keeper {
    options: ProxyOptions,
    listeners: Vec<Listener>,
    /// The table in force.
    table: RoutingTable,
    /// The one that is to follow, while the process judges it.
    proposed: Option<RoutingTable>,
    orders: mpsc::Receiver<Request>,
    accesses: broadcast::Sender<Vec<AccessEvent>>,
    state: watch::Sender<ProxyState>,
    watching: bool,
    replies: Replies,
    /// Processes that were replaced and drain.
    retiring: tokio::task::JoinSet<()>,
}

/// Why a process is no longer looked after.
enum Over {
    Died,
    Stopped(Option<oneshot::Sender<()>>),
    Left(oneshot::Sender<()>),
}

impl Keeper {
    pub(super) fn new(
        options: ProxyOptions,
        listeners: Vec<Listener>,
        table: RoutingTable,
        orders: mpsc::Receiver<Request>,
        accesses: broadcast::Sender<Vec<AccessEvent>>,
        state: watch::Sender<ProxyState>,
    ) -> Self {
        Self {
            options,
            listeners,
            table,
            proposed: None,
            orders,
            accesses,
            state,
            watching: false,
            replies: Replies::default(),
            retiring: tokio::task::JoinSet::new(),
        }
    }

    /// Looks after a process and those that follow it, until nobody wants one any more. Those that it follows are drained.
    pub(super) async fn run(mut self, mut process: Process, retired: Vec<Process>) {
        for old in retired {
            let (pid, accesses) = (process.pid, self.accesses.clone());
            let retired = async move { drop(retire(old, DrainPlan::default(), pid, &accesses).await) };
            self.retiring.spawn(retired);
        }
        loop {
            let born = Instant::now();
            let over = self.look_after(&mut process).await;
            if !matches!(over, Over::Died) {
                return self.finish(Some(process), over).await;
            }
            process.end().await;
            self.state.send_modify(|state| {
                state.pid = None;
                state.deaths += 1;
            });
            process = match self.start_again(born.elapsed()).await {
                Ok(next) => next,
                Err(over) => return self.finish(None, over).await,
            };
        }
    }

    /// Ends what is left, or leaves it to the next control process.
    async fn finish(mut self, process: Option<Process>, over: Over) {
        let reply = match over {
            Over::Left(reply) => {
                // Its end of the control socket closes, and so do those of the ones that drain: they know what to do.
                drop(process);
                Some(reply)
            }
            Over::Stopped(reply) => {
                if let Some(mut process) = process {
                    let _ = process.order(&Order::Shutdown).await;
                    let _ = tokio::time::timeout(SHUTDOWN, process.wait()).await;
                    process.end().await;
                }
                reply
            }
            Over::Died => None,
        };
        self.retiring.shutdown().await;
        // The sockets close before anyone hears that all is over.
        self.listeners.clear();
        if let Some(reply) = reply {
            let _ = reply.send(());
        }
    }

    /// Starts another process, at once where the one before lived long enough. Fails where nobody wants one any more.
    async fn start_again(&mut self, life: Duration) -> std::result::Result<Process, Over> {
        let mut pause = if life < SHORT_LIFE { FIRST_PAUSE } else { Duration::ZERO };
        // The first death is forgiven, however early: whoever killed it wants to see it come back.
        if self.state.borrow().deaths <= 1 {
            pause = Duration::ZERO;
        }
        loop {
            self.pause(pause).await?;
            match self.start_next().await {
                Ok(process) => return Ok(process),
                Err(error) => self.state.send_modify(|state| state.problem = Some(error.to_string())),
            }
            pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        }
    }

    /// Waits, and notes for the next process what is wanted meanwhile. Fails where nobody wants one any more.
    async fn pause(&mut self, pause: Duration) -> std::result::Result<(), Over> {
        let until = Instant::now() + pause;
        while let Ok(request) = tokio::time::timeout_at(until, self.orders.recv()).await {
            match request {
                None => return Err(Over::Stopped(None)),
                Some(Request::Stop(reply)) => return Err(Over::Stopped(Some(reply))),
                Some(Request::Leave(reply)) => return Err(Over::Left(reply)),
                Some(Request::Table(table, reply)) => {
                    self.replies.table.push((table.generation, reply));
                    self.proposed = Some(table);
                }
                Some(Request::Stats(reply)) => self.replies.stats.push(reply),
                Some(Request::Watch) => self.watching = true,
                Some(Request::Replace(_, reply)) => drop(reply.send(Err(Error::Disconnected))),
            }
        }
        Ok(())
    }

    /// Starts a process that takes the place of another: with its table, and with the questions it left open.
    async fn start_next(&mut self) -> Result<Process> {
        if let Some(proposed) = self.proposed.take() {
            let generation = proposed.generation;
            match Process::start(&self.options, &self.listeners, &proposed).await {
                Ok(process) => {
                    self.table = proposed;
                    self.replies.table(generation, || Ok(()));
                    return self.introduce(process).await;
                }
                Err(Error::TableRefused(reason)) => {
                    self.replies.table(generation, || Err(Error::TableRefused(reason.clone())));
                }
                Err(error) => {
                    self.proposed = Some(proposed);
                    return Err(error);
                }
            }
        }
        let process = Process::start(&self.options, &self.listeners, &self.table).await?;
        self.introduce(process).await
    }

    async fn introduce(&mut self, mut process: Process) -> Result<Process> {
        if self.watching {
            process.order(&Order::Watch(true)).await?;
        }
        for _ in &self.replies.stats {
            process.order(&Order::Stats).await?;
        }
        self.state.send_modify(|state| {
            state.pid = Some(process.pid);
            state.problem = None;
        });
        Ok(process)
    }

    async fn look_after(&mut self, process: &mut Process) -> Over {
        loop {
            tokio::select! {
                event = process.events.recv() => match event {
                    Some(event) => self.hear(event),
                    None => return Over::Died,
                },
                request = self.orders.recv() => {
                    let done = match request {
                        None => return Over::Stopped(None),
                        Some(Request::Stop(reply)) => return Over::Stopped(Some(reply)),
                        Some(Request::Leave(reply)) => return Over::Left(reply),
                        Some(Request::Replace(plan, reply)) => {
                            self.replace(process, plan, reply).await;
                            continue;
                        }
                        Some(request) => self.pass_on(process, request).await,
                    };
                    if done.is_err() {
                        return Over::Died;
                    }
                }
            }
        }
    }

    async fn pass_on(&mut self, process: &mut Process, request: Request) -> Result<()> {
        match request {
            Request::Table(table, reply) => {
                // One that is refused must not be what the next process starts with; one whose process dies before it
                // could judge must be.
                self.replies.table.push((table.generation, reply));
                self.proposed = Some(table.clone());
                process.order(&Order::Table(table)).await
            }
            Request::Stats(reply) => {
                self.replies.stats.push(reply);
                process.order(&Order::Stats).await
            }
            Request::Watch => {
                self.watching = true;
                process.order(&Order::Watch(true)).await
            }
            Request::Replace(..) | Request::Stop(_) | Request::Leave(_) => Ok(()),
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::TableInForce { generation } => {
                if let Some(table) = self.proposed.take_if(|table| table.generation == generation) {
                    self.table = table;
                }
                self.replies.table(generation, || Ok(()));
            }
            Event::TableRefused { generation, reason } => {
                self.proposed.take_if(|table| table.generation == generation);
                self.replies.table(generation, || Err(Error::TableRefused(reason.clone())));
            }
            Event::Stats(stats) => {
                if !self.replies.stats.is_empty() {
                    let _ = self.replies.stats.remove(0).send(Ok(*stats));
                }
            }
            Event::Accesses(events) => {
                let _ = self.accesses.send(events);
            }
            Event::Ready | Event::Drained { .. } => {}
        }
    }

    /// Puts a new process in the place of the old one, which drains beside it.
    async fn replace(
        &mut self,
        process: &mut Process,
        plan: DrainPlan,
        reply: oneshot::Sender<Result<DrainReport>>,
    ) {
        let next = match self.start_next().await {
            Ok(next) => next,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        let pid = next.pid;
        let old = std::mem::replace(process, next);
        let accesses = self.accesses.clone();
        while self.retiring.try_join_next().is_some() {}
        self.retiring.spawn(async move {
            let _ = reply.send(Ok(retire(old, plan, pid, &accesses).await));
        });
    }
}

/// Drains a process and ends it.
async fn retire(
    mut old: Process,
    plan: DrainPlan,
    pid: u32,
    accesses: &broadcast::Sender<Vec<AccessEvent>>,
) -> DrainReport {
    let mut report = DrainReport { pid, cut: 0, stats: None };
    let drained = async {
        old.order(&Order::Drain(plan)).await?;
        while let Some(event) = old.events.recv().await {
            match event {
                Event::Drained { cut, stats } => {
                    report.cut = cut;
                    report.stats = Some(stats);
                    return Ok(());
                }
                Event::Accesses(events) => {
                    let _ = accesses.send(events);
                }
                _ => {}
            }
        }
        Err(Error::Disconnected)
    };
    let _ = tokio::time::timeout(plan.announce + plan.finish + DRAIN_GRACE, drained).await;
    old.end().await;
    report
}
