//! From host and path to a route.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{HostPattern, Route};

/// What a request asks for, as far as routing goes.
#[derive(Debug, Clone, Copy)]
pub struct RequestTarget<'a> {
    /// Name of the listener it came in by.
    pub listener: &'a str,
    /// Host without port, as [`normalise_host`] gives it.
    pub host: &'a str,
    /// Path without query.
    pub path: &'a str,
}

/// An index over the routes of a table: what it gives are positions in the slice it was made of.
#[derive(Debug, Default)]
pub struct Matcher {
    exact: HashMap<Box<str>, Vec<Entry>>,
    below: HashMap<Box<str>, Vec<Entry>>,
    any: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    prefix: super::PathPrefix,
    listeners: Vec<String>,
    route: usize,
}

impl Matcher {
    /// Indexes routes.
    #[must_use]
    pub fn new(routes: &[Route]) -> Self {
        let mut matcher = Self::default();
        for (position, route) in routes.iter().enumerate() {
            let entries = match &route.host {
                HostPattern::Any => &mut matcher.any,
                HostPattern::Exact(name) => matcher.exact.entry(name.as_str().into()).or_default(),
                HostPattern::Below(name) => matcher.below.entry(name.as_str().into()).or_default(),
            };
            entries.push(Entry {
                prefix: route.path.clone(),
                listeners: route.listeners.clone(),
                route: position,
            });
        }
        let all = matcher.exact.values_mut().chain(matcher.below.values_mut()).chain([&mut matcher.any]);
        for entries in all {
            // The sort is stable: of two routes for the same host and path, the first wins.
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.prefix.as_str().len()));
        }
        matcher
    }

    /// The route of a request: the most exact host first, and of its routes the longest prefix.
    #[must_use]
    pub fn find(&self, target: RequestTarget<'_>) -> Option<usize> {
        if let Some(route) = self.exact.get(target.host).and_then(|entries| longest(entries, target)) {
            return Some(route);
        }
        if !self.below.is_empty() {
            let mut name = target.host;
            while let Some((_, parent)) = name.split_once('.') {
                if let Some(route) = self.below.get(parent).and_then(|entries| longest(entries, target)) {
                    return Some(route);
                }
                name = parent;
            }
        }
        longest(&self.any, target)
    }
}

fn longest(entries: &[Entry], target: RequestTarget<'_>) -> Option<usize> {
    let found = entries.iter().find(|entry| {
        entry.prefix.matches(target.path)
            && (entry.listeners.is_empty() || entry.listeners.iter().any(|name| name == target.listener))
    });
    found.map(|entry| entry.route)
}

/// The host of an authority (`host` or `host:port`) in lower case, without port and final dot; `None` where it is no
/// host.
#[must_use]
pub fn normalise_host(authority: &str) -> Option<Cow<'_, str>> {
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']')? + 1;
        let inner = &authority[1..end - 1];
        let address = inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.');
        if inner.is_empty() || !address {
            return None;
        }
        (&authority[..end], &authority[end..])
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        let host = &authority[..end];
        if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')) {
            return None;
        }
        (host.strip_suffix('.').unwrap_or(host), &authority[end..])
    };
    let port_is_fine = match port.strip_prefix(':') {
        Some(digits) => digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    if host.is_empty() || !port_is_fine {
        return None;
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(Cow::Owned(host.to_ascii_lowercase()));
    }
    Some(Cow::Borrowed(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Balance, RouteOptions, Target};

    fn route(host: &str, path: &str, listeners: &[&str]) -> Route {
        Route {
            name: format!("{host}{path}"),
            service: String::new(),
            listeners: listeners.iter().map(ToString::to_string).collect(),
            host: host.parse().unwrap(),
            path: path.parse().unwrap(),
            target: Target::Upstreams(Balance::default()),
            options: RouteOptions::default(),
        }
    }

    #[test]
    fn the_most_exact_host_then_the_longest_prefix() {
        let routes = [
            route("*", "/", &[]),
            route("*.app.localhost", "/", &[]),
            route("*.web.app.localhost", "/", &[]),
            route("api.app.localhost", "/v1", &[]),
            route("*", "/api", &[]),
            route("*", "/api/deep", &[]),
        ];
        let matcher = Matcher::new(&routes);
        let find = |host, path| {
            matcher.find(RequestTarget { listener: "main", host, path }).map(|at| routes[at].name.as_str())
        };
        assert_eq!(find("localhost", "/"), Some("*/"));
        assert_eq!(find("localhost", "/api"), Some("*/api"));
        assert_eq!(find("localhost", "/apix"), Some("*/"));
        assert_eq!(find("localhost", "/api/deep/x"), Some("*/api/deep"));
        assert_eq!(find("x.app.localhost", "/api"), Some("*.app.localhost/"));
        assert_eq!(find("a.web.app.localhost", "/"), Some("*.web.app.localhost/"));
        assert_eq!(find("api.app.localhost", "/v1/x"), Some("api.app.localhost/v1"));
        assert_eq!(find("api.app.localhost", "/v2"), Some("*.app.localhost/"));
        assert_eq!(find("app.localhost", "/"), Some("*/"), "a wildcard does not take its own name");
    }

    #[test]
    fn a_listener_has_its_own_routes() {
        let routes = [route("*", "/", &["main"]), route("*", "/", &["admin"])];
        let matcher = Matcher::new(&routes);
        let find = |listener| matcher.find(RequestTarget { listener, host: "x", path: "/" });
        assert_eq!((find("main"), find("admin"), find("other")), (Some(0), Some(1), None));
    }

    #[test]
    fn hosts() {
        let host = |text| normalise_host(text).map(Cow::into_owned);
        assert_eq!(host("Example.COM:8080").as_deref(), Some("example.com"));
        assert_eq!(host("example.com.").as_deref(), Some("example.com"));
        assert_eq!(host("[::1]:80").as_deref(), Some("[::1]"));
        for bad in [
            "", ":80", "a b", "a@b", "a/b", "a:8o", "a:123456", "[::1", "[]", "[::1]x", "[x]", "a,b", "a:1:2",
        ] {
            assert_eq!(host(bad), None, "{bad}");
        }
    }
}
