//! Every code that the sources use has a page, every page a use, and the examples on the pages are true.

use std::collections::BTreeSet;

use regex::Regex;
use seaworthy_check::Catalogue;

use super::{blocks, markdown, stem};
use crate::process::{Run, run_in, workspace};
use crate::repository::repository;

/// The sources of the crates that have codes, without their tests.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> = [
        "model",
        "detect",
        "provision",
        "secrets",
        "engine",
        "ledger",
        "artifact",
        "release",
        "certificate",
        "remote",
        "cli",
    ]
    .iter()
    .map(|name| workspace().join("crates").join(name).join("src"))
    .collect();
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned());
            }
        }
    }
    found
}

/// Codes where they are made: the first text of a diagnostic, problem, refusal or warning, and those of errors.
fn made() -> BTreeSet<String> {
    let made = [
        r#"(?x)
        (?: (?: Diagnostic | Problem ) :: (?: error | warning | new ) \( \s*
          | said_by \( \s* [^,"]+ , \s*
          | Refusal :: new \( \s*
          | Warning :: new \( \s*
          | \. warn \( \s*
          | found \. push \( \( \s*
          | \b fail \( \s* shared, \s* name, \s*
          | \b tell \( \s* &?shared, \s*
          | \b code: \s* )
        "([a-z]+(?:-[a-z]+)+)""#,
        r#"=>\s*"(placeholder-[a-z]+)""#,
        // The codes of an error's variants.
        r#"Self::\w+(?: \{ \.\. \}|\(_\)) => "([a-z]+(?:-[a-z]+)+)","#,
        r#"let code = if \w+ \{ "([a-z-]+)" \} else \{ "([a-z-]+)" \}"#,
    ]
    .map(|pattern| Regex::new(pattern).unwrap());
    let sources = sources();
    let mut codes = BTreeSet::new();
    for captures in sources.iter().flat_map(|text| made.iter().flat_map(|made| made.captures_iter(text))) {
        codes.extend(captures.iter().skip(1).flatten().map(|code| code.as_str().to_owned()));
    }
    codes
}

/// Every code that has a page.
fn pages() -> BTreeSet<String> {
    markdown(&workspace().join("docs/src/codes"))
        .iter()
        .map(|path| stem(path))
        .filter(|code| code != "index")
        .collect()
}

fn page(code: &str) -> String {
    std::fs::read_to_string(workspace().join("docs/src/codes").join(format!("{code}.md"))).unwrap()
}

#[test]
fn every_code_has_a_page() {
    let made = made();
    assert!(made.len() > 40, "only {} codes were found in the sources: {made:?}", made.len());
    let missing: Vec<_> = made.difference(&pages()).cloned().collect();
    assert!(missing.is_empty(), "copy a page of docs/src/codes and run `cargo xtask docs` for {missing:?}");
}

#[test]
fn every_page_is_of_a_code() {
    let sources = sources();
    let unused: Vec<_> = pages()
        .into_iter()
        .filter(|code| !sources.iter().any(|text| text.contains(&format!("\"{code}\""))))
        .collect();
    assert!(unused.is_empty(), "nothing uses these codes any more: delete their pages: {unused:?}");
}

#[test]
fn every_page_has_its_parts() {
    for code in pages() {
        let page = page(&code);
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
        let title = format!("# {code}");
        assert_eq!(
            headings,
            [&title, "## What it means", "## Why it matters", "## Example", "## How to mend it"],
            "{code}"
        );
        let sentence = page.lines().nth(2).unwrap();
        assert!(sentence.ends_with('.') && sentence.len() < 110, "{code}: {sentence}");
    }
}

fn plan(toml: &str) -> Run {
    run_in(repository(&[("seaworthy.toml", toml)]).path(), &["plan"])
}

#[test]
fn the_examples_say_what_they_show_and_the_mended_ones_do_not() {
    let mut seen = 0;
    for code in pages() {
        let text = page(&code);
        let (example, mended) = text.split_once("## How to mend it").unwrap();
        for toml in blocks(example, "toml") {
            let run = plan(&toml);
            assert!(
                run.stderr.contains(&format!("[{code}]")),
                "{code}: not shown by\n{toml}\n{}",
                run.stderr
            );
            seen += 1;
        }
        for toml in blocks(mended, "toml") {
            let run = plan(&toml);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{code}: not mended by\n{toml}");
        }
    }
    assert!(seen > 40, "only {seen} examples");
}

#[test]
fn explain_prints_every_page_and_lists_every_code() {
    let list = run_in(&workspace(), &["explain"]).stdout;
    let listed: BTreeSet<String> =
        list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    let rules: BTreeSet<String> = Catalogue::embedded().rules().map(|rule| rule.id.clone()).collect();
    assert!(rules.is_disjoint(&pages()), "a name says which page is meant");
    assert_eq!(listed, rules.union(&pages()).cloned().collect());
    for rule in rules.iter().step_by(40) {
        let text = run_in(&workspace(), &["explain", rule]).stdout;
        assert!(text.starts_with(&format!("# {rule}\n")) && text.contains("## Why"), "{text}");
    }
    for code in pages() {
        assert_eq!(run_in(&workspace(), &["explain", &code]).stdout, page(&code), "{code}");
    }
}
