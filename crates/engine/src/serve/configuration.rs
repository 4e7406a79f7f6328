//! The configuration of a release: what its variables and secrets come to, by keyed fingerprints. No value is kept, and
//! without the host's key nobody can try values out.

use std::collections::BTreeMap;

use seaworthy_artifact::Digest;
use seaworthy_model::{App, Name};
use seaworthy_rollout::ReleaseId;
use seaworthy_secrets::Resolved;
use seaworthy_secrets::fingerprint::FingerprintKey;
use secrecy::ExposeSecret as _;

use super::Error;
use super::layout::Layout;
use super::release::ReleaseRecord;

/// Fingerprints of all that the services of a release are given: `api.LOG_LEVEL`, `secrets.SMTP_PASSWORD`.
pub(super) fn keys(
    layout: &Layout,
    app: &App,
    secrets: &Resolved,
) -> Result<BTreeMap<String, String>, Error> {
    let key =
        FingerprintKey::open(&layout.fingerprint_key()).map_err(|error| Error::Secrets(error.to_string()))?;
    let mut keys = BTreeMap::new();
    for (service, described) in &app.services {
        for (name, variable) in &described.env {
            if let Some(value) = variable.value.get() {
                let name = format!("{service}.{name}");
                keys.insert(name.clone(), key.of(&name, value));
            }
        }
    }
    for (name, found) in secrets.all() {
        let name = format!("{SECRETS}{name}");
        keys.insert(name.clone(), key.of(&name, found.value.expose_secret()));
    }
    Ok(keys)
}

/// The first part of the keys of secrets.
const SECRETS: &str = "secrets.";

/// Completes a record with its configuration, which decides what the release is called: a rotated secret makes another
/// release of the same artifact.
pub(super) fn complete(record: &mut ReleaseRecord, environment: &Name, keys: BTreeMap<String, String>) {
    // What is not secret comes from the tree, and is in the artifact's digest already; it is here for one look at all of it.
    let mut parts = vec![environment.as_str().to_owned()];
    parts.extend(keys.iter().map(|(key, value)| format!("{key}={value}")));
    let configuration = Digest::of(parts.join("\n").as_bytes());
    record.keys = keys;
    record.configuration = configuration.to_string();
    if let Ok(artifact) = record.artifact.parse::<Digest>() {
        record.release = ReleaseId::of(artifact.as_bytes(), configuration.as_bytes()).to_string();
    }
}
