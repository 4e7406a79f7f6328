//! Test files as a whole: those that only compare snapshots, and those that replace what they are to test.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;

const SNAPSHOTS: &str = "snapshot-only-suite";
const MOCKED: &str = "test-mocks-its-subject";

pub(super) static FACT: FileFact = FileFact {
    rules: &[SNAPSHOTS, MOCKED],
    wants: |file| {
        file.role == Role::Test
            && file.language.is_some()
            && (file.name().contains(".test.") || file.name().contains(".spec."))
    },
    check,
};

static EXPECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\bexpect(?:\.\w+)?\(")
        .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});
static SNAPSHOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\.(?:toMatchSnapshot|toMatchInlineSnapshot|toMatchFileSnapshot|toThrowErrorMatchingSnapshot)\(")
        .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});
static MOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?-u)\b(?:jest|vi)\.mock\(\s*['"`]((?:\.{1,2}|@|~)/[^'"`]*?)([A-Za-z0-9_.-]+)['"`]\s*(\)|,)"#,
    )
    .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
});

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let text = file.text.as_bytes();
    let snapshots = SNAPSHOT.find_iter(text).count();
    let is_all = snapshots > 0 && EXPECT.find_iter(text).count() <= snapshots && !file.has("assert");
    if let Some(first) = SNAPSHOT.find(text).filter(|_| is_all) {
        sink.report_in(file, Draft::bytes(SNAPSHOTS, file.path, first.range()));
    }
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let own = stem(file.name());
    for found in MOCK.captures_iter(text) {
        let (Some(all), Some(folder), Some(module)) = (found.get(0), found.get(1), found.get(2)) else {
            continue;
        };
        let (Some(folder), Some(module)) = (file.text.get(folder.range()), file.text.get(module.range()))
        else {
            continue;
        };
        // A part of it that is replaced, with the rest as it is, is no substitute; nor is a namesake elsewhere.
        let rest = &file.text[all.start()..file.text.floor_char_boundary(all.end() + 300)];
        let is_partial =
            ["requireActual", "importActual", "importOriginal"].iter().any(|word| rest.contains(word));
        if !own.is_empty()
            && own != "index"
            && stem(module) == own
            && !is_partial
            && matches!(folder, "./" | "../" | "../src/" | "../../src/")
        {
            let says = format!("`{module}` is what this file is to test, and it is replaced by a mock");
            sink.report_in(file, Draft::bytes(MOCKED, file.path, all.range()).says(says));
        }
    }
}
