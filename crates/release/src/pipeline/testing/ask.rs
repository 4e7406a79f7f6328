//! What has a tool write `JUnit` XML beside what it writes anyway.
//!
//! Nothing of it is part of what a result depends on: where a report is written to changes no result.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Runner, Tool};

/// Our own reporter for `node:test`.
const NODE_REPORTER: &str = include_str!("junit.mjs");

/// What helps a tool to tell.
pub(in crate::pipeline) struct Aids<'a> {
    /// Where the report is to be.
    pub(in crate::pipeline) report: &'a Path,
    /// A folder for files that the tool is given.
    pub(in crate::pipeline) folder: &'a Path,
    /// gotestsum is on the search path.
    pub(in crate::pipeline) has_gotestsum: bool,
}

/// A command that writes a report, with its variables.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct Asked {
    /// The command.
    pub(in crate::pipeline) line: String,
    /// Variables to set. Each begins with what it holds already.
    pub(in crate::pipeline) env: BTreeMap<String, String>,
}

impl Runner {
    /// Has the tool write a report when it runs `line`; nothing where it cannot.
    ///
    /// # Errors
    /// When a file that the tool is given cannot be written.
    pub(in crate::pipeline) fn ask(
        &self,
        line: &str,
        env: &BTreeMap<String, String>,
        aids: &Aids<'_>,
    ) -> io::Result<Option<Asked>> {
        if !self.tells {
            return Ok(None);
        }
        let report = aids.report.to_string_lossy();
        let more = |name: &str, value: String| {
            let value = match env.get(name) {
                Some(before) if !before.is_empty() => format!("{before} {value}"),
                _ => value,
            };
            (name.to_owned(), value)
        };
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let appended = |arguments: String| {
            // A second `--` would be an argument of the tool.
            let between = self.append.filter(|between| !line.contains(*between) || between.is_empty());
            format!("{line}{} {arguments}", between.unwrap_or(""))
        };
        let same = || line.to_owned();
        let (line, env): (String, Vec<(String, String)>) = match self.tool {
            Tool::Pytest => {
                // The first family of attributes has the file.
                let options = format!("--junitxml={} -o junit_family=xunit1", quoted(&report));
                (same(), vec![more("PYTEST_ADDOPTS", options)])
            }
            Tool::Node => {
                let reporter = written(aids.folder, "node-junit.mjs", NODE_REPORTER)?;
                let options = format!(
                    "--test-reporter=spec --test-reporter-destination=stdout --test-reporter=\"{}\" \
                     --test-reporter-destination=\"{report}\"",
                    reporter.to_string_lossy()
                );
                (same(), vec![more("NODE_OPTIONS", options)])
            }
            Tool::Vitest => {
                let options = "--reporter=default --reporter=junit --outputFile.junit=";
                (appended(format!("{options}{}", quoted(&report))), Vec::new())
            }
            Tool::Jest => (
                appended("--reporters=default --reporters=jest-junit".to_owned()),
                vec![set("JEST_JUNIT_OUTPUT_FILE", &report), set("JEST_JUNIT_ADD_FILE_ATTRIBUTE", "true")],
            ),
            Tool::Playwright => (
                appended("--reporter=list,junit".to_owned()),
                // The name of it differs between versions.
                vec![
                    set("PLAYWRIGHT_JUNIT_OUTPUT_FILE", &report),
                    set("PLAYWRIGHT_JUNIT_OUTPUT_NAME", &report),
                ],
            ),
            Tool::Go => {
                let Some(rest) = line.strip_prefix("go test").filter(|_| aids.has_gotestsum) else {
                    return Ok(None);
                };
                let line =
                    format!("gotestsum --format standard-verbose --junitfile {} --{rest}", quoted(&report));
                (line, Vec::new())
            }
            Tool::Nextest => {
                let text =
                    format!("[profile.default.junit]\npath = {}\n", serde_json::Value::from(report.as_ref()));
                let name = aids.report.with_extension("toml");
                let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let config = written(aids.folder, &name, &text)?;
                (
                    appended(format!("--tool-config-file sea:{}", quoted(&config.to_string_lossy()))),
                    Vec::new(),
                )
            }
            Tool::Phpunit => (appended(format!("--log-junit {}", quoted(&report))), Vec::new()),
            Tool::Rspec => {
                let options =
                    format!("--format progress --format RspecJunitFormatter --out {}", quoted(&report));
                (same(), vec![more("SPEC_OPTS", options)])
            }
        };
        Ok(Some(Asked { line, env: env.into_iter().collect() }))
    }
}

fn written(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    let path = folder.join(name);
    if fs::read_to_string(&path).ok().as_deref() != Some(text) {
        fs::write(&path, text)?;
    }
    Ok(path)
}

/// A word for a shell, and for what splits words like one.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::recognise;
    use super::*;

    #[test]
    fn every_tool_is_asked_in_its_own_way() {
        let dir = tempfile::tempdir().unwrap();
        let report = Path::new("/r/x.xml");
        let env = BTreeMap::from([("PYTEST_ADDOPTS".to_owned(), "-q".to_owned())]);
        let ask = |command: &str, manifest: &str| {
            let read = |path: &str| match path {
                "package.json" => Some(manifest.to_owned()),
                "Gemfile.lock" => Some("rspec_junit_formatter (0.6)".to_owned()),
                _ => None,
            };
            let runner = recognise(command, ".", None, &read).unwrap();
            let aids = Aids { report, folder: dir.path(), has_gotestsum: true };
            runner.ask(command, &env, &aids).unwrap()
        };
        let pytest = ask("make && pytest", "").unwrap();
        assert_eq!(pytest.line, "make && pytest");
        assert_eq!(pytest.env["PYTEST_ADDOPTS"], "-q --junitxml=/r/x.xml -o junit_family=xunit1");
        assert_eq!(
            ask("npm test", "{\"scripts\": {\"test\": \"vitest run\"}}").unwrap().line,
            "npm test -- --reporter=default --reporter=junit --outputFile.junit=/r/x.xml"
        );
        assert_eq!(
            ask("go test -race ./...", "").unwrap().line,
            "gotestsum --format standard-verbose --junitfile /r/x.xml -- -race ./..."
        );
        let nextest = ask("cargo nextest run", "").unwrap().line;
        assert!(nextest.starts_with("cargo nextest run --tool-config-file sea:/"), "{nextest}");
        assert_eq!(
            fs::read_to_string(dir.path().join("x.toml")).unwrap(),
            "[profile.default.junit]\npath = \"/r/x.xml\"\n"
        );
        assert_eq!(ask("vendor/bin/phpunit", "").unwrap().line, "vendor/bin/phpunit --log-junit /r/x.xml");
        assert!(ask("bundle exec rspec", "").unwrap().env["SPEC_OPTS"].contains("RspecJunitFormatter"));
        assert_eq!(ask("npx vitest run | tee log", ""), None, "an argument would go to tee");
    }
}
