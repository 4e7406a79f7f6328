//! Paths that tell how a service is.

use seaworthy_model::{Origin, Probe, Service};

/// What a health path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// It can take requests.
    Ready,
    /// It is alive.
    Alive,
    /// One or the other; the path does not say.
    Health,
}

/// What a path tells, when it is a health path by its last part.
pub(crate) fn sort(path: &str) -> Option<Sort> {
    let lower = path.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let last = *parts.last()?;
    let under_health =
        parts.len() > 1 && matches!(parts[parts.len() - 2], "health" | "healthz" | "_health" | "-");
    match last {
        "ready" | "readyz" | "readiness" | "is-ready" | "isready" | "_ready" => Some(Sort::Ready),
        "live" | "livez" | "liveness" | "alive" | "is-alive" => Some(Sort::Alive),
        "health" | "healthz" | "healthcheck" | "health-check" | "health_check" | "_health" | "_healthz"
        | "healthcheckz" | "__health" | "heartbeat" => Some(Sort::Health),
        "ping" | "up" | "status"
            if parts.len() == 1 || under_health || parts[0] == "api" && parts.len() == 2 =>
        {
            Some(Sort::Health)
        }
        "db" | "startup" | "check" if under_health => Some(Sort::Ready),
        _ => None,
    }
}

/// Proposes the probes that a health path is good for. A path that says what it tells is preferred to one that
/// does not.
pub(crate) fn propose(service: &mut Service, path: &str, sort: Sort, origin: &Origin) {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let less = || origin.clone().likely();
    let weak = matches!(path.rsplit('/').find(|part| !part.is_empty()), Some("ping" | "up" | "status"));
    let general = |origin: Origin| if weak { origin.guess() } else { origin };
    match sort {
        Sort::Ready => service.readiness.propose(Probe::http(path), origin.clone()),
        Sort::Alive => {
            service.liveness.propose(Probe::http(path.clone()), origin.clone());
        }
        Sort::Health => {
            service.readiness.propose(Probe::http(path.clone()), general(less()));
            service.liveness.propose(Probe::http(path), general(less()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_paths_are_known_by_their_last_part() {
        for (path, found) in [
            ("/health", Some(Sort::Health)),
            ("/api/v1/healthz", Some(Sort::Health)),
            ("health/", Some(Sort::Health)),
            ("/health/ready", Some(Sort::Ready)),
            ("/livez", Some(Sort::Alive)),
            ("/up", Some(Sort::Health)),
            ("/users/status", None),
            ("/", None),
            ("/healthy-recipes", None),
        ] {
            assert_eq!(sort(path), found, "{path}");
        }
    }

    #[test]
    fn what_says_more_is_preferred() {
        let mut service = Service::default();
        for path in ["/health", "/readyz"] {
            propose(&mut service, path, sort(path).unwrap(), &Origin::detected("test"));
        }
        assert_eq!(service.readiness.get(), Some(&Probe::http("/readyz")));
        assert_eq!(service.liveness.get(), Some(&Probe::http("/health")));
    }
}
