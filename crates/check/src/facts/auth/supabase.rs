//! Tables that Supabase serves to everyone, and policies that hold nobody back.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{regex, without_comments};
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;

const TABLE: &str = "table-without-row-security";
const POLICY: &str = "policy-open-to-all";

pub(super) const FACT: Fact = Fact { rules: &[TABLE, POLICY], whole: true, check };

/// A name with its schema: two groups.
const NAME: &str = r#"(?:"?(\w+)"?\s*\.\s*)?"?(\w+)"?"#;

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let is_migration =
        |path: &&str| path.contains("supabase/migrations/") || path.contains("supabase/schemas/");
    let mut paths: Vec<&str> = context.repository.with_extension("sql").filter(is_migration).collect();
    if paths.is_empty() {
        return;
    }
    paths.sort_unstable();
    let create = format!(r"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?{NAME}");
    let security = format!(
        r"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{NAME}\s+(enable|disable)\s+row\s+level\s+security"
    );
    let dropped = format!(r"\bdrop\s+table\s+(?:if\s+exists\s+)?{NAME}");
    let (Some(create), Some(security), Some(dropped)) = (regex(&create), regex(&security), regex(&dropped))
    else {
        return;
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for path in paths {
        let Some(text) = context.repository.text(path) else { continue };
        let sql = without_comments(&text, "--");
        policies(path, &sql, sink);
        let mut events: Vec<(Range<usize>, String, Event)> = Vec::new();
        for (pattern, kind) in [(&create, Event::Create), (&security, Event::Enable), (&dropped, Event::Drop)]
        {
            for found in pattern.captures_iter(sql.as_bytes()) {
                let group = |n: usize| {
                    found.get(n).map(|group| String::from_utf8_lossy(group.as_bytes()).to_lowercase())
                };
                let is_public = group(1).is_none_or(|schema| schema == "public");
                let (Some(whole), Some(name), true) = (found.get(0), group(2), is_public) else { continue };
                let kind = if group(3).as_deref() == Some("disable") { Event::Disable } else { kind };
                events.push((whole.range(), name, kind));
            }
        }
        events.sort_by_key(|(range, ..)| range.start);
        for (range, name, event) in events {
            match event {
                Event::Create => {
                    tables.entry(name).or_insert(Table { file: path.to_owned(), range, is_secured: false });
                }
                Event::Drop => drop(tables.remove(&name)),
                Event::Enable | Event::Disable => {
                    if let Some(table) = tables.get_mut(&name) {
                        table.is_secured = event == Event::Enable;
                    }
                }
            }
        }
        // A loop over all tables.
        let lower = sql.to_ascii_lowercase();
        if lower.contains("execute") && lower.contains("enable row level security") && lower.contains("loop")
        {
            for table in tables.values_mut() {
                table.is_secured = true;
            }
        }
    }
    for (name, table) in tables.into_iter().filter(|(_, table)| !table.is_secured) {
        let message =
            format!("`{name}` has no row level security: everyone with the anon key reads and writes it");
        sink.report(Draft::bytes(TABLE, table.file, table.range).says(message));
    }
}

struct Table {
    file: String,
    range: Range<usize>,
    is_secured: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Create,
    Enable,
    Disable,
    Drop,
}

/// Policies whose condition is always true and that are about changes.
fn policies(path: &str, sql: &str, sink: &Sink<'_>) {
    let patterns = (
        regex(r#"\bcreate\s+policy\s+(?:"[^"]*"|\w+)\s+on\s+([^;]*);"#),
        regex(r"\bfor\s+(all|select|insert|update|delete)\b"),
        regex(r"\busing\s*\(\s*\(?\s*true\s*\)?\s*\)"),
        regex(r"\bto\s+(service_role|postgres|supabase_\w+)\b"),
    );
    let (Some(policy), Some(command), Some(always), Some(trusted)) = patterns else { return };
    for found in policy.captures_iter(sql.as_bytes()) {
        let (Some(whole), Some(body)) = (found.get(0), found.get(1)) else { continue };
        let body = body.as_bytes();
        let is_about_changes = command.captures(body).and_then(|found| found.get(1)).is_none_or(|command| {
            !matches!(&command.as_bytes().to_ascii_lowercase()[..], b"select" | b"insert")
        });
        if is_about_changes && always.is_match(body) && !trusted.is_match(body) {
            sink.report(Draft::bytes(POLICY, path, whole.range()));
        }
    }
}
