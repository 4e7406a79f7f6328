//! `sea show`.

use std::io::Write as _;

use seaworthy_ledger::{Event, Ledger, LedgerError, ReleaseId, Seq};
use seaworthy_model::Name;

use crate::args::{Global, ShowArgs};
use crate::commands::{remote, state};
use crate::exit::{self, Mistake};
use crate::output::release;

/// As many releases are named when a text means several.
const NAMED: usize = 5;

pub(crate) fn run(global: &Global, args: &ShowArgs) -> anyhow::Result<u8> {
    if let Some(code) = remote::pass(global, &args.state)? {
        return Ok(code);
    }
    let Some(ledger) = state::ledger(&args.state)? else {
        if args.json {
            writeln!(std::io::stdout(), "null")?;
        } else {
            state::nothing_yet();
        }
        return Ok(exit::DONE);
    };
    let (app, id) = find(&ledger, &args.release, args.app.as_deref().or(global.here.as_deref()))?;
    // It was found by one of its events.
    let Some(report) = ledger.release_report(&app, &id)? else { return Err(unknown(&ledger, args)?.into()) };
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        return Ok(exit::DONE);
    }
    let numbers = report.events.iter().map(|event| event.seq);
    let events = numbers.filter_map(|seq: Seq| ledger.event(seq).transpose());
    let events = events.collect::<Result<Vec<Event>, LedgerError>>()?;
    release::write(&mut out, &report, &events)?;
    Ok(exit::DONE)
}

/// The release that a text means: its id, what serves in an environment of that name, or the only one that begins so.
fn find(ledger: &Ledger, text: &str, app: Option<&str>) -> anyhow::Result<(Name, ReleaseId)> {
    let of_app = |name: &Name| app.is_none_or(|app| app == name.as_str());
    let mut found = ledger.releases(text)?;
    found.retain(|(name, _)| of_app(name));
    let exact: Vec<_> = found.iter().filter(|(_, id)| id.as_str() == text).cloned().collect();
    if !exact.is_empty() {
        return one(text, exact);
    }
    let mut serving = Vec::new();
    let mut is_place = false;
    for (name, place) in
        ledger.places()?.into_iter().filter(|(name, place)| of_app(name) && place.as_str() == text)
    {
        is_place = true;
        serving.extend(ledger.serving(&name, &place)?.map(|id| (name, id)));
    }
    if is_place && serving.is_empty() {
        let help = Some("sea history --env ".to_owned() + text);
        return Err(Mistake { message: format!("nothing serves in {text}"), help }.into());
    }
    if !serving.is_empty() {
        return one(text, serving);
    }
    if found.is_empty() { Err(unknown_text(ledger, text, app)?.into()) } else { one(text, found) }
}

fn one(text: &str, mut found: Vec<(Name, ReleaseId)>) -> anyhow::Result<(Name, ReleaseId)> {
    if found.len() == 1 {
        return Ok(found.swap_remove(0));
    }
    let apps = found.iter().any(|(app, _)| *app != found[0].0);
    let named: Vec<String> = found.iter().take(NAMED).map(|(app, id)| format!("{id} of {app}")).collect();
    let more = found.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Mistake {
        message: format!("`{text}` means several releases: {}{more}", named.join(", ")),
        help: Some(if apps {
            format!("sea show {} --app {}", found[0].1, found[0].0)
        } else {
            format!("sea show {}", found[0].1)
        }),
    }
    .into())
}

fn unknown(ledger: &Ledger, args: &ShowArgs) -> Result<Mistake, LedgerError> {
    unknown_text(ledger, &args.release, args.app.as_deref())
}

/// There is nothing of that name: the nearest that there is.
fn unknown_text(ledger: &Ledger, text: &str, app: Option<&str>) -> Result<Mistake, LedgerError> {
    let of_app = |name: &Name| app.is_none_or(|app| app == name.as_str());
    let releases =
        ledger.releases("")?.into_iter().filter(|(name, _)| of_app(name)).map(|(_, id)| id.to_string());
    let places =
        ledger.places()?.into_iter().filter(|(name, _)| of_app(name)).map(|(_, place)| place.to_string());
    let near = releases
        .chain(places)
        .max_by(|one, other| strsim::jaro(one, text).total_cmp(&strsim::jaro(other, text)))
        .filter(|near| strsim::jaro(near, text) > 0.6);
    let of = app.map(|app| format!(" of {app}")).unwrap_or_default();
    Ok(Mistake {
        message: format!("there is no release or environment `{text}`{of}"),
        help: Some(match near {
            Some(near) => format!("sea show {near}"),
            None => "sea history --kind release (shows the releases)".to_owned(),
        }),
    })
}
