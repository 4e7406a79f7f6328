//! `sea secrets list` and `sea secrets check`: which secrets there are, and which are missing. Never what they are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use seaworthy_secrets::need::{Fallback, Needs, Use};
use seaworthy_secrets::resolve::look;
use seaworthy_secrets::{Failure, Resolved, SecretName};
use serde_json::json;

use super::{Scene, warn};
use crate::args::SecretsListArgs;
use crate::exit;
use crate::output::style;

/// How it stands with one secret.
enum Standing {
    /// A source has it.
    Set(String),
    /// Nobody has it, and this is what happens then.
    Unset(Fallback),
    /// Nobody knows: its source failed.
    Unknown(String),
}

impl Standing {
    fn word(&self) -> &'static str {
        match self {
            Self::Set(_) => "set",
            Self::Unset(Fallback::Nothing) => "missing",
            Self::Unset(Fallback::MadeUp) => "made up",
            Self::Unset(Fallback::Given) => "given",
            Self::Unset(Fallback::Code) => "optional",
            Self::Unknown(_) => "unknown",
        }
    }
}

pub(super) fn run(scene: &Scene, args: &SecretsListArgs) -> anyhow::Result<u8> {
    let providers = scene.providers()?;
    let needs = scene.needs();
    let (resolved, failure) = look(&providers, &needs, &scene.environment);
    let mut rows: BTreeMap<SecretName, Standing> =
        needs.iter().map(|(name, uses)| (name.clone(), standing(name, uses, &resolved, &failure))).collect();
    for provider in &providers {
        for name in provider.names() {
            rows.entry(name).or_insert_with(|| Standing::Set(provider.title()));
        }
    }
    if args.json {
        let titles: Vec<String> = providers.iter().map(|provider| provider.title()).collect();
        print_json(scene, &titles, &rows, &needs, &resolved.warnings)?;
        return Ok(exit::DONE);
    }
    warn(&resolved.warnings);
    if rows.is_empty() {
        anstream::println!("no service of {} names a secret, and none is set", scene.environment);
        return Ok(exit::DONE);
    }
    let mut table = style::Table::new(&[style::NAME, style::HINT, style::DIM]);
    for (name, standing) in &rows {
        let word = match standing {
            Standing::Set(source) => format!("set in {source}"),
            Standing::Unknown(why) => format!("unknown: {why}"),
            Standing::Unset(_) => standing.word().to_owned(),
        };
        table.row([name.to_string(), word, users(needs.get(name).map_or(&[], Vec::as_slice))]);
    }
    let mut text = Vec::new();
    table.write(&mut text)?;
    anstream::stdout().lock().write_all(&text)?;
    Ok(exit::DONE)
}

fn standing(name: &SecretName, uses: &[Use], resolved: &Resolved, failure: &Failure) -> Standing {
    if let Some(found) = resolved.get(name.as_str()) {
        return Standing::Set(found.source.clone());
    }
    match failure.errors.iter().find(|(failed, _)| failed == name) {
        Some((_, error)) => Standing::Unknown(error.to_string()),
        None => Standing::Unset(uses.iter().map(|one| one.fallback).min().unwrap_or(Fallback::Code)),
    }
}

fn users(uses: &[Use]) -> String {
    if uses.is_empty() {
        return "nobody names it".to_owned();
    }
    let user = |one: &Use| match &one.place {
        Some(place) => format!("{} ({place})", one.service),
        None => one.service.to_string(),
    };
    uses.iter().map(user).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}

fn print_json(
    scene: &Scene,
    titles: &[String],
    rows: &BTreeMap<SecretName, Standing>,
    needs: &Needs,
    warnings: &[String],
) -> anyhow::Result<()> {
    let secret = |(name, standing): (&SecretName, &Standing)| {
        let uses = needs.get(name).map_or(&[][..], Vec::as_slice);
        let needed_by: Vec<_> = uses
            .iter()
            .map(|one| {
                json!({
                    "service": one.service,
                    "variable": one.variable,
                    "place": one.place.as_ref().map(ToString::to_string),
                })
            })
            .collect();
        let description = scene.app.secrets.get(name.as_str()).and_then(|secret| secret.description.get());
        json!({
            "name": name.as_str(),
            "state": standing.word().replace(' ', "-"),
            "source": match standing { Standing::Set(source) => Some(source), _ => None },
            "error": match standing { Standing::Unknown(why) => Some(why), _ => None },
            "description": description,
            "needed_by": needed_by,
        })
    };
    let document = json!({
        "schema": "sea.secrets/1",
        "environment": scene.environment,
        "sources": titles,
        "secrets": rows.iter().map(secret).collect::<Vec<_>>(),
        "warnings": warnings,
    });
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&document)?)?;
    Ok(())
}

pub(super) fn check(scene: &Scene) -> anyhow::Result<u8> {
    let needs = scene.needs();
    let (resolved, failure) = look(&scene.providers()?, &needs, &scene.environment);
    warn(&resolved.warnings);
    for missing in &failure.missing {
        anstream::println!("{} {missing}", style::paint(style::ERROR, "missing"));
    }
    for (name, error) in &failure.errors {
        anstream::println!("{} {name}: {error}", style::paint(style::ERROR, "unknown"));
    }
    if !failure.errors.is_empty() {
        return Ok(exit::OUTSIDE);
    }
    if !failure.missing.is_empty() {
        return Ok(exit::NO);
    }
    let environment = &scene.environment;
    let set = resolved.all().count();
    anstream::println!(
        "{environment} has all that its services need: {set} of {} named secrets are set",
        needs.len()
    );
    Ok(exit::DONE)
}
