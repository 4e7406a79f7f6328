//! `JUnit` XML: what tools agree on. Attributes and nesting differ, names and outcomes do not.

use std::collections::BTreeMap;
use std::path::Path;

use seaworthy_supervise::log::redact::Redactor;
use serde::{Deserialize, Serialize};

/// A report larger than this is not read.
const MOST_BYTES: usize = 64 << 20;

/// Bytes of a message that are kept.
const LONGEST_MESSAGE: usize = 500;

/// How a test went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum TestOutcome {
    Passed,
    /// It failed first and passed then, as its tool says.
    Flaky,
    Failed,
    Skipped,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct TestCase {
    /// The suite or class it is in; may be empty.
    pub(in crate::pipeline) suite: String,
    pub(in crate::pipeline) name: String,
    /// Its file, relative to the step's folder, where the tool says it.
    pub(in crate::pipeline) file: Option<String>,
    pub(in crate::pipeline) outcome: TestOutcome,
    /// Why it failed, in one line.
    pub(in crate::pipeline) message: String,
}

impl TestCase {
    /// Tells it from all others of its step.
    pub(in crate::pipeline) fn id(&self) -> String {
        let suite = match (&self.file, self.suite.is_empty()) {
            (Some(file), true) => file,
            (_, _) => &self.suite,
        };
        if suite.is_empty() { self.name.clone() } else { format!("{suite} > {}", self.name) }
    }
}

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Results {
    pub(in crate::pipeline) cases: Vec<TestCase>,
    /// How long the tests of a file took, in milliseconds.
    pub(in crate::pipeline) files: BTreeMap<String, u64>,
}

/// How many tests went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCounts {
    /// That passed.
    pub passed: usize,
    /// That failed.
    pub failed: usize,
    /// That were not run.
    pub skipped: usize,
}

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedTest {
    /// The suite or class it is in, and its name.
    pub test: String,
    /// Its file, relative to the step's folder, where the tool says it.
    pub file: Option<String>,
    /// Why, in one line.
    pub message: String,
}

impl Results {
    pub(in crate::pipeline) fn counts(&self) -> TestCounts {
        let count =
            |wanted: &[TestOutcome]| self.cases.iter().filter(|case| wanted.contains(&case.outcome)).count();
        TestCounts {
            passed: count(&[TestOutcome::Passed, TestOutcome::Flaky]),
            failed: count(&[TestOutcome::Failed]),
            skipped: count(&[TestOutcome::Skipped]),
        }
    }

    /// The tests that failed, in the order of the report.
    pub(in crate::pipeline) fn failures(&self) -> Vec<FailedTest> {
        let failed = self.cases.iter().filter(|case| case.outcome == TestOutcome::Failed);
        let told = |case: &TestCase| FailedTest {
            test: case.id(),
            file: case.file.clone(),
            message: case.message.clone(),
        };
        failed.map(told).collect()
    }
}

/// Reads a report; nothing where it is none. `folder` is where the tests ran: files are told relative to it.
pub(in crate::pipeline) fn parse(bytes: &[u8], folder: &Path, redactor: &Redactor) -> Option<Results> {
    if bytes.len() > MOST_BYTES {
        return None;
    }
    let clean = redactor.apply(bytes);
    let text = String::from_utf8_lossy(&clean);
    // Tools quote what tests write, and what tests write may be no text at all.
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
    let document = roxmltree::Document::parse(&text).ok()?;
    if !matches!(document.root_element().tag_name().name(), "testsuites" | "testsuite") {
        return None;
    }
    let mut results = Results::default();
    suite(document.root_element(), "", None, folder, &mut results);
    Some(results)
}

fn suite(
    node: roxmltree::Node<'_, '_>,
    above: &str,
    file: Option<&str>,
    folder: &Path,
    results: &mut Results,
) {
    let own_file = node.attribute("file").filter(|file| !file.is_empty());
    let file = own_file.or(file);
    let name = node.attribute("name").unwrap_or_default();
    let name = if above.is_empty() || name.is_empty() {
        format!("{above}{name}")
    } else {
        format!("{above} > {name}")
    };
    // The time of a file's suite holds what is not in its tests: what they share.
    let whole = own_file.and_then(|own| Some((within(own, folder), milliseconds(node)?)));
    if let Some((file, time)) = &whole {
        *results.files.entry(file.clone()).or_default() += time;
    }
    for child in node.children().filter(roxmltree::Node::is_element) {
        match child.tag_name().name() {
            "testsuite" => suite(child, &name, file, folder, results),
            "testcase" => {
                let case = case(child, &name, file, folder);
                let time = milliseconds(child).unwrap_or(0);
                if whole.is_none()
                    && let Some(file) = &case.file
                {
                    *results.files.entry(file.clone()).or_default() += time;
                }
                results.cases.push(case);
            }
            _ => {}
        }
    }
}

fn case(node: roxmltree::Node<'_, '_>, suite: &str, file: Option<&str>, folder: &Path) -> TestCase {
    let file = node.attribute("file").filter(|file| !file.is_empty()).or(file);
    let child = |names: &[&str]| {
        node.children().find(|child| child.is_element() && names.contains(&child.tag_name().name()))
    };
    let bad = child(&["failure", "error"]);
    let outcome = if bad.is_some() {
        TestOutcome::Failed
    } else if child(&["skipped"]).is_some() {
        TestOutcome::Skipped
    } else if child(&["flakyFailure", "flakyError"]).is_some() {
        TestOutcome::Flaky
    } else {
        TestOutcome::Passed
    };
    let message = bad.map(|bad| {
        let said = bad.attribute("message").filter(|message| !message.trim().is_empty());
        first_line(said.or_else(|| bad.text()).unwrap_or_default())
    });
    TestCase {
        suite: node.attribute("classname").unwrap_or(suite).to_owned(),
        name: node.attribute("name").unwrap_or_default().to_owned(),
        file: file.map(|file| within(file, folder)),
        outcome,
        message: message.unwrap_or_default(),
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let end = line.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST_MESSAGE);
    line[..end.unwrap_or(line.len())].to_owned()
}

/// Some tools write whole paths, or begin with `./`.
fn within(file: &str, folder: &Path) -> String {
    let relative = Path::new(file).strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or(file);
    relative.trim_start_matches("./").to_owned()
}

fn milliseconds(node: roxmltree::Node<'_, '_>) -> Option<u64> {
    let seconds: f64 = node.attribute("time")?.replace(',', "").parse().ok()?;
    // A negative or endless time is none.
    std::time::Duration::try_from_secs_f64(seconds)
        .ok()
        .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Results> {
        parse(text.as_bytes(), Path::new("/r/api"), &Redactor::new(&["hunter2hunter2".to_owned()]))
    }

    #[test]
    fn what_tools_write_is_read() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" time="0.3">
            <testcase classname="tests.test_a.TestX" name="one" file="tests/test_a.py" time="0.1"/>
            <testcase classname="tests.test_a" name="two" file="tests/test_a.py" time="0.02">
              <failure message="token hunter2hunter2&#10;more">long</failure></testcase>
            <testcase classname="tests.test_b" name="three" file="/r/api/tests/test_b.py" time="1,000.5"><skipped/></testcase>
            <testcase name="four"><flakyFailure/><system-out>x</system-out></testcase>
            </testsuite></testsuites>"#;
        let results = read(text).unwrap();
        assert_eq!(results.counts(), TestCounts { passed: 2, failed: 1, skipped: 1 });
        assert_eq!(
            results.files,
            [("tests/test_a.py".to_owned(), 120), ("tests/test_b.py".to_owned(), 1_000_500)].into()
        );
        let failed = &results.failures()[0];
        assert_eq!((failed.test.as_str(), failed.message.as_str()), ("tests.test_a > two", "token ***"));
        assert_eq!(results.cases[3].id(), "pytest > four");
        assert_eq!(results.cases[3].outcome, TestOutcome::Flaky);
    }

    #[test]
    fn a_suite_of_a_file_says_how_long_the_file_took() {
        let text = r#"<testsuites><testsuite name="" file="/r/api/a.test.js" time="0.5">
            <testcase classname="" name="x" time="0.1"/></testsuite></testsuites>"#;
        let results = read(text).unwrap();
        assert_eq!(results.files, [("a.test.js".to_owned(), 500)].into());
        assert_eq!(results.cases[0].id(), "a.test.js > x");
    }

    #[test]
    fn what_is_no_report_is_none() {
        for text in ["", "<html/>", "<testsuites>", "{}"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("<testsuites/>"), Some(Results::default()));
        let text = "<testsuite><testcase name=\"a\" time=\"-1\"/><testcase name=\"\u{1}b\" time=\"NaN\"/></testsuite>";
        let names: Vec<String> = read(text).unwrap().cases.into_iter().map(|case| case.name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
