//! Rules of Firebase that let everyone write.

use seaworthy_detect::document::{Node, Value};

use super::{regex, without_comments};
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;

const RULE: &str = "firebase-rules-open";

pub(super) const FACT: Fact = Fact { rules: &[RULE], whole: false, check };

/// Maps within maps beyond this are not rules that a person wrote.
const DEEPEST: usize = 64;

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let repository = context.repository;
    for path in repository.with_extension("rules") {
        if let Some(text) = repository.text(path) {
            firestore(path, &without_comments(&text, "//"), sink);
        }
    }
    for name in ["database.rules.json", "firebase-rules.json"] {
        for path in repository.named(name) {
            if let Some(document) = repository.document(path) {
                realtime(path, &document, 0, sink);
            }
        }
    }
}

/// Rules of Firestore and of the storage.
fn firestore(path: &str, text: &str, sink: &Sink<'_>) {
    let patterns = (
        regex(r"\ballow\s+([a-z, \t]+?)\s*(?:;|:\s*if\s+([^;]*);)"),
        regex(r"^\(?\s*(?:true|request\.time\s*<\s*timestamp\.date\([^)]*\))\s*\)?$"),
        regex(r"\b(?:write|create|update|delete)\b"),
    );
    let (Some(allow), Some(always), Some(write)) = patterns else { return };
    for found in allow.captures_iter(text.as_bytes()) {
        let (Some(whole), Some(operations)) = (found.get(0), found.get(1)) else { continue };
        let is_always =
            found.get(2).is_none_or(|condition| always.is_match(condition.as_bytes().trim_ascii()));
        if is_always && write.is_match(operations.as_bytes()) {
            sink.report(Draft::bytes(RULE, path, whole.range()).says("Everyone may write here"));
        }
    }
}

/// Rules of the realtime database.
fn realtime(path: &str, node: &Node, depth: usize, sink: &Sink<'_>) {
    if depth > DEEPEST {
        return;
    }
    for entry in node.entries() {
        let is_true = match &entry.node.value {
            Value::Bool(value) => *value,
            _ => entry.node.text() == Some("true"),
        };
        if &*entry.key == ".write" && is_true {
            sink.report(Draft::line(RULE, path, entry.line).says("Everyone may write here"));
        }
        realtime(path, &entry.node, depth + 1, sink);
    }
}
