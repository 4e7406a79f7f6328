//! `sea dora`: how an app is delivered, from the ledger or from the version tags of its repository.

use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use seaworthy_detect::CONFIG_FILE;
use seaworthy_ledger::dora::{Commit, Facts, Origin, Tag, TagRule, Told, Window, from_tags, report};
use seaworthy_model::Name;

use crate::args::{DoraArgs, DoraSource, Global};
use crate::commands::git::git;
use crate::commands::{load, state};
use crate::exit::{self, Mistake, Outside};
use crate::output::metrics;

/// Where releases of a repository without environments go.
const PRODUCTION: &str = "production";

pub(crate) fn run(global: &Global, args: &DoraArgs) -> anyhow::Result<u8> {
    let root = load::root(global, None)?;
    let loaded = load::load(&Global { env: None, ..global.clone() }, None)?;
    let app = loaded.app.name.get().cloned().unwrap_or_else(|| Name::from_text("app"));
    let environment = Name::from_text(global.env.as_deref().unwrap_or(PRODUCTION));
    if let Some(host) = loaded.app.environments.get(&environment).and_then(|known| known.host.get()) {
        anstream::eprintln!(
            "{environment} is on {host}, whose ledger knows its deployments; this is what this machine knows"
        );
    }
    let (facts, origin) = facts(args, &root, &app, &environment)?;
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
        let told = Told::new(report, origin);
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&told)?)?;
    } else {
        let mut text = Vec::new();
        metrics::write(&mut text, &report, origin)?;
        anstream::stdout().lock().write_all(&text)?;
    }
    Ok(exit::DONE)
}

/// What is known of the deployments: by the ledger when it has some of this app in this environment, else by tags.
fn facts(args: &DoraArgs, root: &Path, app: &Name, environment: &Name) -> anyhow::Result<(Facts, Origin)> {
    let of_tags =
        || -> anyhow::Result<(Facts, Origin)> { Ok((by_tags(args, root, app, environment)?, Origin::Tags)) };
    let of_ledger = match args.from {
        Some(DoraSource::Tags) => return of_tags(),
        None | Some(DoraSource::Ledger) => by_ledger(args, root, app, environment)?,
    };
    match of_ledger {
        Some(facts) => Ok((facts, Origin::Ledger)),
        None if args.from.is_none() => of_tags(),
        None => Err(Mistake {
            message: format!("the ledger of this machine knows no deployment of {app} in {environment}"),
            help: Some("sea history (shows what it knows), or sea dora --from tags".to_owned()),
        }
        .into()),
    }
}

/// What the ledger knows; none when it has no deployment.
fn by_ledger(args: &DoraArgs, root: &Path, app: &Name, environment: &Name) -> anyhow::Result<Option<Facts>> {
    let Some(ledger) = state::ledger(&args.state)? else { return Ok(None) };
    let mut facts = ledger.dora_facts(app)?;
    if !facts.deployments.iter().any(|deployment| deployment.environment == *environment) {
        return Ok(None);
    }
    // Lead times need the history of the repository; without it the report says that commits are unknown.
    facts.commits = commits(root).unwrap_or_default();
    Ok(Some(facts))
}

fn by_tags(args: &DoraArgs, root: &Path, app: &Name, environment: &Name) -> anyhow::Result<Facts> {
    let rule = TagRule { app: app.clone(), environment: environment.clone(), prefix: args.tags.clone() };
    let facts =
        Facts { deployments: from_tags(&tags(root)?, &rule), commits: commits(root)?, ..Facts::default() };
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
    Ok(facts)
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
    Ok(super::commits::read(&asked(root, &["log", "--all", super::commits::FORMAT])?))
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
