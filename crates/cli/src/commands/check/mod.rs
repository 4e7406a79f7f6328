//! `sea check`: what stands between this app and production, and the fix.

mod fix;
mod git;
mod hook;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use seaworthy_check::baseline::{BASELINE_FILE, Baseline};
use seaworthy_check::report::{github, html, json, sarif};
use seaworthy_check::rule::Severity;
use seaworthy_check::{Catalogue, Checker, Excluded, Finding, Options, Report, history};
use seaworthy_detect::{Loaded, Overrides, Repository, load_from};

use crate::args::{CheckArgs, FailOn, Global, ReportFormat};
use crate::commands::load;
use crate::exit::{self, Mistake, Outside};
use crate::output::{self, findings};

pub(crate) fn run(global: &Global, args: &CheckArgs) -> anyhow::Result<u8> {
    let root = load::root(global, args.dir.as_deref())?;
    if args.install_hook {
        return hook::install(&root);
    }
    let catalogue = Catalogue::of_project(&root).map_err(|error| Mistake {
        message: error.to_string(),
        help: Some("sea explain eval-of-input, for a rule to compare with".to_owned()),
    })?;
    let (repository, mut report) = look(global, args, &root, &catalogue)?;
    if args.fix && fix::run(&root, &repository, &report, args.yes)? {
        report = look(global, args, &root, &catalogue)?.1;
    }
    if args.update_baseline {
        return write_baseline(&root, &report);
    }
    tell(args, &report, &catalogue)?;
    let fails = match args.fail_on {
        FailOn::Never => false,
        FailOn::Low => report.fails(Severity::Low),
        FailOn::Medium => report.fails(Severity::Medium),
        FailOn::High => report.fails(Severity::High),
        FailOn::Critical => report.fails(Severity::Critical),
    };
    Ok(if fails { exit::NO } else { exit::DONE })
}

/// Checks once: what was checked, and what was found.
fn look(
    global: &Global,
    args: &CheckArgs,
    root: &Path,
    catalogue: &Catalogue,
) -> anyhow::Result<(Repository, Report)> {
    let repository = Repository::open(root)?;
    let only = changed(args, root, &repository)?;
    let overrides = Overrides { environment: global.env.clone(), set: global.set.clone() };
    let loaded = load_from(&repository, &overrides);
    if loaded.has_errors() {
        // A broken seaworthy.toml is told, and the rest is checked all the same.
        output::problems(&loaded);
    }
    let baseline = if args.update_baseline { Baseline::default() } else { baseline(root)? };
    let options = Options {
        tracked: git::tracked(root),
        only,
        baseline,
        today: jiff::Zoned::now().date().to_string().parse().ok(),
        categories: args.category.iter().copied().collect(),
        advisories: args.advisories.clone(),
    };
    let report = Checker::new(catalogue).check(&repository, &loaded, &options);
    if !args.history {
        return Ok((repository, report));
    }
    let mut past = git::log(root, |log| Ok(history::secrets(log, catalogue, &repository)?))?;
    let excluded = Excluded::of(&loaded.app);
    past.retain(|finding| !excluded.has(&finding.file));
    Ok((repository, report.with(past, &options.baseline)))
}

/// What stands between a checkout and production, without what its baseline knows.
pub(crate) fn findings(repository: &Repository, loaded: &Loaded) -> anyhow::Result<Vec<Finding>> {
    let root = repository.root();
    let catalogue = Catalogue::of_project(root)?;
    let options = Options {
        tracked: git::tracked(root),
        baseline: baseline(root)?,
        today: jiff::Zoned::now().date().to_string().parse().ok(),
        ..Options::default()
    };
    Ok(Checker::new(&catalogue).check(repository, loaded, &options).findings)
}

/// The files that `--staged` or `--since` are about; what is staged is checked as it would be committed.
fn changed(
    args: &CheckArgs,
    root: &Path,
    repository: &Repository,
) -> anyhow::Result<Option<BTreeSet<String>>> {
    if args.staged {
        let staged = git::staged(root)?;
        for (path, text) in staged.differing {
            repository.overlay(&path, text);
        }
        return Ok(Some(staged.paths));
    }
    args.since.as_deref().map(|revision| git::since(root, revision)).transpose()
}

fn baseline(root: &Path) -> anyhow::Result<Baseline> {
    let path = root.join(BASELINE_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Baseline::default()),
        Err(error) => {
            return Err(Outside { message: format!("{}: {error}", path.display()), help: None }.into());
        }
    };
    Baseline::parse(&text).map_err(|error| {
        let message = format!("{BASELINE_FILE} cannot be used: {error}");
        Mistake { message, help: Some("sea check --update-baseline, to write it anew".to_owned()) }.into()
    })
}

fn write_baseline(root: &Path, report: &Report) -> anyhow::Result<u8> {
    let path = root.join(BASELINE_FILE);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, Baseline::of(&report.findings).to_text())?;
    anstream::println!("{BASELINE_FILE} knows {} findings; commit it", report.findings.len());
    Ok(exit::DONE)
}

/// Writes the report where and how it is wanted.
fn tell(args: &CheckArgs, report: &Report, catalogue: &Catalogue) -> anyhow::Result<()> {
    let format = if args.json { ReportFormat::Json } else { args.format };
    let text = match format {
        ReportFormat::Text => String::from_utf8(findings::text(report, args.all)?)?,
        ReportFormat::Json => json::write(report),
        ReportFormat::Sarif => sarif::log(report, catalogue, env!("CARGO_PKG_VERSION")),
        ReportFormat::Github => github::write(report),
        ReportFormat::Html => html::write(report),
    };
    match &args.output {
        Some(path) => {
            let plain = anstream::adapter::strip_str(&text).to_string();
            std::fs::write(path, plain).map_err(|error| Outside {
                message: format!("{} cannot be written: {error}", path.display()),
                help: None,
            })?;
        }
        None => anstream::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(())
}
