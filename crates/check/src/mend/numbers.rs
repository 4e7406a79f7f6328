//! A number that is too low, or not there.

use super::Spot;
use crate::finding::Edit;

/// Rounds of bcrypt that are recommended today; hashes say their own, so that old ones stay good
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#bcrypt>).
const ROUNDS: &str = "12";

/// The last argument, one digit or the least that there is, becomes what is recommended.
pub(super) fn rounds(spot: &Spot<'_>) -> Option<Edit> {
    let call = spot.found()?;
    let end = call.trim_end_matches([')', ']']).len();
    let argument = &call[..end];
    let low = ["bcrypt.MinCost", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
        .into_iter()
        .find(|low| argument.ends_with(low))?;
    let before = argument[..end - low.len()].chars().next_back()?;
    let start = spot.span.start + end - low.len();
    matches!(before, ' ' | '(' | ',' | '=' | '>').then(|| spot.edit(start..start + low.len(), ROUNDS))
}

/// A server of Go gets a bound for the headers of a request: they are there within seconds or the client means harm.
/// Where the package of durations is not imported, that takes a person.
pub(super) fn header_timeout(spot: &Spot<'_>) -> Option<Edit> {
    let literal = spot.found()?;
    let start = "http.Server{".len();
    let has_time = spot.text.lines().any(|line| matches!(line.trim(), "\"time\"" | "import \"time\""));
    let rest = literal.strip_prefix("http.Server{")?;
    let at = spot.span.start + start;
    if !has_time {
        return None;
    }
    let field = "ReadHeaderTimeout: 10 * time.Second,";
    if let Some(fields) = rest.strip_prefix('\n') {
        let indent = &fields[..fields.len() - fields.trim_start_matches(['\t', ' ']).len()];
        return Some(spot.edit(at..at, format!("\n{indent}{field}")));
    }
    // `{}` has no fields, and `{ A: b }` begins with a blank.
    let is_named = rest.contains(':');
    is_named.then(|| spot.edit(at..at, format!("{field} ")))
}

#[cfg(test)]
mod tests {
    use crate::mend::tests::mended;

    #[test]
    fn rounds_that_are_a_digit_are_raised() {
        let cases = [
            ("bcrypt.hash(password, 5)", Some("bcrypt.hash(password, 12)")),
            ("bcrypt.gensalt(rounds=4)", Some("bcrypt.gensalt(rounds=12)")),
            (
                "password_hash($p, PASSWORD_BCRYPT, ['cost' => 4])",
                Some("password_hash($p, PASSWORD_BCRYPT, ['cost' => 12])"),
            ),
            (
                "bcrypt.GenerateFromPassword([]byte(p), bcrypt.MinCost)",
                Some("bcrypt.GenerateFromPassword([]byte(p), 12)"),
            ),
            ("bcrypt.hash(password, rounds4)", None),
            ("bcrypt.hash(password, 1.5)", None),
        ];
        for (before, after) in cases {
            assert_eq!(mended("bcrypt-rounds-low", before, before).as_deref(), after, "{before}");
        }
    }

    #[test]
    fn a_go_server_gets_a_bound_for_headers() {
        let import = "import (\n\t\"net/http\"\n\t\"time\"\n)\n";
        let cases = [
            ("http.Server{Addr: addr}", Some("http.Server{ReadHeaderTimeout: 10 * time.Second, Addr: addr}")),
            (
                "http.Server{\n\tAddr: addr,\n}",
                Some("http.Server{\n\tReadHeaderTimeout: 10 * time.Second,\n\tAddr: addr,\n}"),
            ),
            ("http.Server{}", None),
            ("http.ListenAndServe(addr, mux)", None),
        ];
        for (literal, after) in cases {
            let mended = mended("server-without-timeouts", &format!("{import}{literal}"), literal);
            assert_eq!(mended, after.map(|after| format!("{import}{after}")), "{literal}");
        }
        assert_eq!(mended("server-without-timeouts", "http.Server{Addr: a}", "http.Server{Addr: a}"), None);
    }
}
