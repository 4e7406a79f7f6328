//! What keeps a proxy alive: one task owns the process, feeds it, starts another at once when it dies, replaces it when told.

use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::leases::Leases;
use super::listener::Listener;
use super::process::{Process, ProxyOptions};
use super::proxy::{DrainReport, ProxyState};
use super::question::{Question, Questions};
use super::retire::retire;
use crate::error::{Error, Result};
use crate::stats::{AccessEvent, Flight, SplitSecond};
use crate::table::RoutingTable;
use crate::wire::{Command as Order, DrainPlan, Event};

/// A proxy that lives shorter than this is started again after a pause that doubles up to the longest.
const SHORT_LIFE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Questions that wait for a process that drains.
const QUESTIONS: usize = 16;
/// How long the end of a proxy that was told to end is waited for.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// What is wanted of a keeper.
pub(super) enum Request {
    Table(RoutingTable, oneshot::Sender<Result<()>>),
    Ask(Question),
    Replace(DrainPlan, oneshot::Sender<Result<DrainReport>>),
    WatchAccesses,
    WatchSeconds,
    Stop(oneshot::Sender<()>),
    Leave(oneshot::Sender<()>),
}

/// Who waits for what the process says.
#[derive(Default)]
struct Replies {
    table: Vec<(u64, oneshot::Sender<Result<()>>)>,
    questions: Questions,
}

impl Replies {
    fn table(&mut self, generation: u64, result: impl Fn() -> Result<()>) {
        for (_, reply) in self.table.extract_if(.., |(waits_for, _)| *waits_for == generation) {
            let _ = reply.send(result());
        }
    }
}

/// To whom processes talk without being asked.
#[derive(Clone)]
pub(super) struct Channels {
    pub(super) accesses: broadcast::Sender<Vec<AccessEvent>>,
    pub(super) seconds: broadcast::Sender<Vec<SplitSecond>>,
}

impl Channels {
    /// Passes on what nobody asked for, and gives back everything else. That nobody reads it is no failure.
    pub(super) fn pass_on(&self, event: Event) -> Option<Event> {
        match event {
            Event::Accesses(events) => drop(self.accesses.send(events)),
            Event::Seconds(seconds) => drop(self.seconds.send(seconds)),
            event => return Some(event),
        }
        None
    }
}

/// What the processes are told to talk of.
#[derive(Default)]
struct Watching {
    accesses: bool,
    seconds: bool,
}

pub(super) struct Keeper {
    options: ProxyOptions,
    listeners: Vec<Listener>,
    /// The table in force.
    table: RoutingTable,
    /// The one that is to follow, while the process judges it.
    proposed: Option<RoutingTable>,
    leases: Leases,
    orders: mpsc::Receiver<Request>,
    channels: Channels,
    state: watch::Sender<ProxyState>,
    watching: Watching,
    replies: Replies,
    /// Processes that were replaced and drain.
    retiring: tokio::task::JoinSet<()>,
    /// To ask those of them what they have under way that this program is known to understand.
    retired: Vec<mpsc::Sender<Question>>,
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
        channels: Channels,
        state: watch::Sender<ProxyState>,
    ) -> Self {
        let leases = Leases::of(&table);
        Self {
            options,
            listeners,
            table,
            proposed: None,
            leases,
            orders,
            channels,
            state,
            watching: Watching::default(),
            replies: Replies::default(),
            retiring: tokio::task::JoinSet::new(),
            retired: Vec::new(),
        }
    }

    /// Looks after a process and those that follow it, until nobody wants one any more. Those that it follows are drained.
    pub(super) async fn run(mut self, mut process: Process, retired: Vec<Process>) {
        for old in retired {
            let (pid, channels) = (process.pid, self.channels.clone());
            // They may be of another version: they are asked nothing.
            let (_, questions) = mpsc::channel(1);
            let retired =
                async move { drop(retire(old, DrainPlan::default(), pid, &channels, questions, 0).await) };
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
                Some(Request::Ask(question)) => self.replies.questions.asked(question),
                Some(Request::WatchAccesses) => self.watching.accesses = true,
                Some(Request::WatchSeconds) => self.watching.seconds = true,
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
                    self.put_in_force(proposed);
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
        let table = self.leases.applied_to(&self.table);
        let process = Process::start(&self.options, &self.listeners, &table).await?;
        self.introduce(process).await
    }

    fn put_in_force(&mut self, table: RoutingTable) {
        self.leases = Leases::of(&table);
        self.table = table;
    }

    async fn introduce(&mut self, mut process: Process) -> Result<Process> {
        if self.watching.accesses {
            process.order(&Order::Watch(true)).await?;
        }
        if self.watching.seconds {
            process.order(&Order::WatchSeconds(true)).await?;
        }
        for order in self.replies.questions.orders() {
            process.order(&order).await?;
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
                    Some(event) => {
                        self.hear(event);
                        if self.rest(process).await.is_err() {
                            return Over::Died;
                        }
                    }
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
            Request::Ask(question) => {
                let question = self.ask_retired(question);
                let order = question.order();
                // Even where it dies first: then it is put to the next one.
                self.replies.questions.asked(question);
                process.order(&order).await
            }
            Request::WatchAccesses => {
                self.watching.accesses = true;
                process.order(&Order::Watch(true)).await
            }
            Request::WatchSeconds => {
                self.watching.seconds = true;
                process.order(&Order::WatchSeconds(true)).await
            }
            Request::Replace(..) | Request::Stop(_) | Request::Leave(_) => Ok(()),
        }
    }

    /// A live list that nobody reads any more is not made any more.
    async fn rest(&mut self, process: &mut Process) -> Result<()> {
        if !self.watching.accesses || self.channels.accesses.receiver_count() > 0 {
            return Ok(());
        }
        self.watching.accesses = false;
        process.order(&Order::Watch(false)).await
    }

    fn hear(&mut self, event: Event) {
        let Some(event) = self.channels.pass_on(event) else { return };
        match event {
            Event::TableInForce { generation } => {
                if let Some(table) = self.proposed.take_if(|table| table.generation == generation) {
                    self.put_in_force(table);
                }
                self.replies.table(generation, || Ok(()));
            }
            Event::TableRefused { generation, reason } => {
                self.proposed.take_if(|table| table.generation == generation);
                self.replies.table(generation, || Err(Error::TableRefused(reason.clone())));
            }
            Event::Ready | Event::Drained { .. } => {}
            answer => {
                if let Some((split, lease)) = self.replies.questions.answered(answer) {
                    self.leases.set(split, lease);
                }
            }
        }
    }

    /// Puts a question about what is under way to the processes that drain as well. Gives back the one for the process
    /// that serves, whose answer is added to theirs.
    fn ask_retired(&mut self, question: Question) -> Question {
        self.retired.retain(|old| !old.is_closed());
        if self.retired.is_empty() {
            return question;
        }
        while self.retiring.try_join_next().is_some() {}
        match question {
            Question::Flight { group, reply } => {
                let ask = |reply| Question::Flight { group: group.clone(), reply };
                let (ours, answers) = self.ask_all(ask);
                self.retiring.spawn(async move {
                    let mut sum = Flight::default();
                    let _ = reply.send(add_up(answers, |flight| sum += flight).await.map(|()| sum));
                });
                ours
            }
            Question::EndStreams { group, reply } => {
                let ask = |reply| Question::EndStreams { group: group.clone(), reply };
                let (ours, answers) = self.ask_all(ask);
                self.retiring.spawn(async move {
                    let mut sum = 0;
                    let _ = reply.send(add_up(answers, |streams| sum += streams).await.map(|()| sum));
                });
                ours
            }
            question => question,
        }
    }

    fn ask_all<T>(&self, ask: impl Fn(Reply<T>) -> Question) -> (Question, Vec<Answer<T>>) {
        let (reply, ours) = oneshot::channel();
        let mut answers = vec![ours];
        for old in &self.retired {
            let (reply, answer) = oneshot::channel();
            // One that is gone, or too busy to be asked, has nothing that could be waited for.
            if old.try_send(ask(reply)).is_ok() {
                answers.push(answer);
            }
        }
        (ask(reply), answers)
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
        let (channels, stale) = (self.channels.clone(), self.replies.questions.len());
        let (ask, questions) = mpsc::channel(QUESTIONS);
        self.retired.retain(|old| !old.is_closed());
        self.retired.push(ask);
        while self.retiring.try_join_next().is_some() {}
        self.retiring.spawn(async move {
            let _ = reply.send(Ok(retire(old, plan, pid, &channels, questions, stale).await));
        });
    }
}

type Reply<T> = oneshot::Sender<Result<T>>;
type Answer<T> = oneshot::Receiver<Result<T>>;

/// Adds up what the processes answered, of which the first is the one that serves; the others may end meanwhile.
async fn add_up<T>(answers: Vec<Answer<T>>, mut add: impl FnMut(T)) -> Result<()> {
    let mut served = Err(Error::Stopped);
    for (at, answer) in answers.into_iter().enumerate() {
        match (at, answer.await) {
            (0, Ok(answer)) => served = answer.map(&mut add),
            (_, Ok(Ok(answer))) => add(answer),
            _ => {}
        }
    }
    served
}
