//! The table in force, with everything that its routes need while they run.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};

use super::counters::Counters;
use super::pool::{Upstream, Upstreams};
use super::split::{LiveSplit, Splits};
use super::tls::{Configs, LiveTls};
use crate::error::{Error, Result};
use crate::stats::RouteStats;
use crate::table::{Matcher, Route, RoutingTable, SplitTable, Target};
use crate::wire::Settings;
use seaworthy_rollout::Arm;

/// Counters of routes that left the table are kept up to this many, in case the route comes back.
const FORMER_ROUTES: usize = 256;

/// What outlives a table under a route's name.
pub(crate) struct RouteState {
    pub(crate) name: Box<str>,
    /// One per worker.
    pub(crate) counters: Box<[Counters]>,
    /// Requests that wait.
    pub(crate) waiting: AtomicU32,
}

impl RouteState {
    pub(crate) fn new(name: &str, workers: usize) -> Self {
        let counters = (0..workers).map(|_| Counters::default()).collect();
        Self { name: name.into(), counters, waiting: AtomicU32::new(0) }
    }
}

/// A route of the table in force.
pub(crate) struct LiveRoute {
    pub(crate) route: Route,
    /// Of its target; of a split, of the stable arm.
    pub(crate) groups: LiveGroups,
    pub(crate) split: Option<Box<RouteSplit>>,
    /// Whether the table has splits, so that clients may send what is for us alone.
    pub(crate) strips: bool,
    pub(crate) state: Arc<RouteState>,
}

impl LiveRoute {
    /// What answers in an arm.
    pub(crate) fn arm(&self, arm: Arm) -> (&Target, &LiveGroups) {
        let target = match &self.route.target {
            Target::Split(arms) => arms.arm(arm),
            target => target,
        };
        match (arm, &self.split) {
            (Arm::Canary, Some(split)) => (target, &split.canary),
            _ => (target, &self.groups),
        }
    }
}

/// The part that a route takes in a split.
pub(crate) struct RouteSplit {
    pub(crate) split: Arc<LiveSplit>,
    pub(crate) canary: LiveGroups,
}

/// The groups of a target that take part.
#[derive(Default)]
pub(crate) struct LiveGroups {
    pub(crate) groups: Box<[LiveGroup]>,
    pub(crate) total_weight: u32,
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
    pub(crate) splits: Vec<Arc<LiveSplit>>,
    pub(crate) tls: Option<LiveTls>,
}

impl LiveTable {
    /// The split of a name.
    pub(crate) fn split(&self, name: &str) -> Option<&Arc<LiveSplit>> {
        self.splits.iter().find(|split| split.table.name == name)
    }

    /// The table as it is by now: with what is left of its leases.
    pub(crate) fn to_table_of_now(&self) -> RoutingTable {
        self.to_table().with_leases(|split| self.split(&split.name).and_then(|live| live.lease.left()))
    }

    /// The table as it came.
    pub(crate) fn to_table(&self) -> RoutingTable {
        RoutingTable {
            generation: self.generation,
            routes: self.routes.iter().map(|live| live.route.clone()).collect(),
            trusted_proxies: self.trusted_proxies.clone(),
            splits: self.splits.iter().map(|live| live.table.clone()).collect(),
            tls: self.tls.as_ref().map(|live| live.table.clone()),
        }
    }
}

/// What tables are made live with.
#[derive(Default)]
pub(crate) struct Registry {
    upstreams: Upstreams,
    states: Mutex<HashMap<String, Arc<RouteState>>>,
    splits: Splits,
    configs: Configs,
}

impl Registry {
    pub(crate) fn splits(&self) -> &Splits {
        &self.splits
    }

    pub(crate) fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    fn states(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<RouteState>>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state kept under a route's name.
    fn state(&self, name: &str, workers: usize) -> Arc<RouteState> {
        let mut states = self.states();
        let state = states.entry(name.to_owned()).or_insert_with(|| Arc::new(RouteState::new(name, workers)));
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
        // Before anything that outlives a table that is refused.
        let tls = self.configs.make_live(table.tls)?;
        let matcher = Matcher::new(&table.routes);
        let splits = self.splits.make_live(table.splits, workers);
        let live = |route: Route| {
            let groups = |target: &Target| self.groups(target, workers, settings);
            let (groups, split) = match &route.target {
                Target::Split(arms) => {
                    // The table was checked to have every split that its routes name.
                    let split = splits.iter().find(|live| live.table.name == arms.split);
                    let canary = groups(&arms.canary);
                    let part = split.map(|split| Box::new(RouteSplit { split: Arc::clone(split), canary }));
                    (groups(&arms.stable), part)
                }
                target => (groups(target), None),
            };
            let state = self.state(&route.name, workers);
            Arc::new(LiveRoute { route, groups, split, strips: !splits.is_empty(), state })
        };
        let routes: Vec<_> = table.routes.into_iter().map(live).collect();
        self.forget_former(&routes);
        Ok(LiveTable {
            generation: table.generation,
            matcher,
            routes,
            trusted_proxies: table.trusted_proxies,
            splits,
            tls,
        })
    }

    fn groups(&self, target: &Target, workers: usize, settings: &Settings) -> LiveGroups {
        let Target::Upstreams(balance) = target else { return LiveGroups::default() };
        let part = balance.groups.iter().filter(|group| group.weight > 0 && !group.upstreams.is_empty());
        let groups: Box<[LiveGroup]> = part
            .map(|group| LiveGroup {
                weight: group.weight,
                upstreams: group
                    .upstreams
                    .iter()
                    .map(|instance| self.upstreams.get(&group.name, instance, workers, settings))
                    .collect(),
            })
            .collect();
        let total_weight = groups.iter().fold(0_u32, |sum, group| sum.saturating_add(group.weight));
        LiveGroups { groups, total_weight }
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
    check_splits(&table.splits)?;
    let mut names = std::collections::HashSet::new();
    for route in &table.routes {
        let wrong = |problem: &str| Error::Table { route: route.name.clone(), problem: problem.to_owned() };
        if route.name.is_empty() {
            return Err(wrong("it has no name"));
        }
        if !names.insert(&route.name) {
            return Err(wrong("the name is used twice"));
        }
        let arms = match &route.target {
            Target::Split(arms) => {
                if !table.splits.iter().any(|split| split.name == arms.split) {
                    return Err(wrong(&format!("there is no split `{}` in the table", arms.split)));
                }
                [&arms.stable, &arms.canary]
            }
            target => [target, target],
        };
        for target in arms {
            match target {
                Target::Redirect(redirect) if http::HeaderValue::from_str(&redirect.to).is_err() => {
                    return Err(wrong("the address to redirect to has characters that no header may have"));
                }
                Target::Static(site) if !site.root.is_absolute() => {
                    return Err(wrong("the folder of a static site must be an absolute path"));
                }
                Target::Static(site) if site.older.iter().any(|folder| !folder.is_absolute()) => {
                    return Err(wrong("the folders of older files must be absolute paths"));
                }
                Target::Split(_) => return Err(wrong("an arm of a split is a split in its turn")),
                _ => {}
            }
        }
    }
    Ok(())
}

fn check_splits(splits: &[SplitTable]) -> Result<()> {
    let mut names = std::collections::HashSet::new();
    for split in splits {
        let wrong = |problem: &str| Error::Split { split: split.name.clone(), problem: problem.to_owned() };
        if split.name.is_empty() {
            return Err(wrong("it has no name"));
        }
        if !names.insert(&split.name) {
            return Err(wrong("the name is used twice"));
        }
        if split.stable == split.canary {
            return Err(wrong("both arms are the same release"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use seaworthy_rollout::{ReleaseId, Weight};

    use super::*;
    use crate::table::{Balance, Group, RouteOptions, SplitTarget, UpstreamAddress};

    fn table(name: &str, port: u16) -> RoutingTable {
        let upstreams = vec![UpstreamAddress::Tcp(([127, 0, 0, 1], port).into()).into()];
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
        RoutingTable { generation: 1, routes: vec![route], ..RoutingTable::default() }
    }

    #[test]
    fn counters_and_connections_outlive_a_table() {
        let registry = Registry::default();
        let settings = Settings::default();
        let first = registry.make_live(table("api", 4000), 1, &settings).unwrap();
        first.routes[0].state.counters[0].begin();
        let second = registry.make_live(table("api", 4000), 1, &settings).unwrap();
        assert!(Arc::ptr_eq(
            &first.routes[0].groups.groups[0].upstreams[0],
            &second.routes[0].groups.groups[0].upstreams[0]
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

    fn with_split(arms: impl FnOnce(Target) -> SplitTarget) -> RoutingTable {
        let mut table = table("api", 4000);
        let target = std::mem::replace(&mut table.routes[0].target, Target::Upstreams(Balance::default()));
        table.routes[0].target = Target::Split(Box::new(arms(target)));
        table.splits.push(SplitTable {
            name: "shop".into(),
            key: [1; 32].into(),
            stable: ReleaseId::new("r1"),
            canary: ReleaseId::new("r2"),
            weight: Weight::percent(10),
            lease: Some(std::time::Duration::from_hours(1)),
            expired: vec![],
            secure: false,
        });
        table
    }

    fn split(name: &str, arm: Target) -> SplitTarget {
        SplitTarget { split: name.into(), stable: arm.clone(), canary: arm }
    }

    #[test]
    fn splits_that_cannot_work_are_refused() {
        let refused = |table: RoutingTable| {
            let refused = Registry::default().make_live(table, 1, &Settings::default());
            refused.err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(refused(with_split(|target| split("shop", target))), "");
        let unknown = refused(with_split(|target| split("other", target)));
        assert!(unknown.contains("`api`") && unknown.contains("no split `other`"), "{unknown}");
        let nested = |target| split("shop", Target::Split(Box::new(split("shop", target))));
        assert!(refused(with_split(nested)).contains("a split in its turn"));
        let folder = |target: Target| {
            let older = vec!["relative".into()];
            let site = crate::table::StaticSite { root: "/srv".into(), spa_fallback: None, older };
            SplitTarget { split: "shop".into(), stable: target, canary: Target::Static(site) }
        };
        assert!(refused(with_split(folder)).contains("absolute"));
        let mut twice = with_split(|target| split("shop", target));
        twice.splits.push(twice.splits[0].clone());
        assert!(refused(twice).contains("used twice"));
        let mut same = with_split(|target| split("shop", target));
        same.splits[0].canary = same.splits[0].stable.clone();
        assert!(refused(same).contains("the same release"));
    }

    #[test]
    fn a_successor_is_told_what_is_left_of_a_lease() {
        let registry = Registry::default();
        let table = with_split(|target| split("shop", target));
        let live = registry.make_live(table.clone(), 1, &Settings::default()).unwrap();
        assert_eq!(live.to_table(), table);
        let now = live.to_table_of_now();
        assert!(
            now.splits[0].lease < table.splits[0].lease && now.splits[0].weight == table.splits[0].weight
        );
        let counts = Arc::clone(&live.splits[0].counts);
        let again = registry.make_live(now, 1, &Settings::default()).unwrap();
        assert!(Arc::ptr_eq(&counts, &again.splits[0].counts), "the same split goes on counting");
    }
}
