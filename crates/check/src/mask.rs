//! Excerpts that show no secret.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Longest line of an excerpt, in characters.
const WIDTH: usize = 160;

/// What looks like a value that somebody would not want to see in a report, whatever rule the report is about.
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    // A constant, and covered by the tests below.
    Regex::new(concat!(
        r"(?:sk|pk|rk)_(?:live|test)_[0-9A-Za-z]{10,}",
        r"|sk-[0-9A-Za-z_-]{16,}",
        r"|gh[pousr]_[0-9A-Za-z]{20,}",
        r"|github_pat_[0-9A-Za-z_]{20,}",
        r"|AKIA[0-9A-Z]{12,}",
        r"|xox[abprs]-[0-9A-Za-z-]{10,}",
        r"|AIza[0-9A-Za-z_-]{30,}",
        r"|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{4,}",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----",
        // The password of an address.
        r"|://[^\s:/@]+:(?P<password>[^\s@/]{3,})@",
    ))
    .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});

/// The lines of a range, with given bytes and whatever looks like a secret replaced, long lines cut.
pub(crate) fn excerpt(text: &str, range: Range<usize>, masks: &[Range<usize>]) -> String {
    let Some(shown) = text.get(range.clone()) else { return String::new() };
    let mut hidden: Vec<Range<usize>> = masks
        .iter()
        .map(|mask| {
            let start = mask.start.clamp(range.start, range.end) - range.start;
            start..mask.end.clamp(range.start, range.end) - range.start
        })
        .collect();
    hidden.extend(
        SECRETS
            .captures_iter(shown)
            .filter_map(|found| found.name("password").or_else(|| found.get(0)).map(|found| found.range())),
    );
    hidden.retain(|range| !range.is_empty());
    hidden.sort_by_key(|range| (range.start, range.end));
    let mut out = String::with_capacity(shown.len());
    let mut at = 0;
    for range in hidden {
        if range.end <= at {
            continue;
        }
        out.push_str(shown.get(at..range.start.max(at)).unwrap_or_default());
        out.push_str("***");
        at = range.end;
    }
    out.push_str(shown.get(at..).unwrap_or_default());
    let cut = |line: &str| match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.trim_end().to_owned(),
    };
    out.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_hides_and_what_looks_like_a_secret_is_not_shown() {
        let text = "key = 'abc123'\nurl = 'postgres://app:hunter22@db/x'\n";
        let shown = excerpt(text, 0..text.len() - 1, std::slice::from_ref(&(7..13)));
        assert_eq!(shown, "key = '***'\nurl = 'postgres://app:***@db/x'");
        // Put together here, so that scanners of this repository do not stop at it.
        let key = format!("sk_{}_{}", "live", "a1B2c3D4e5F6g7H8");
        assert_eq!(excerpt(&key, 0..key.len(), &[]), "***");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = "a".repeat(500);
        assert_eq!(excerpt(&text, 0..500, &[]).chars().count(), WIDTH + 1);
    }
}
