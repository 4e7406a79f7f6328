//! `sea history`.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use seaworthy_ledger::chain::{Hash, Head};
use seaworthy_ledger::history::{History, LARGEST_PAGE, Order, Page, Query};
use seaworthy_ledger::{Kind, Ledger, LedgerError, ReleaseId, Seq};
use seaworthy_model::Name;

use crate::args::{FilterArgs, Global, HistoryArgs};
use crate::commands::{remote, state, time};
use crate::exit::{self, Mistake};
use crate::output::event;
use crate::output::style::{self, paint};

/// How often `--follow` looks.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) fn run(global: &Global, args: &HistoryArgs) -> anyhow::Result<u8> {
    if let Some(code) = remote::pass(global, &args.state)? {
        return Ok(code);
    }
    let file = state::ledger_file(&state::folder(&args.state)?);
    if args.repair {
        return repair(&file, args.yes);
    }
    if args.verify {
        return verify(&file, args.noted.as_deref());
    }
    let query = query(global, args)?;
    let Some(ledger) = state::ledger(&args.state)? else {
        if args.json && !args.follow {
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&History::empty())?)?;
        } else {
            state::nothing_yet();
        }
        return Ok(exit::DONE);
    };
    if args.follow {
        drop(ledger);
        return follow(args, &query);
    }
    let (page, left) = newest(&ledger, &query, args.limit)?;
    if args.json {
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&History::from(page))?)?;
        return Ok(exit::DONE);
    }
    if page.events.is_empty() {
        anstream::eprintln!("nothing of that kind happened; `sea history` shows everything");
        return Ok(exit::DONE);
    }
    event::write(&mut anstream::stdout().lock(), &page.events)?;
    if let Some(next) = left {
        anstream::eprintln!(
            "{}",
            paint(style::DIM, &format!("older ones: --before {next}, or more: --limit COUNT"))
        );
    }
    Ok(exit::DONE)
}

/// The query that the filters say.
pub(crate) fn filter(global: &Global, args: &FilterArgs) -> anyhow::Result<Query> {
    let name = |option: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| {
                Name::parse(text).map_err(|error| Mistake {
                    message: format!("{option}: {error}"),
                    help: Some("sea history (shows the names)".to_owned()),
                })
            })
            .transpose()
    };
    Ok(Query {
        app: name("--app", if args.app.is_some() { &args.app } else { &global.here })?,
        environment: name("--env", &global.env)?,
        since: args.since.as_deref().map(|text| time::read("--since", text)).transpose()?,
        until: args.until.as_deref().map(|text| time::read("--until", text)).transpose()?,
        ..Query::default()
    })
}

fn query(global: &Global, args: &HistoryArgs) -> anyhow::Result<Query> {
    let kinds = args.kind.iter().map(|word| kind(word)).collect::<Result<Vec<_>, _>>()?;
    let release = args.release.as_deref().map(ReleaseId::parse).transpose().map_err(|error| Mistake {
        message: format!("--release: {error}"),
        help: Some("sea history (shows the releases)".to_owned()),
    })?;
    let without = if args.all || !kinds.is_empty() { Vec::new() } else { vec![Kind::Transition] };
    let after = args.before.map(Seq::new);
    Ok(Query { kinds, without, release, after, ..filter(global, &args.filter)? })
}

fn kind(word: &str) -> Result<Kind, Mistake> {
    Kind::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        Mistake {
            message: format!("`{word}` is no kind of event"),
            help: Some(format!("--kind {}", known.join(", "))),
        }
    })
}

/// As many of the newest events, and where older ones begin.
fn newest(ledger: &Ledger, query: &Query, limit: usize) -> Result<(Page, Option<Seq>), LedgerError> {
    let mut all = Page { events: Vec::new(), next: query.after };
    loop {
        let query = Query { after: all.next, ..query.clone() };
        let page = ledger.page(&query, (limit.max(1) - all.events.len()).min(LARGEST_PAGE))?;
        all.events.extend(page.events);
        all.next = page.next;
        if all.next.is_none() || all.events.len() >= limit {
            let next = all.next;
            return Ok((all, next));
        }
    }
}

/// The newest events, oldest first, then each that comes. Ends when the reader of the output does, or with Ctrl-C.
fn follow(args: &HistoryArgs, query: &Query) -> anyhow::Result<u8> {
    let mut seen: Option<Seq> = None;
    loop {
        // Opened anew for each look: no reader is in the way of a repair.
        if let Some(ledger) = state::ledger(&args.state)? {
            let page = match seen {
                None => {
                    let mut page = newest(&ledger, query, args.limit)?.0;
                    page.events.reverse();
                    page
                }
                Some(after) => {
                    let query = Query { order: Order::OldestFirst, after: Some(after), ..query.clone() };
                    ledger.page(&query, LARGEST_PAGE)?
                }
            };
            seen = page.events.last().map(|event| event.seq).or(seen).or(Some(Seq::ZERO));
            let mut out = anstream::stdout().lock();
            if args.json {
                for event in &page.events {
                    writeln!(out, "{}", serde_json::to_string(&event.view())?)?;
                }
            } else {
                event::write(&mut out, &page.events)?;
            }
            out.flush()?;
        }
        std::thread::sleep(LOOK);
    }
}

fn verify(file: &Path, noted: Option<&str>) -> anyhow::Result<u8> {
    let noted = noted.map(head).transpose()?;
    let told = match Ledger::open_read_only(file, state::options()) {
        Ok(None) => {
            state::nothing_yet();
            return Ok(exit::DONE);
        }
        Ok(Some(ledger)) => ledger.verify(noted),
        Err(error) => Err(error),
    };
    match told {
        Ok(verified) => {
            event::write_verified(&mut anstream::stdout().lock(), &verified)?;
            Ok(exit::DONE)
        }
        // Damage is the answer "no", not a failure of the question.
        Err(error @ LedgerError::Damaged { .. }) => {
            crate::output::failure(&error.into());
            Ok(exit::NO)
        }
        Err(error) => Err(error.into()),
    }
}

fn head(text: &str) -> Result<Head, Mistake> {
    let read = text
        .split_once(':')
        .and_then(|(seq, hash)| Some(Head { seq: Seq::new(seq.parse().ok()?), hash: Hash::parse(hash)? }));
    read.ok_or_else(|| Mistake {
        message: format!("`{text}` is not the number and hash of an event"),
        help: Some("sea history --verify (prints those of the newest one)".to_owned()),
    })
}

fn repair(file: &Path, yes: bool) -> anyhow::Result<u8> {
    // A repair would make an empty ledger where there was none.
    if matches!(Ledger::open_read_only(file, state::options()), Ok(None)) {
        state::nothing_yet();
        return Ok(exit::DONE);
    }
    if yes {
        let (ledger, repaired) = Ledger::repair(file, state::options())?;
        let events = ledger.verify(None)?.events;
        event::write_repair(&mut anstream::stdout().lock(), repaired.as_ref(), events, true)?;
        return Ok(exit::DONE);
    }
    let folder = tempfile::tempdir()?;
    let (rehearsed, kept) = Ledger::rehearse_repair(file, folder.path(), state::options())?;
    event::write_repair(&mut anstream::stdout().lock(), rehearsed.as_ref(), kept, false)?;
    Ok(if rehearsed.is_some() { exit::NO } else { exit::DONE })
}
