//! The table in force, with everything that its routes need while they run.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};

use super::counters::Counters;
use super::pool::{Upstream, Upstreams};
use crate::error::{Error, Result};
use crate::stats::RouteStats;
use crate::table::{Matcher, Route, RoutingTable, Target};
use crate::wire::Settings;

/// Counters of routes that left the table are kept up to this many, in case the route comes back.
const FORMER_ROUTES: usize = 256;

/// What outlives a table under a route's name.
pub(crate) struct RouteState {
    /// One per worker.
    pub(crate) counters: Box<[Counters]>,
    /// Requests that wait.
    pub(crate) waiting: AtomicU32,
}

/// A route of the table in force.
pub(crate) struct LiveRoute {
    pub(crate) route: Route,
    pub(crate) groups: Box<[LiveGroup]>,
    pub(crate) total_weight: u32,
    pub(crate) state: Arc<RouteState>,
}

/// A group of upstreams that takes part.
pub(crate) struct LiveGroup {
    pub(crate) weight: u32,
    pub(crate) upstreams: Box<[Arc<Upstream>]>,
}

/// The table in force.
#[derive(Default)]
pub(crate) struct LiveTable {
    pub(crate) generation: u64,
    pub(crate) matcher: Matcher,
    pub(crate) routes: Vec<Arc<LiveRoute>>,
    pub(crate) trusted_proxies: Vec<IpAddr>,
}

impl LiveTable {
    /// The table as it came.
    pub(crate) fn to_table(&self) -> RoutingTable {
        RoutingTable {
            generation: self.generation,
            routes: self.routes.iter().map(|live| live.route.clone()).collect(),
            trusted_proxies: self.trusted_proxies.clone(),
        }
    }
}

/// What tables are made live with.
#[derive(Default)]
pub(crate) struct Registry {
    upstreams: Upstreams,
    states: Mutex<HashMap<String, Arc<RouteState>>>,
}

impl Registry {
    pub(crate) fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    fn states(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<RouteState>>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state kept under a route's name.
    fn state(&self, name: &str, workers: usize) -> Arc<RouteState> {
        let mut states = self.states();
        let state = states.entry(name.to_owned()).or_insert_with(|| {
            let counters = (0..workers).map(|_| Counters::default()).collect();
            Arc::new(RouteState { counters, waiting: AtomicU32::new(0) })
        });
        Arc::clone(state)
    }

    /// Makes a table live: checks it, finds its upstreams and counters.
    pub(crate) fn make_live(
        &self,
        table: RoutingTable,
        workers: usize,
        settings: &Settings,
    ) -> Result<LiveTable> {
        check(&table)?;
        let matcher = Matcher::new(&table.routes);
        let live = |route: Route| {
            let groups: Box<[LiveGroup]> = match &route.target {
                Target::Upstreams(balance) => {
                    let part =
                        balance.groups.iter().filter(|group| group.weight > 0 && !group.upstreams.is_empty());
                    part.map(|group| LiveGroup {
                        weight: group.weight,
                        upstreams: group
                            .upstreams
                            .iter()
                            .map(|address| self.upstreams.get(address, workers, settings))
                            .collect(),
                    })
                    .collect()
                }
                _ => Box::default(),
            };
            let total_weight = groups.iter().fold(0_u32, |sum, group| sum.saturating_add(group.weight));
            let state = self.state(&route.name, workers);
            Arc::new(LiveRoute { route, groups, total_weight, state })
        };
        let routes: Vec<_> = table.routes.into_iter().map(live).collect();
        self.forget_former(&routes);
        Ok(LiveTable {
            generation: table.generation,
            matcher,
            routes,
            trusted_proxies: table.trusted_proxies,
        })
    }

    fn forget_former(&self, routes: &[Arc<LiveRoute>]) {
        let mut states = self.states();
        if states.len() > routes.len() + FORMER_ROUTES {
            // Of a name in use, the live route holds the state too.
            states.retain(|_, state| Arc::strong_count(state) > 1);
        }
    }

    /// The counts of every route that was ever in force, unless forgotten.
    pub(crate) fn stats(&self) -> std::collections::BTreeMap<String, RouteStats> {
        let states = self.states();
        let count = |(name, state): (&String, &Arc<RouteState>)| {
            let mut stats = RouteStats::default();
            state.counters.iter().for_each(|counters| counters.add_to(&mut stats));
            (name.clone(), stats)
        };
        states.iter().map(count).collect()
    }
}

fn check(table: &RoutingTable) -> Result<()> {
    let mut names = std::collections::HashSet::new();
    for route in &table.routes {
        let wrong = |problem: &str| Error::Table { route: route.name.clone(), problem: problem.to_owned() };
        if route.name.is_empty() {
            return Err(wrong("it has no name"));
        }
        if !names.insert(&route.name) {
            return Err(wrong("the name is used twice"));
        }
        if let Target::Redirect(redirect) = &route.target
            && http::HeaderValue::from_str(&redirect.to).is_err()
        {
            return Err(wrong("the address to redirect to has characters that no header may have"));
        }
        if let Target::Static(site) = &route.target
            && !site.root.is_absolute()
        {
            return Err(wrong("the folder of a static site must be an absolute path"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Balance, Group, RouteOptions, UpstreamAddress};

    fn table(name: &str, port: u16) -> RoutingTable {
        let upstreams = vec![UpstreamAddress::Tcp(([127, 0, 0, 1], port).into())];
        let groups = vec![Group { name: "a".into(), weight: 1, upstreams }];
        let route = Route {
            name: name.into(),
            service: name.into(),
            listeners: vec![],
            host: crate::table::HostPattern::Any,
            path: "/".parse().unwrap(),
            target: Target::Upstreams(Balance { groups }),
            options: RouteOptions::default(),
        };
        RoutingTable { generation: 1, routes: vec![route], trusted_proxies: vec![] }
    }

    #[test]
    fn counters_and_connections_outlive_a_table() {
        let registry = Registry::default();
        let settings = Settings::default();
        let first = registry.make_live(table("api", 4000), 1, &settings).unwrap();
        first.routes[0].state.counters[0].begin();
        let second = registry.make_live(table("api", 4000), 1, &settings).unwrap();
        assert!(Arc::ptr_eq(
            &first.routes[0].groups[0].upstreams[0],
            &second.routes[0].groups[0].upstreams[0]
        ));
        drop(first);
        assert_eq!(registry.stats()["api"].requests, 1);
    }

    #[test]
    fn tables_that_cannot_work_are_refused() {
        let registry = Registry::default();
        let mut twice = table("api", 4000);
        twice.routes.push(twice.routes[0].clone());
        assert!(registry.make_live(twice, 1, &Settings::default()).is_err());
        assert!(registry.make_live(table("", 4000), 1, &Settings::default()).is_err());
    }
}
