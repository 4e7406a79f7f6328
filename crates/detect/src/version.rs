//! Version requirements as repositories write them.

use seaworthy_model::Runtime;

/// Reads what a version file or requirement says: `v20.11.0`, `>=18 <21`, `^3.11`, `20.x`, `lts/iron`, `~> 7.1`.
///
/// The version is the lowest that satisfies it; the requirement is kept where it is more than one version.
pub(crate) fn runtime(name: &str, text: &str) -> Option<Runtime> {
    let text = text.trim().trim_matches(['"', '\'']);
    if text.is_empty() || text == "*" || text == "latest" || text == "node" || text == "system" {
        return None;
    }
    let mut runtime = Runtime::new(name, Some(lowest(name, text)?));
    if text.contains(['<', '>', '^', '~', '*', '|', ' ', ',', '!']) {
        runtime.requirement = Some(text.to_owned());
    }
    Some(runtime)
}

/// Node's long-term releases by code name (source: the Node.js release schedule).
const NODE_LTS: [(&str, &str); 8] = [
    ("fermium", "14"),
    ("gallium", "16"),
    ("hydrogen", "18"),
    ("iron", "20"),
    ("jod", "22"),
    ("krypton", "24"),
    ("erbium", "12"),
    ("*", "24"),
];

fn lowest(name: &str, text: &str) -> Option<String> {
    if name == "node"
        && let Some(code_name) = text.to_ascii_lowercase().strip_prefix("lts/")
    {
        return NODE_LTS
            .iter()
            .find(|(known, _)| *known == code_name)
            .map(|(_, version)| (*version).to_owned());
    }
    // Of alternatives (`^18 || ^20`) the newest is what the authors move towards.
    let text = text.rsplit("||").next().unwrap_or(text).trim();
    let text = text.split([',', ' ']).find(|part| {
        let part = part.trim();
        !part.is_empty() && !part.starts_with(['<', '!']) && part.contains(|c: char| c.is_ascii_digit())
    })?;
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let number = &text[start..];
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let mut number = number[..end].trim_end_matches('.');
    // `>=18.0.0` and `^18.0.0` ask for 18, nothing more precise; `18.0.0` alone asks for itself.
    if text.starts_with(['>', '^', '~']) {
        while let Some(shorter) = number.strip_suffix(".0") {
            number = shorter;
        }
    }
    Some(number.to_owned())
}

/// Two versions say the same as far as the less precise one goes: `20` and `20.11.0`.
pub fn versions_agree(one: &str, other: &str) -> bool {
    one.split('.').zip(other.split('.')).all(|(one, other)| one == other)
}

/// Some version can be what both places mean.
pub fn runtimes_agree(one: &Runtime, other: &Runtime) -> bool {
    let (Some(first), Some(second)) = (&one.version, &other.version) else { return true };
    one.name != other.name || (admits(one, second) || admits(other, first)) && !exact_refused(one, other)
}

/// One place names one version, the other a range that refuses it.
fn exact_refused(one: &Runtime, other: &Runtime) -> bool {
    let refused = |exact: &Runtime, range: &Runtime| {
        exact.requirement.is_none()
            && range.requirement.is_some()
            && exact.version.as_deref().is_some_and(|version| !admits(range, version))
    };
    refused(one, other) || refused(other, one)
}

/// A requirement such as `>=18` or `^20.1` admits `version`.
pub(crate) fn admits(runtime: &Runtime, version: &str) -> bool {
    let Some(lowest) = &runtime.version else { return true };
    if versions_agree(lowest, version) {
        return true;
    }
    let Some(requirement) = &runtime.requirement else { return false };
    let number = |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    let (low, given) = (number(lowest), number(version));
    // A less precise version stands for its newest: `20` satisfies `>=20.9`.
    let compared = low.iter().zip(&given).map(|(low, given)| given.cmp(low)).find(|order| order.is_ne());
    if compared.is_some_and(std::cmp::Ordering::is_lt) {
        return requirement.contains("||");
    }
    if let Some((_, upper)) = requirement.split_once('<') {
        let inclusive = upper.starts_with('=');
        let upper = number(upper.trim_start_matches('=').trim());
        let order =
            given.iter().zip(&upper).map(|(given, upper)| given.cmp(upper)).find(|order| order.is_ne());
        return match order {
            Some(order) => order.is_lt(),
            None => inclusive || given.len() < upper.len(),
        };
    }
    if requirement.contains('>') {
        return true;
    }
    // `^1.2` keeps the first number, `~1.2` and `~=1.2` the second.
    let kept = if requirement.contains('^') || low.len() < 3 { 1 } else { 2 };
    low.iter().zip(&given).take(kept).all(|(low, given)| low == given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_version_of_a_requirement() {
        for (name, text, version) in [
            ("node", "v20.11.0", "20.11.0"),
            ("node", ">=18", "18"),
            ("node", ">=18.0.0 <21", "18"),
            ("node", "^18 || ^20", "20"),
            ("node", "20.x", "20"),
            ("node", "lts/iron", "20"),
            ("python", "^3.11", "3.11"),
            ("python", ">=3.10,<3.13", "3.10"),
            ("python", "==3.12.*", "3.12"),
            ("python", "python-3.11.4", "3.11.4"),
            ("ruby", "~> 3.2.0", "3.2.0"),
            ("go", "1.22", "1.22"),
            ("php", "^8.2", "8.2"),
        ] {
            let found = runtime(name, text).and_then(|runtime| runtime.version);
            assert_eq!(found.as_deref(), Some(version), "{text}");
        }
        for text in ["", "*", "latest", "node", "lts/unknown", "<3"] {
            assert_eq!(runtime("node", text), None, "{text}");
        }
    }

    #[test]
    fn versions_agree_and_are_admitted() {
        assert!(
            versions_agree("20", "20.11.0") && !versions_agree("18", "20") && !versions_agree("3.11", "3.12")
        );
        let admitted =
            |requirement: &str, version: &str| admits(&runtime("x", requirement).unwrap(), version);
        assert!(admitted(">=18", "20") && admitted(">=18 <21", "20") && !admitted(">=18 <20", "20"));
        assert!(!admitted(">=20", "18") && admitted("^3.10", "3.12") && !admitted("3.11", "3.12"));
        assert!(admitted(">=3.10,<3.13", "3.12") && !admitted(">=3.10,<3.13", "3.13"));
        assert!(admitted(">=20.9", "20") && admitted("^18 || ^20", "18"));
    }
}
