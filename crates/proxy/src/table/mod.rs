//! The routing table: which request goes where. Data and pure functions.

mod matcher;
mod path;
mod split;
mod tls;
mod types;

pub use matcher::{Matcher, RequestTarget, normalise_host};
pub use path::{PathRefusal, check_path, decode};
pub use split::{SplitSecret, SplitTable, SplitTarget};
pub use tls::{Certificate, CertificatePair, Challenges, HTTPS_PORT, Hsts, KeyPem, Tls};
pub use types::{
    Balance, Group, Hold, Holding, HoldingState, HostPattern, Instance, PathPrefix, Redirect, Route,
    RouteOptions, RoutingTable, StaticSite, Target, Timeouts, UpstreamAddress,
};
