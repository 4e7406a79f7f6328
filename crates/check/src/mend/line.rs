//! A line for a line.

use std::ops::Range;

use super::Spot;
use crate::allow;
use crate::finding::Edit;

/// The change for a finding of `rule` on the line with these bytes; `None` where it takes a person.
pub(super) fn edit(rule: &str, spot: &Spot<'_>) -> Option<Edit> {
    let content = spot.text.get(spot.line.clone())?;
    let replaced = |text: String| Some(spot.edit(spot.line.clone(), text));
    match rule {
        // Services reach each other by name; the host's own tools reach the loopback address.
        "compose-database-published" => replaced(on_loopback(content)?),
        // Reported where a lockfile is copied: what is installed is what it says.
        "docker-npm-install" => replaced(clean_install(content)?),
        allow::UNUSED => {
            let is_alone = content.trim_start().starts_with(['#', '/', '-', '<', ';']);
            is_alone.then(|| spot.edit(whole(spot.text, spot.line.clone()), ""))
        }
        _ => None,
    }
}

/// The line with its end.
fn whole(text: &str, line: Range<usize>) -> Range<usize> {
    line.start..if text[line.end..].starts_with('\n') { line.end + 1 } else { line.end }
}

/// The first time that `from` stands there as a word, and only if it is there once.
fn word(line: &str, from: &str, to: &str) -> Option<String> {
    let at = line.find(from)?;
    let is_start =
        line[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && before != '-');
    let is_once = line[at + from.len()..].find(from).is_none();
    (is_start && is_once).then(|| format!("{}{to}{}", &line[..at], &line[at + from.len()..]))
}

/// `- "5432:5432"` with the loopback address before it.
fn on_loopback(line: &str) -> Option<String> {
    let at = line.find("- ")? + 2;
    let entry = line[at..].trim();
    let bare = entry.trim_matches(['"', '\'']);
    let is_pair = bare
        .split_once(':')
        .is_some_and(|(host, own)| [host, own].iter().all(|port| port.parse::<u16>().is_ok()));
    is_pair.then(|| format!("{}\"127.0.0.1:{bare}\"", &line[..at]))
}

/// `npm install` without packages as `npm ci`.
fn clean_install(line: &str) -> Option<String> {
    let from = ["npm install", "npm i"].into_iter().find(|from| {
        line.find(from).is_some_and(|at| {
            let rest = line[at + from.len()..].trim_start();
            rest.is_empty()
                || rest.starts_with("&&")
                || rest.starts_with("--omit=dev")
                || rest.starts_with("--production")
        })
    })?;
    word(line, from, "npm ci")
}

#[cfg(test)]
mod tests {
    use crate::mend::tests::mended;

    #[test]
    fn a_line_is_mended_or_left_to_a_person() {
        let cases = [
            ("compose-database-published", "      - 5432:5432\n", Some("      - \"127.0.0.1:5432:5432\"\n")),
            ("compose-database-published", "      - '5433:5432'", Some("      - \"127.0.0.1:5433:5432\"")),
            ("compose-database-published", "      - \"${PORT}:5432\"", None),
            ("compose-database-published", "      - target: 5432", None),
            ("docker-npm-install", "RUN npm install", Some("RUN npm ci")),
            ("docker-npm-install", "RUN npm install && npm run build", Some("RUN npm ci && npm run build")),
            ("docker-npm-install", "RUN npm install express", None),
            ("docker-npm-install", "RUN npm i --omit=dev", Some("RUN npm ci --omit=dev")),
            ("unused-suppression", "// sea: allow x because y\nrun()\n", Some("run()\n")),
            ("unused-suppression", "run() // sea: allow x because y\n", None),
            ("another-rule", "anything", None),
        ];
        for (rule, before, after) in cases {
            assert_eq!(
                mended(rule, before, before.lines().next().unwrap()).as_deref(),
                after,
                "{rule}: {before}"
            );
        }
    }
}
