//! How bad a vulnerability is: the database's own word, else its CVSS score.

use serde::Deserialize;
use serde_json::Value;

use crate::rule::Severity;

/// A score as OSV carries it.
#[derive(Debug, Deserialize)]
pub(super) struct Score {
    r#type: String,
    score: String,
}

/// The word of the database first: people weighed it; then the vectors.
pub(super) fn of<'s>(scores: impl Iterator<Item = &'s Score>, specific: Option<&Value>) -> Option<Severity> {
    let word = specific.and_then(|specific| specific.get("severity")).and_then(Value::as_str);
    if let Some(severity) = word.and_then(named) {
        return Some(severity);
    }
    scores
        .filter(|score| score.r#type == "CVSS_V3")
        .filter_map(|score| base_score(&score.score))
        .map(|score| match score {
            90.. => Severity::Critical,
            70..90 => Severity::High,
            40..70 => Severity::Medium,
            _ => Severity::Low,
        })
        .max()
}

fn named(word: &str) -> Option<Severity> {
    Some(match word.to_ascii_uppercase().as_str() {
        "CRITICAL" => Severity::Critical,
        "HIGH" | "IMPORTANT" => Severity::High,
        "MODERATE" | "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        _ => return None,
    })
}

/// The base score of a CVSS 3 vector in tenths (<https://www.first.org/cvss/v3.1/specification-document>, section 7.1).
fn base_score(vector: &str) -> Option<u32> {
    let metric = |name: &str| {
        vector
            .split('/')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix(':'))
            .and_then(|value| value.chars().next())
    };
    let is_changed = metric("S")? == 'C';
    let attack_vector = match metric("AV")? {
        'N' => 0.85,
        'A' => 0.62,
        'L' => 0.55,
        _ => 0.2,
    };
    let complexity = if metric("AC")? == 'L' { 0.77 } else { 0.44 };
    let privileges = match (metric("PR")?, is_changed) {
        ('N', _) => 0.85,
        ('L', true) => 0.68,
        ('L', false) => 0.62,
        (_, true) => 0.5,
        (_, false) => 0.27,
    };
    let interaction = if metric("UI")? == 'N' { 0.85 } else { 0.62 };
    let weight = |name: &str| {
        Some(match metric(name)? {
            'H' => 0.56,
            'L' => 0.22,
            _ => 0.0,
        })
    };
    let lost: f64 = (1.0 - weight("C")?) * (1.0 - weight("I")?) * (1.0 - weight("A")?);
    let base = 1.0 - lost;
    let impact = if is_changed { 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15) } else { 6.42 * base };
    if impact <= 0.0 {
        return Some(0);
    }
    let exploitability = 8.22 * attack_vector * complexity * privileges * interaction;
    let sum = if is_changed { 1.08 * (impact + exploitability) } else { impact + exploitability };
    // Rounded up to a tenth, with the specification's guard against the noise of floating point.
    let scaled = (sum.min(10.0) * 100_000.0).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000,000")]
    let scaled = scaled as u32;
    Some(scaled.div_ceil(10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_specification() {
        // Vectors with the scores that FIRST's calculator gives for them.
        assert_eq!(base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), Some(98));
        assert_eq!(base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"), Some(61));
        assert_eq!(base_score("CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"), Some(47));
        assert_eq!(base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"), Some(75));
        assert_eq!(base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), Some(0));
        assert_eq!(base_score("nonsense"), None);
    }

    #[test]
    fn the_word_of_the_database_goes_before_its_score() {
        let low = serde_json::json!({"severity": "MODERATE"});
        let score = Score {
            r#type: "CVSS_V3".to_owned(),
            score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
        };
        assert_eq!(of([&score].into_iter(), Some(&low)), Some(Severity::Medium));
        assert_eq!(of([&score].into_iter(), None), Some(Severity::Critical));
    }
}
