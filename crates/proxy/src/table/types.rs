//! The types of the routing table. It travels as JSON between two processes of the same program.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SplitTable, SplitTarget, Tls};

/// All that the proxy routes; replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoutingTable {
    /// Counts up with every table, so that it can be said which one is in force.
    pub generation: u64,
    /// The routes; their order does not matter.
    pub routes: Vec<Route>,
    /// Peers whose `X-Forwarded-*` and `Forwarded` are kept and added to. Those of everyone else are overwritten.
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
    /// The splits that routes may name ([`Target::Split`]).
    #[serde(default)]
    pub splits: Vec<SplitTable>,
    /// The listeners that speak TLS, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// One way from a host and path to something that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Unique in the table; the counters and the access events are kept under it.
    pub name: String,
    /// What the friendly pages call it, usually the service.
    pub service: String,
    /// Names of the listeners it is reached by; empty means all.
    #[serde(default)]
    pub listeners: Vec<String>,
    /// The hosts it answers to.
    pub host: HostPattern,
    /// The paths it answers to.
    pub path: PathPrefix,
    /// What answers.
    pub target: Target,
    /// How.
    #[serde(default)]
    pub options: RouteOptions,
}

/// The hosts of a route. The most exact that matches wins: a name, then the longest wildcard, then any.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HostPattern {
    /// Every host; written `*`.
    Any,
    /// One host, in lower case and without a port.
    Exact(String),
    /// Every host below one, at any depth; written `*.example.com`, kept without the `*.`.
    Below(String),
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (below, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let bracketed = name.starts_with('[') && name.ends_with(']') && !below;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if name.is_empty() || !(plain || bracketed) {
            return Err(format!(
                "`{text}` is no host; write `name.example`, `*.example` or `*`, without a port"
            ));
        }
        Ok(if below { Self::Below(name) } else { Self::Exact(name) })
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str("*"),
            Self::Exact(name) => out.write_str(name),
            Self::Below(name) => write!(out, "*.{name}"),
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

/// The paths of a route: all below a prefix, cut at `/` only, so that `/api` takes `/api` and `/api/x`, not `/apix`.
/// The longest prefix that matches wins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPrefix(String);

impl PathPrefix {
    /// The prefix without a `/` at its end; empty for all paths.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a path is this prefix or below it.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        path.strip_prefix(self.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for PathPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |byte: u8| byte <= b' ' || byte >= 0x7f || b"?#\\".contains(&byte);
        if !text.starts_with('/') || text.bytes().any(bad) {
            return Err(format!(
                "`{text}` is no path; it begins with `/` and has no query, space or backslash"
            ));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl TryFrom<String> for PathPrefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PathPrefix> for String {
    fn from(path: PathPrefix) -> Self {
        if path.0.is_empty() { "/".to_owned() } else { path.0 }
    }
}

/// What answers the requests of a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Running instances.
    Upstreams(Balance),
    /// Files.
    Static(StaticSite),
    /// Another address.
    Redirect(Redirect),
    /// Nothing yet, or no longer: a page that says so.
    Holding(Holding),
    /// One of two releases.
    Split(Box<SplitTarget>),
}

/// How requests are spread, by chance: what keeps a client where it once was is [`Target::Split`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    /// Usually one.
    pub groups: Vec<Group>,
}

/// The instances of one release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Names the group, such as a release. Requests under way are told by this name, on all routes together.
    pub name: String,
    /// Its share of the requests, relative to the weights of the other groups; 0 takes none.
    pub weight: u32,
    /// Its instances; taken in turn.
    pub upstreams: Vec<Instance>,
}

/// A running instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Where it listens.
    #[serde(flatten)]
    pub address: UpstreamAddress,
    /// When it was started, in milliseconds since 1970; what it does while it is fresh is not held against its release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<u64>,
}

impl From<UpstreamAddress> for Instance {
    /// One that was started long ago.
    fn from(address: UpstreamAddress) -> Self {
        Self { address, born: None }
    }
}

/// Where an instance listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamAddress {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(out),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
        }
    }
}

/// How the requests of a route are handled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteOptions {
    /// Whether the prefix of the route is cut off the path that the target sees.
    pub strip_prefix: bool,
    /// Whether the upstream sees its own address as `Host`. Otherwise it sees what the client sent.
    pub rewrite_host: bool,
    /// How long what may take.
    pub timeouts: Timeouts,
    /// The longest request body, in bytes; longer ones are answered 413. `None` is without limit.
    pub body_limit: Option<u64>,
    /// Whether, how long and how many requests wait while nothing can answer them.
    pub hold: Option<Hold>,
}

impl Default for RouteOptions {
    /// Nothing rewritten, bodies up to 1 GiB, requests not held.
    fn default() -> Self {
        Self {
            strip_prefix: false,
            rewrite_host: false,
            timeouts: Timeouts::default(),
            body_limit: Some(1 << 30),
            hold: None,
        }
    }
}

/// How long what may take. There is no limit on a whole request: streams and downloads last as long as they move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// To connect to an upstream.
    pub connect: Duration,
    /// From the request sent to the head of the answer.
    pub response_header: Duration,
    /// Without a byte moving in a body or a tunnel.
    pub idle: Duration,
}

impl Default for Timeouts {
    /// 5 s to connect; 120 s to answer (a development server may compile first); an hour of silence.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response_header: Duration::from_mins(2),
            idle: Duration::from_hours(1),
        }
    }
}

/// Lets requests wait for a bounded time instead of failing them, so that a restart is a pause and not an error page.
///
/// A request waits while its route is [`Target::Holding`] in a state that can end, or while every upstream of it refuses
/// connections; it goes on with the first table in which its route can answer.
///
/// So does one whose upstream took it and closed the connection without a byte of an answer, where sending it again does
/// what sending it once does (RFC 9110, 9.2.2) and it has no body; it is sent a dozen times at most.
///
/// The body of a request that waits stays with its client, but for what a connection reads ahead: the longest head that it
/// takes (HTTP/1), or 1 MiB for all its streams together (HTTP/2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The longest that one request waits.
    pub max_wait: Duration,
    /// How many requests of the route wait at the same time; more are answered at once.
    pub max_requests: u32,
}

/// Files of a folder as a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticSite {
    /// The folder. Nothing outside of it is ever served, by `..`, link or otherwise.
    pub root: PathBuf,
    /// The file that answers paths that are no file, for single-page apps (usually `index.html`).
    #[serde(default)]
    pub spa_fallback: Option<String>,
    /// The folders of previous releases, the newest first. A file that is missing in `root` and whose name carries a hash
    /// of its content is looked for there: a page that was opened before the switch asks for its scripts after it.
    #[serde(default)]
    pub older: Vec<PathBuf>,
}

/// An answer that names another address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// Where to: an absolute address or a path.
    pub to: String,
    /// Whether the rest of the path and the query are kept.
    pub keep_path: bool,
    /// 308 if true (remembered by browsers), else 307.
    pub permanent: bool,
}

/// Why nothing answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldingState {
    /// It is being set up or started.
    Starting,
    /// It is being started again.
    Restarting,
    /// It ended and is not being started again by itself.
    Down,
    /// It was stopped by someone.
    Stopped,
    /// Someone works on it and will let it answer again. Its page shows no log, and requests do not wait.
    Maintenance,
}

impl HoldingState {
    /// Whether waiting may help.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::Starting | Self::Restarting)
    }
}

/// The friendly page: 503 with `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Why nothing answers.
    pub state: HoldingState,
    /// One sentence for people; may be empty.
    #[serde(default)]
    pub message: String,
    /// The last lines that the service logged; shown to clients on this machine only.
    #[serde(default)]
    pub log_lines: Vec<String>,
    /// When to try again; the page does so by itself.
    pub retry: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_kept_in_lower_case_and_read_back_as_written() {
        for (text, kept) in
            [("*", "*"), ("Api.Example.", "api.example"), ("*.App.localhost", "*.app.localhost")]
        {
            assert_eq!(text.parse::<HostPattern>().unwrap().to_string(), kept);
        }
        for bad in ["", "*.", "a b", "a:80", "*.*.x", "a/b"] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn prefixes_end_at_segments() {
        let api: PathPrefix = "/api/".parse().unwrap();
        assert!(api.matches("/api") && api.matches("/api/") && api.matches("/api/x"));
        assert!(!api.matches("/apix") && !api.matches("/") && !api.matches("/x/api"));
        let all: PathPrefix = "/".parse().unwrap();
        assert!(all.matches("/") && all.matches("/x"));
        assert!("api".parse::<PathPrefix>().is_err() && "/a?b".parse::<PathPrefix>().is_err());
    }

    #[test]
    fn a_table_survives_json() {
        let table = RoutingTable {
            generation: 3,
            routes: vec![Route {
                name: "api".into(),
                service: "api".into(),
                listeners: vec![],
                host: HostPattern::Below("app.localhost".into()),
                path: "/api".parse().unwrap(),
                target: Target::Upstreams(Balance {
                    groups: vec![Group {
                        name: "blue".into(),
                        weight: 1,
                        upstreams: vec![Instance {
                            address: UpstreamAddress::Tcp("127.0.0.1:4000".parse().unwrap()),
                            born: Some(7),
                        }],
                    }],
                }),
                options: RouteOptions::default(),
            }],
            trusted_proxies: vec![],
            splits: vec![],
            tls: None,
        };
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<RoutingTable>(&json).unwrap(), table);
        let plain: Instance = serde_json::from_str(r#"{"unix": "/run/a"}"#).unwrap();
        assert_eq!(plain, UpstreamAddress::Unix("/run/a".into()).into());
    }
}
