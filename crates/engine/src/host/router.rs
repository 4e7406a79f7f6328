//! Keeps the proxy running and its table true.

use std::sync::Arc;
use std::time::Duration;

use seaworthy_proxy::control::{Listener, Proxy, ProxyOptions};
use seaworthy_proxy::table::RoutingTable;
use seaworthy_proxy::wire::Settings;
use seaworthy_supervise::log::reader;
use seaworthy_supervise::log::{Stream, ansi};

use tokio::sync::watch;

use crate::host::routes;
use crate::host::shared::{Ending, Shared};
use crate::host::{PROXY_ARGUMENT, metrics};
use crate::view::ProblemView;

/// Lines of its log that the page of a service that is down shows.
const LINES: usize = 20;

/// Runs until all members are stopped; then the proxy ends before this does, and nothing of the run is left.
pub(crate) async fn run(shared: Arc<Shared>, listener: Listener) {
    let mut statuses = shared.supervisor.board().changes();
    let mut noted = shared.noted();
    let mut current = table(&shared, 1);
    let options = ProxyOptions {
        program: shared.options.program.clone(),
        arguments: vec![PROXY_ARGUMENT.into()],
        // Two threads are more than a development machine needs, and each costs memory.
        settings: Settings { workers: 2, ..Settings::default() },
    };
    let proxy = match Proxy::start(options, vec![listener], current.clone()).await {
        Ok(proxy) => proxy,
        Err(error) => {
            let message = format!("the proxy does not run, so only the services' own ports answer: {error}");
            return shared.add_problem(
                "proxy",
                ProblemView {
                    code: "proxy-not-running".to_owned(),
                    message,
                    next: None,
                    members: Vec::new(),
                },
            );
        }
    };
    let mut sample = tokio::time::interval(metrics::EVERY);
    sample.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ending = shared.ending.subscribe();
    loop {
        tokio::select! {
            () = over(&mut ending) => return proxy.stop().await,
            changed = statuses.changed() => if changed.is_err() { return },
            changed = noted.changed() => if changed.is_err() { return },
            _ = sample.tick() => {
                // A proxy that just died is started again; its counts begin anew.
                if let Ok(Ok(stats)) = tokio::time::timeout(Duration::from_secs(1), proxy.stats()).await {
                    shared.metrics.count(stats.routes);
                }
                continue;
            }
        }
        let next = table(&shared, current.generation);
        if next != current {
            current = RoutingTable { generation: current.generation + 1, ..next };
            // A refused table cannot be: hosts and paths were parsed. A proxy that dies meanwhile gets it on its return.
            let _ = proxy.set_table(current.clone()).await;
        }
    }
}

/// All members are stopped.
async fn over(ending: &mut watch::Receiver<Ending>) {
    // The sender lives as long as the run does.
    let _ = ending.wait_for(|ending| *ending == Ending::Over).await;
}

fn table(shared: &Shared, generation: u64) -> RoutingTable {
    let served = shared.served();
    let dashboard = shared.dashboard_url();
    let board = shared.supervisor.board();
    let lines = |name: &str| {
        let log = shared.facts_of(name).and_then(|facts| facts.log);
        let page = log.and_then(|log| reader::last(&log, LINES, |record| record.stream != Stream::Sea).ok());
        let records = page.map(|page| page.records).unwrap_or_default();
        records.iter().map(|record| ansi::strip(&record.text).into_owned()).collect()
    };
    let status = |name: &str| board.get(name).unwrap_or_default();
    routes::table(generation, &shared.host_name(), &served, dashboard.as_deref(), status, lines)
}
