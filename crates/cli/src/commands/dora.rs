//! `sea dora`: how an app is delivered, from the version tags of its repository.

use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use seaworthy_detect::CONFIG_FILE;
use seaworthy_ledger::dora::{Commit, Facts, Tag, TagRule, Window, from_tags, report};
use seaworthy_model::Name;

use crate::args::{DoraArgs, Global};
use crate::commands::git::git;
use crate::commands::load;
use crate::exit::{self, Mistake, Outside};
use crate::output::metrics;

/// Where releases of a repository without environments go.
const PRODUCTION: &str = "production";

pub(crate) fn run(global: &Global, args: &DoraArgs) -> anyhow::Result<u8> {
    let root = load::root(global, None)?;
    let loaded = load::load(&Global { env: None, ..global.clone() }, None)?;
    let app = loaded.app.name.get().cloned().unwrap_or_else(|| Name::from_text("app"));
    let environment = Name::from_text(global.env.as_deref().unwrap_or(PRODUCTION));
    let rule = TagRule { app: app.clone(), environment: environment.clone(), prefix: args.tags.clone() };
    let facts =
        Facts { deployments: from_tags(&tags(&root)?, &rule), commits: commits(&root)?, ..Facts::default() };
    if facts.deployments.is_empty() {
        return Err(Mistake {
            message: format!(
                "no tag of {} is a version: nothing is known to have been deployed",
                root.display()
            ),
            help: Some("git tag v1.2.0, or sea dora --tags PREFIX for tags such as api/v1.2.0".to_owned()),
        }
        .into());
    }
    let zone = match &args.zone {
        Some(name) => TimeZone::get(name).map_err(|error| Mistake {
            message: format!("there is no time zone `{name}`: {error}"),
            help: Some("sea dora --zone Europe/Berlin".to_owned()),
        })?,
        None => TimeZone::system(),
    };
    let window = Window::trailing(Timestamp::now(), args.days, zone).map_err(|error| Mistake {
        message: error.to_string(),
        help: Some("sea dora --days 30".to_owned()),
    })?;
    let report = report(&facts, &app, &environment, &window).map_err(|error| Mistake {
        message: error.to_string(),
        help: Some("sea dora --days 30".to_owned()),
    })?;
    if args.json {
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        let mut text = Vec::new();
        metrics::write(&mut text, &report)?;
        anstream::stdout().lock().write_all(&text)?;
    }
    Ok(exit::DONE)
}

/// Every tag, with the commit that it is on and when it was made.
fn tags(root: &Path) -> anyhow::Result<Vec<Tag>> {
    // The object behind an annotated tag is empty for a plain one, which is on its commit itself.
    let format = "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)";
    let text = asked(root, &["for-each-ref", "refs/tags", format])?;
    let tag = |line: &str| {
        let mut parts = line.split('\0');
        let (name, own, behind, at) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let commit = if behind.is_empty() { own } else { behind };
        Some(Tag { name: name.to_owned(), commit: commit.to_owned(), at: time(at)? })
    };
    Ok(text.lines().filter_map(tag).collect())
}

/// Every commit, with its parents.
fn commits(root: &Path) -> anyhow::Result<Vec<Commit>> {
    let text = asked(root, &["log", "--all", "--format=%H%x00%P%x00%ct"])?;
    let commit = |line: &str| {
        let mut parts = line.split('\0');
        let (id, parents, at) = (parts.next()?, parts.next()?, parts.next()?);
        let parents = parents.split_whitespace().map(str::to_owned).collect();
        Some(Commit { id: id.to_owned(), parents, at: time(at)?, apps: None })
    };
    Ok(text.lines().filter_map(commit).collect())
}

fn time(seconds: &str) -> Option<Timestamp> {
    Timestamp::from_second(seconds.trim().parse().ok()?).ok()
}

/// What git prints of the history.
fn asked(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = git(root, arguments).map_err(|why| Outside {
        message: format!("git cannot tell the history of {}: {why}", root.display()),
        help: Some(format!("sea dora in a repository of git (a folder with {CONFIG_FILE} is not enough)")),
    })?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}
