//! What the instances of an environment wrote, whatever release they belong to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;

use crate::control::{ControlError, LogPage, LogQuery};
use crate::host::logs;

/// Reads the logs of an app in an environment of the host whose state is in a folder; `members` of the query are services.
pub fn read(state: &Path, app: &Name, environment: &Name, query: &LogQuery) -> Result<LogPage, ControlError> {
    let folder = state.join("apps").join(app.as_str()).join(environment.as_str()).join("logs");
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(member) = name.to_str().and_then(|name| name.strip_suffix(".log")) else { continue };
        if query.members.is_empty() || query.members.iter().any(|service| is_of(member, service)) {
            files.insert(member.to_owned(), entry.path());
        }
    }
    logs::read(&files, query)
}

/// Whether a log is that of a service: `SERVICE-NUMBER-SLOT`, or of what is named so itself.
fn is_of(member: &str, service: &str) -> bool {
    let of_instance = member.rsplitn(3, '-').nth(2);
    member == service || of_instance == Some(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_that_of_its_service_alone() {
        assert!(is_of("web-1-a", "web") && is_of("web-api-12-b", "web-api") && is_of("migrate", "migrate"));
        assert!(!is_of("web-api-1-a", "web") && !is_of("web-1-a", "web-1"));
    }
}
