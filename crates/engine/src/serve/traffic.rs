//! What the proxy is told of one app in one environment: pure.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_model::Name;
use seaworthy_proxy::table::{
    Balance, Group, Hold, Holding, HoldingState, HostPattern, Instance, PathPrefix, Route, RouteOptions,
    StaticSite, Target, UpstreamAddress,
};
use seaworthy_rollout::{ReleaseId, Weight};

/// Requests wait for so long while writers change places or a migration runs, then they get 503.
const HOLD: Hold = Hold { max_wait: Duration::from_secs(30), max_requests: 10_000 };
/// When a page that says "not now" is to be asked again.
const RETRY: Duration = Duration::from_secs(5);

/// What serves of one release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Serving {
    /// The release.
    pub(super) release: Option<ReleaseId>,
    /// Its services that are reached from outside.
    pub(super) services: BTreeMap<Name, Served>,
}

/// One service that is reached from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    /// The public host and path of the model.
    pub(super) route: Option<String>,
    /// What answers.
    pub(super) by: By,
}

/// What answers for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Instances.
    Instances(Vec<Endpoint>),
    /// Files.
    Files {
        /// The folder.
        root: PathBuf,
        /// Unknown paths get `index.html`.
        is_spa: bool,
    },
}

/// An instance that takes requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Its name, under which the proxy counts what it has under way.
    pub(super) name: String,
    /// Its port on this machine.
    pub(super) port: u16,
    /// When it was started, in milliseconds since 1970.
    pub(super) born: u64,
}

/// What the proxy is told of one app in one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// The release that served before.
    pub(super) stable: Serving,
    /// The new release, while there is one.
    pub(super) canary: Option<Serving>,
    /// The new release's share.
    pub(super) weight: Weight,
    /// Unless it is renewed within this time, the proxy takes the share back.
    pub(super) lease: Option<Duration>,
    /// Requests wait.
    pub(super) held: bool,
    /// Visitors get a page that says so.
    pub(super) maintenance: bool,
    /// The public domain.
    pub(super) domain: Option<String>,
    /// Canaries whose cookies are taken back.
    pub(super) expired: Vec<ReleaseId>,
    /// Files of releases before, for pages that were loaded from them.
    pub(super) older: BTreeMap<Name, Vec<PathBuf>>,
}

impl Traffic {
    /// Whether it is reached at a host.
    pub(super) fn is_at(&self, host: &str) -> bool {
        let named = |served: &Served| {
            served.route.as_deref().is_some_and(|route| route.split('/').next() == Some(host))
        };
        let both = std::iter::once(&self.stable).chain(&self.canary);
        self.domain.as_deref() == Some(host) || both.flat_map(|serving| serving.services.values()).any(named)
    }

    /// There is a release beside the one that served before. Also without any share, and with all of it: what is counted
    /// while the old release is warm is what the watch goes by, and cookies are taken back when it is aborted.
    pub(super) fn is_split(&self) -> bool {
        self.canary.is_some() && self.stable.release.is_some()
    }

    /// The release that gets all of what is not split.
    fn main(&self) -> &Serving {
        match &self.canary {
            Some(canary) if self.weight == Weight::ALL => canary,
            _ => &self.stable,
        }
    }
}

/// The hosts that an environment answers to.
fn hosts(app: &Name, environment: &Name, traffic: &Traffic, is_only: bool) -> Vec<HostPattern> {
    let mut hosts: Vec<HostPattern> = Vec::new();
    hosts.extend(traffic.domain.iter().filter_map(|domain| domain.parse().ok()));
    // Names below `localhost` lead to this machine, so it can be looked at without any DNS.
    hosts.extend(format!("{environment}.{app}.localhost").parse());
    if is_only {
        hosts.push(HostPattern::Any);
    }
    hosts
}

/// The routes of an environment. `split` names what says who goes where, when both releases get requests; `is_only`: it
/// is the only one on the host, so it answers to every name.
pub(super) fn routes(
    app: &Name,
    environment: &Name,
    traffic: &Traffic,
    is_only: bool,
    split: impl Fn(Target, Target) -> Target,
) -> Vec<Route> {
    let main = traffic.main();
    let mut services: Vec<&Name> = main.services.keys().collect();
    if traffic.is_split() {
        services.extend(traffic.canary.iter().flat_map(|canary| canary.services.keys()));
        services.sort();
        services.dedup();
    }
    let both: Vec<&Serving> = std::iter::once(main).chain(&traffic.canary).collect();
    let fronts: Vec<Option<&Name>> = both.iter().map(|serving| front(serving)).collect();
    let mut routes = Vec::new();
    for name in services {
        let Some(served) = both.iter().find_map(|serving| serving.services.get(name)) else { continue };
        let is_front = fronts.contains(&Some(name));
        let path = match &served.route {
            _ if is_front => "/",
            Some(route) => route.find('/').map_or("/", |at| &route[at..]),
            None => continue,
        };
        let Ok(path) = path.parse::<PathPrefix>() else { continue };
        let target = if traffic.maintenance {
            holding(HoldingState::Maintenance, "It is being worked on and will be back soon.")
        } else if traffic.held {
            holding(HoldingState::Restarting, "")
        } else {
            let target_in = |serving: &Serving| target(serving.services.get(name), traffic.older.get(name));
            match &traffic.canary {
                Some(canary) if traffic.is_split() => split(target_in(&traffic.stable), target_in(canary)),
                _ => target_in(main),
            }
        };
        // A route that names its host answers there; the others at the environment's own.
        let own = served.route.as_deref().filter(|route| !route.starts_with('/') && !is_front);
        let own = own.and_then(|route| route.split('/').next()?.parse().ok());
        let hosts = own.map_or_else(|| hosts(app, environment, traffic, is_only), |host| vec![host]);
        for (number, host) in hosts.into_iter().enumerate() {
            routes.push(Route {
                name: format!("{app}.{environment}.{name}@{number}"),
                service: name.to_string(),
                listeners: Vec::new(),
                host,
                path: path.clone(),
                target: target.clone(),
                options: RouteOptions { hold: Some(HOLD), ..RouteOptions::default() },
            });
        }
    }
    routes
}

/// The service that answers where no other does: the one with the route `/`, else the only one there is.
fn front(serving: &Serving) -> Option<&Name> {
    let is_root = |served: &Served| served.route.as_deref() == Some("/");
    let root = serving.services.iter().find(|(_, served)| is_root(served)).map(|(name, _)| name);
    let mut names = serving.services.keys();
    let only = names.next().filter(|_| names.next().is_none());
    root.or(only)
}

fn target(served: Option<&Served>, older: Option<&Vec<PathBuf>>) -> Target {
    match served.map(|served| &served.by) {
        Some(By::Files { root, is_spa }) => Target::Static(StaticSite {
            older: older.cloned().unwrap_or_default(),
            root: root.clone(),
            spa_fallback: is_spa.then(|| "index.html".to_owned()),
        }),
        // Nothing that passes: all of its instances are gone, and the supervisor starts them again.
        Some(By::Instances(endpoints)) if endpoints.is_empty() => holding(HoldingState::Restarting, ""),
        Some(By::Instances(endpoints)) => Target::Upstreams(Balance {
            groups: endpoints
                .iter()
                .map(|endpoint| Group {
                    name: endpoint.name.clone(),
                    weight: 1,
                    upstreams: vec![Instance {
                        address: UpstreamAddress::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, endpoint.port))),
                        born: Some(endpoint.born),
                    }],
                })
                .collect(),
        }),
        None => holding(HoldingState::Stopped, "This part is not in the release that serves now."),
    }
}

fn holding(state: HoldingState, message: &str) -> Target {
    Target::Holding(Holding { state, message: message.to_owned(), log_lines: Vec::new(), retry: RETRY })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn serving(release: &str, services: &[(&str, Option<&str>, u16)]) -> Serving {
        let served = |(service, route, port): &(&str, Option<&str>, u16)| {
            let endpoint = Endpoint { name: format!("{service}.{release}"), port: *port, born: 0 };
            let by = By::Instances(vec![endpoint]);
            (name(service), Served { route: route.map(str::to_owned), by })
        };
        Serving { release: Some(ReleaseId::new(release)), services: services.iter().map(served).collect() }
    }

    fn table(traffic: &Traffic) -> Vec<String> {
        let split = |stable: Target, canary: Target| {
            assert_ne!(stable, canary);
            holding(HoldingState::Down, "both")
        };
        routes(&name("shop"), &name("production"), traffic, false, split)
            .iter()
            .map(|route| {
                let to = match &route.target {
                    Target::Upstreams(balance) => balance.groups[0].name.clone(),
                    Target::Holding(holding) => format!("{:?} {}", holding.state, holding.message),
                    other => panic!("{other:?}"),
                };
                format!("{}{} -> {to}", route.host, String::from(route.path.clone()))
            })
            .collect()
    }

    #[test]
    fn the_new_release_gets_its_share_then_everything() {
        let stable = serving("a", &[("api", Some("/api"), 1), ("web", Some("/"), 2), ("inner", None, 3)]);
        let canary = serving("b", &[("api", Some("/api"), 4), ("web", Some("/"), 5)]);
        let domain = Some("shop.example".to_owned());
        let mut traffic = Traffic { stable, domain, ..Traffic::default() };
        let own = "production.shop.localhost";
        assert_eq!(
            table(&traffic),
            [
                "shop.example/api -> api.a".to_owned(),
                format!("{own}/api -> api.a"),
                "shop.example/ -> web.a".to_owned(),
                format!("{own}/ -> web.a"),
            ]
        );
        traffic.canary = Some(canary);
        traffic.weight = Weight::percent(10);
        assert_eq!(table(&traffic)[0], "shop.example/api -> Down both");
        traffic.weight = Weight::ALL;
        assert_eq!(table(&traffic)[0], "shop.example/api -> Down both", "it is watched");
        traffic.stable = Serving::default();
        assert_eq!(
            table(&traffic)[0],
            "shop.example/api -> api.b",
            "the first release has nothing beside it"
        );
        traffic.held = true;
        assert_eq!(table(&traffic)[0], "shop.example/api -> Restarting ");
        traffic.maintenance = true;
        assert!(table(&traffic)[0].contains("worked on"));
    }

    #[test]
    fn a_route_with_a_host_answers_there_and_the_only_service_everywhere() {
        let stable = serving("a", &[("api", Some("api.shop.example/v1"), 1), ("web", Some("/"), 2)]);
        let traffic = Traffic { stable, ..Traffic::default() };
        assert_eq!(table(&traffic), ["api.shop.example/v1 -> api.a", "production.shop.localhost/ -> web.a"]);
        let only = Traffic { stable: serving("a", &[("api", None, 1)]), ..Traffic::default() };
        assert_eq!(table(&only), ["production.shop.localhost/ -> api.a"]);
    }
}
