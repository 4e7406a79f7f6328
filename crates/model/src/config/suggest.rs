//! The nearest known word to a mistyped one.

/// The known word that `given` was probably meant to be: equal but for case and `-`/`_`, one that starts or
/// ends with it, or one that a few typing mistakes lead to.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let wanted = plain(given);
    known
        .into_iter()
        .filter_map(|word| {
            let candidate = plain(word);
            let distance = strsim::osa_distance(&wanted, &candidate);
            // One mistake in three letters is a typing mistake; more is another word.
            let close = distance <= ((wanted.chars().count().max(candidate.chars().count()) + 1) / 3).max(1);
            let prefix = wanted.len() >= 3
                && candidate.len() >= 3
                && (candidate.starts_with(&wanted) || wanted.starts_with(&candidate))
                || wanted.len() >= 5 && candidate.ends_with(&wanted);
            // A one-letter word is one mistake away from every other.
            let telling = wanted.chars().count() > 1 || distance == 0;
            ((close && telling) || prefix).then_some((distance, word))
        })
        .min()
        .map(|(_, word)| word)
}

/// "did you mean `x`?", or all that is known when nothing is near and the list is short enough to read.
pub(crate) fn did_you_mean<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(word) = nearest(given, known.clone()) {
        return Some(format!("did you mean `{word}`?"));
    }
    let words: Vec<_> = known.into_iter().collect();
    (!words.is_empty() && words.len() <= 12).then(|| format!("known here: {}", list(words)))
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_seen_through() {
        let known = ["port", "path", "depends_on", "replicas", "stop_grace_period"];
        for (given, expected) in [
            ("prot", Some("port")),
            ("Port", Some("port")),
            ("depends-on", Some("depends_on")),
            ("dependson", Some("depends_on")),
            ("replica", Some("replicas")),
            ("stop_grace", Some("stop_grace_period")),
            ("colour", None),
            ("p", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, known), expected, "{given}");
        }
    }
}
