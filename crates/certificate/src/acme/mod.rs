//! Orders at an authority that speaks ACME (RFC 8555).

mod account;
mod client;
mod order;

use std::path::PathBuf;

use crate::challenge::Method;

pub(crate) use account::Accounts;
pub(crate) use client::RetryAfter;
pub(crate) use order::order;

/// The authority that most use.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Its twin for trying things out: nobody trusts what it issues, and it may be asked more often.
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// An authority, and how this host speaks to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The address of its directory; `https` only.
    pub directory: String,
    /// Whom it may write to: addresses of mail.
    pub contacts: Vec<String>,
    /// Someone agreed to its terms.
    pub terms_agreed: bool,
    /// PEM of the roots by which the authority itself is known, for one inside a company. `None`: Mozilla's.
    pub roots: Option<PathBuf>,
    /// How names are tested, the first first. After an order that failed, the next one is tried: where a network lets only one
    /// of the two through, that one is found.
    pub methods: Vec<Method>,
}
