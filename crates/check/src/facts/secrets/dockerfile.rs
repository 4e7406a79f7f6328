//! Secrets in Dockerfiles: whatever `ENV` and `ARG` are given stays in the image and its history.

use parse_dockerfile::Instruction;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::{evidence, scan};
use crate::file::{Role, SourceFile};
use crate::finding::Draft;
use crate::rule::Severity;

const RULE: &str = "secret-in-dockerfile";

pub(super) static FACT: FileFact = FileFact {
    rules: &[RULE],
    wants: |file| {
        let name = file.name().to_ascii_lowercase();
        let is_named =
            ["dockerfile", "containerfile"].iter().any(|kind| name.starts_with(kind) || name.ends_with(kind));
        is_named && !name.ends_with("ignore") && !matches!(file.role, Role::Test | Role::Example)
    },
    check,
};

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Ok(parsed) = parse_dockerfile::parse(file.text) else { return };
    if !context.is_shared(file.path) {
        return;
    }
    for instruction in &parsed.instructions {
        let (span, is_argument) = match instruction {
            Instruction::Env(env) => (env.arguments.span.clone(), false),
            Instruction::Arg(arg) => (arg.arguments.span.clone(), true),
            _ => continue,
        };
        let Some(text) = file.text.get(span.clone()) else { continue };
        for (name, value) in pairs(text) {
            let offset = |part: &str| span.start + (part.as_ptr() as usize - text.as_ptr() as usize);
            match value {
                Some(value) if evidence::is_secret_value(name, value) && !scan::is_known(value) => {
                    let range = offset(value)..offset(value) + value.len();
                    let says = format!("the value of `{name}` is in the image and in its history");
                    sink.report_in(
                        file,
                        Draft::bytes(RULE, file.path, range.clone()).hiding(range).says(says),
                    );
                }
                // A build that is given one leaves it in the history.
                None | Some("") if is_argument && evidence::names_secret(name) => {
                    let range = offset(name)..offset(name) + name.len();
                    let says = format!("what `{name}` is given when the image is built stays in its history");
                    sink.report_in(
                        file,
                        Draft::bytes(RULE, file.path, range).weighs(Severity::Medium).says(says),
                    );
                }
                _ => {}
            }
        }
    }
}

/// `NAME=value NAME="a value"`, or `NAME value` as it was written once.
fn pairs(text: &str) -> Vec<(&str, Option<&str>)> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let first = text.split(|letter: char| letter.is_whitespace() || letter == '=').next().unwrap_or(text);
    if is_name(first) && !text.contains('=') {
        let rest = text[first.len()..].trim();
        return vec![(first, (!rest.is_empty()).then(|| rest.trim_matches(['"', '\''])))];
    }
    text.split(|letter: char| letter.is_whitespace() || letter == '\\')
        .filter_map(|word| word.split_once('='))
        .filter(|(name, _)| is_name(name))
        .map(|(name, value)| (name, Some(value.trim_matches(['"', '\'']))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_both_forms() {
        assert_eq!(pairs("A=1 B=\"2\""), [("A", Some("1")), ("B", Some("2"))]);
        assert_eq!(pairs("A one"), [("A", Some("one"))]);
        assert_eq!(pairs("TOKEN"), [("TOKEN", None)]);
        assert_eq!(pairs("A=1 \\\n  B=2"), [("A", Some("1")), ("B", Some("2"))]);
    }
}
