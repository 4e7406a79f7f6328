//! A proxy as the control process has it: started or adopted, told what to do, asked what it counted.

use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::keeper::{Channels, Keeper, Request};
use super::listener::Listener;
use super::process::{Process, ProxyOptions};
use super::question::Question;
use super::survivor::Survivor;
use crate::error::{Error, Result};
use crate::stats::{AccessEvent, FailedRequest, Flight, SplitSecond, StatsReport};
use crate::table::RoutingTable;
use crate::wire::DrainPlan;

/// Orders that wait; whoever gives more waits.
const ORDERS: usize = 16;
/// Batches of access events that a slow reader may be behind; it is told how many it missed.
const ACCESSES: usize = 64;
/// Batches of seconds that a slow reader may be behind: a process sends about one in a second.
const SECONDS: usize = 256;

/// What runs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyState {
    /// The process that serves; `None` between the death of one and the start of the next.
    pub pid: Option<u32>,
    /// How many died and were started again. Those that were replaced do not count.
    pub deaths: u64,
    /// Why the last attempt to start one failed, while none runs.
    pub problem: Option<String>,
}

/// How the replaced process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainReport {
    /// The process that serves now.
    pub pid: u32,
    /// Connections of the old one that were cut off at the deadline.
    pub cut: u64,
    /// What the old one had counted in the end, if it could say.
    pub stats: Option<Box<StatsReport>>,
}

/// A proxy that is kept alive. Dropping it ends the proxy, unless that is to linger
/// ([`OnControlLoss::Serve`](crate::wire::OnControlLoss::Serve)).
pub struct Proxy {
    requests: mpsc::Sender<Request>,
    channels: Channels,
    state: watch::Receiver<ProxyState>,
    keeper: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy on these sockets and waits until it serves `table`.
    pub async fn start(options: ProxyOptions, listeners: Vec<Listener>, table: RoutingTable) -> Result<Self> {
        let process = Process::start(&options, &listeners, &table).await?;
        Ok(Self::keep(options, listeners, table, process, Vec::new()))
    }

    /// Takes over a proxy whose control process is gone, and waits until it serves `table`: the caller's own, or
    /// [`Survivor::table`] until it has one.
    ///
    /// Its listening sockets come with it. `options` are for the processes that follow it. Where it is of a version that
    /// speaks otherwise, one follows at once.
    ///
    /// # Errors
    ///
    /// Those of [`Proxy::start`]; the survivor then goes on to wait for a control process.
    pub async fn adopt(options: ProxyOptions, survivor: Survivor, table: RoutingTable) -> Result<Self> {
        let Survivor { mut process, listeners, is_understood, mut others, .. } = survivor;
        let served = if is_understood { process.serve(&table).await } else { Err(Error::Disconnected) };
        match served {
            Ok(()) => {}
            // It died just now, or does not know what it was told.
            Err(Error::Disconnected | Error::Control(_) | Error::Protocol(_)) => {
                let next = Process::start(&options, &listeners, &table).await?;
                others.push(std::mem::replace(&mut process, next));
            }
            Err(error) => return Err(error),
        }
        Ok(Self::keep(options, listeners, table, process, others))
    }

    fn keep(
        options: ProxyOptions,
        listeners: Vec<Listener>,
        table: RoutingTable,
        process: Process,
        retired: Vec<Process>,
    ) -> Self {
        let (requests, orders) = mpsc::channel(ORDERS);
        let channels =
            Channels { accesses: broadcast::Sender::new(ACCESSES), seconds: broadcast::Sender::new(SECONDS) };
        let state = watch::Sender::new(ProxyState { pid: Some(process.pid), deaths: 0, problem: None });
        let watched = state.subscribe();
        let keeper = Keeper::new(options, listeners, table, orders, channels.clone(), state);
        let keeper = tokio::spawn(keeper.run(process, retired));
        Self { requests, channels, state: watched, keeper }
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| Error::Stopped)?;
        answer.await.map_err(|_| Error::Stopped)
    }

    /// Replaces the routing table and waits until it is in force.
    pub async fn set_table(&self, table: RoutingTable) -> Result<()> {
        self.ask(|reply| Request::Table(table, reply)).await?
    }

    /// What the process that runs now has counted.
    pub async fn stats(&self) -> Result<StatsReport> {
        self.ask(|reply| Request::Ask(Question::Stats(reply))).await?
    }

    /// Makes the weight of a split hold so long from now.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseOver`] where it does not hold any more, or there is no such split.
    pub async fn renew_lease(&self, split: impl Into<String>, lease: Duration) -> Result<()> {
        let split = split.into();
        self.ask(|reply| Request::Ask(Question::RenewLease { split, lease, reply })).await?
    }

    /// The last requests that the canary of a split failed, oldest first, 20 at most: of the process that runs now, and
    /// for as long as the split is in the table.
    pub async fn evidence(&self, split: impl Into<String>) -> Result<Vec<FailedRequest>> {
        let split = split.into();
        self.ask(|reply| Request::Ask(Question::Evidence { split, reply })).await?
    }

    /// What is under way at the instances of a group, whether a table names it or not; also in processes that this one
    /// replaced and that drain.
    pub async fn flight(&self, group: impl Into<String>) -> Result<Flight> {
        let group = group.into();
        self.ask(|reply| Request::Ask(Question::Flight { group, reply })).await?
    }

    /// Ends what lasts at the instances of a group: upgraded connections are closed, event streams end. Says how many
    /// there were; they are gone a moment later.
    pub async fn end_streams(&self, group: impl Into<String>) -> Result<u64> {
        let group = group.into();
        self.ask(|reply| Request::Ask(Question::EndStreams { group, reply })).await?
    }

    /// What is counted of splits from now on, every second; what was counted while nobody read comes first. All of a
    /// split that a table ends comes before [`Proxy::set_table`] returns.
    pub async fn watch_seconds(&self) -> Result<broadcast::Receiver<Vec<SplitSecond>>> {
        let receiver = self.channels.seconds.subscribe();
        self.requests.send(Request::WatchSeconds).await.map_err(|_| Error::Stopped)?;
        Ok(receiver)
    }

    /// Starts a new process on the same sockets, waits until it is ready, then drains and ends the old one.
    pub async fn replace(&self, plan: DrainPlan) -> Result<DrainReport> {
        self.ask(|reply| Request::Replace(plan, reply)).await?
    }

    /// The requests that are answered from now on, in batches, for as long as someone reads. A reader that is slow misses some
    /// and is told how many batches.
    pub async fn watch_accesses(&self) -> Result<broadcast::Receiver<Vec<AccessEvent>>> {
        let receiver = self.channels.accesses.subscribe();
        self.requests.send(Request::WatchAccesses).await.map_err(|_| Error::Stopped)?;
        Ok(receiver)
    }

    /// What runs, and every change of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<ProxyState> {
        self.state.clone()
    }

    /// Ends the proxy at once and closes the listening sockets.
    pub async fn stop(mut self) {
        let _ = self.ask(Request::Stop).await;
        let _ = (&mut self.keeper).await;
    }
}

impl Proxy {
    /// Goes away and leaves the proxy to the next control process, which finds it by [`Survivor::find`]. One that is not
    /// to linger ends.
    pub async fn leave(mut self) {
        let _ = self.ask(Request::Leave).await;
        let _ = (&mut self.keeper).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The process goes the way it is to go when the task that owns it is gone.
        self.keeper.abort();
    }
}
