//! The routing table: which request goes where. Data and pure functions.

mod matcher;
mod path;
mod types;

pub use matcher::{Matcher, RequestTarget, normalise_host};
pub use path::{PathRefusal, check_path, decode};
pub use types::{
    Balance, Group, Hold, Holding, HoldingState, HostPattern, PathPrefix, Redirect, Route, RouteOptions,
    RoutingTable, StaticSite, Target, Timeouts, UpstreamAddress,
};
