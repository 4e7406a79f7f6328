//! What is promised about a service.

use std::collections::BTreeMap;

use crate::Field;
use crate::quantity::{Duration, Percent};

/// A service-level objective.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slo {
    /// Share of requests that must succeed.
    pub availability: Field<Percent>,
    /// Latency bounds by percentile (`p50`, `p95`, `p99`, `p99.9`).
    pub latency: Field<BTreeMap<String, Duration>>,
}
