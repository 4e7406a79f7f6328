//! The routing table of an app that runs here: every service under a name of its own, and the app under one address.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use seaworthy_proxy::table::{
    Balance, Group, Hold, Holding, HoldingState, HostPattern, PathPrefix, Redirect, Route, RouteOptions,
    RoutingTable, StaticSite, Target, UpstreamAddress,
};
use seaworthy_supervise::board::Status;
use seaworthy_supervise::machine::Phase;

/// A service that is reached over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    /// Its name.
    pub(crate) name: String,
    /// The public path of the model; `None` when it is private.
    pub(crate) route: Option<String>,
    /// What answers.
    pub(crate) by: ServedBy,
}

/// What answers for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServedBy {
    /// A process.
    Process,
    /// The proxy, with files.
    Files {
        /// The folder.
        root: PathBuf,
        /// Unknown paths get `index.html`, as single-page apps expect.
        is_spa: bool,
    },
}

/// Requests wait this long for a service that starts or restarts before they get a page that says so.
const HOLD: Hold = Hold { max_wait: Duration::from_secs(5), max_requests: 256 };

/// How often the page of a service that is not there looks again.
const RETRY: Duration = Duration::from_secs(1);

/// The separator between a service and the sort of its route in the names of routes.
const SORT: char = '@';

/// The service that a route of the table counts for.
pub(crate) fn service_of(route: &str) -> &str {
    route.split(SORT).next().unwrap_or(route)
}

/// The table for an app named `app`; `status` and `lines` (the last lines of its log) are asked by service.
pub(crate) fn table(
    generation: u64,
    app: &str,
    served: &[Served],
    dashboard: Option<&str>,
    status: impl Fn(&str) -> Status,
    lines: impl Fn(&str) -> Vec<String>,
) -> RoutingTable {
    let mut routes = Vec::new();
    let front = front(served);
    for service in served {
        let target = target(service, &status(&service.name), &lines);
        let mut add = |sort: &str, host: &str, path: &str| {
            // Names and paths of the model were checked when it was read; one that the proxy does not take has no route.
            let (Ok(host), Ok(path)) = (host.parse::<HostPattern>(), path.parse::<PathPrefix>()) else {
                return;
            };
            routes.push(Route {
                name: format!("{}{SORT}{sort}", service.name),
                service: service.name.clone(),
                listeners: Vec::new(),
                host,
                path,
                target: target.clone(),
                options: RouteOptions { hold: Some(HOLD), ..RouteOptions::default() },
            });
        };
        add("name", &format!("{}.{app}.localhost", service.name), "/");
        let path = match &service.route {
            Some(route) if route.starts_with('/') => Some(route.as_str()),
            // A host belongs to another environment; here its path counts.
            Some(route) => route.find('/').map(|at| &route[at..]),
            None => None,
        };
        if front == Some(service.name.as_str()) {
            add("front", "*", "/");
        } else if let Some(path) = path.filter(|path| *path != "/") {
            add("path", "*", path);
        }
    }
    if front.is_none()
        && let (Some(to), Ok(path)) = (dashboard, "/".parse())
    {
        let target = Target::Redirect(Redirect { to: to.to_owned(), keep_path: false, permanent: false });
        routes.push(Route {
            name: format!("{SORT}dashboard"),
            service: "dashboard".to_owned(),
            listeners: Vec::new(),
            host: HostPattern::Any,
            path,
            target,
            options: RouteOptions::default(),
        });
    }
    RoutingTable { generation, routes, ..RoutingTable::default() }
}

/// The service that answers at the app's own address: the one with the route `/`, else the only one there is.
pub(crate) fn front(served: &[Served]) -> Option<&str> {
    let root = served.iter().find(|service| service.route.as_deref() == Some("/"));
    let only = match served {
        [only] => Some(only),
        _ => None,
    };
    root.or(only).map(|service| service.name.as_str())
}

fn target(service: &Served, status: &Status, lines: &impl Fn(&str) -> Vec<String>) -> Target {
    let holding = |state: HoldingState, message: String| {
        // Only what went wrong is worth reading the log for.
        let log_lines = if state == HoldingState::Down { lines(&service.name) } else { Vec::new() };
        Target::Holding(Holding { state, message, log_lines, retry: RETRY })
    };
    match status.phase {
        Phase::Ready | Phase::Unready => match &service.by {
            ServedBy::Files { root, is_spa } => Target::Static(StaticSite {
                root: root.clone(),
                spa_fallback: is_spa.then(|| "index.html".to_owned()),
                older: Vec::new(),
            }),
            ServedBy::Process => match address(status) {
                Some(address) => upstream(address),
                None => holding(HoldingState::Down, "it listens on no port".to_owned()),
            },
        },
        Phase::Waiting | Phase::Starting => holding(HoldingState::Starting, status.detail.clone()),
        Phase::Stopping | Phase::Restarting => holding(HoldingState::Restarting, status.detail.clone()),
        Phase::CrashLoop | Phase::Failed | Phase::Completed => {
            holding(HoldingState::Down, status.detail.clone())
        }
        Phase::Stopped => holding(HoldingState::Stopped, String::new()),
    }
}

fn address(status: &Status) -> Option<SocketAddr> {
    status.address.or_else(|| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, status.port?))))
}

fn upstream(address: SocketAddr) -> Target {
    let upstreams = vec![UpstreamAddress::Tcp(address).into()];
    let group = Group { name: "local".to_owned(), weight: 1, upstreams };
    Target::Upstreams(Balance { groups: vec![group] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(name: &str, route: Option<&str>) -> Served {
        Served { name: name.to_owned(), route: route.map(str::to_owned), by: ServedBy::Process }
    }

    fn status(phase: Phase, port: u16) -> Status {
        Status { phase, port: Some(port), ..Status::default() }
    }

    #[test]
    fn every_service_has_its_name_and_the_app_has_its_paths() {
        let services = [served("web", Some("/")), served("api", Some("/api")), served("worker", None)];
        let table = table(1, "shop", &services, None, |_| status(Phase::Ready, 4000), |_| Vec::new());
        let routes: Vec<String> = table
            .routes
            .iter()
            .map(|route| format!("{} {}{}", route.service, route.host, String::from(route.path.clone())))
            .collect();
        assert_eq!(
            routes,
            [
                "web web.shop.localhost/",
                "web */",
                "api api.shop.localhost/",
                "api */api",
                "worker worker.shop.localhost/"
            ]
        );
        assert!(matches!(&table.routes[0].target, Target::Upstreams(_)));
        assert_eq!(service_of(&table.routes[3].name), "api");
    }

    #[test]
    fn the_only_service_answers_for_the_app_and_without_a_front_the_dashboard_does() {
        assert_eq!(front(&[served("api", None)]), Some("api"));
        let two = [served("a", None), served("b", None)];
        assert_eq!(front(&two), None);
        let table = table(1, "x", &two, Some("http://localhost:1"), |_| Status::default(), |_| Vec::new());
        assert!(matches!(&table.routes.last().unwrap().target, Target::Redirect(_)));
    }

    #[test]
    fn a_service_that_is_not_ready_is_held_and_one_that_is_down_shows_its_log() {
        let of = |phase| {
            let services = [served("api", None)];
            let table =
                table(1, "x", &services, None, |_| status(phase, 1), |_| vec!["last words".to_owned()]);
            match table.routes[0].target.clone() {
                Target::Holding(holding) => (holding.state, holding.log_lines.len()),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(of(Phase::Starting), (HoldingState::Starting, 0));
        assert_eq!(of(Phase::Restarting), (HoldingState::Restarting, 0));
        assert_eq!(of(Phase::CrashLoop), (HoldingState::Down, 1));
        assert_eq!(of(Phase::Stopped), (HoldingState::Stopped, 0));
    }
}
