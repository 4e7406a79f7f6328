//! Which test files a command would run, where that is known without running it.

use super::{Runner, Tool};

/// Folders in which no tool looks for tests.
const ELSEWHERE: [&str; 5] = ["node_modules", "vendor", "venv", ".venv", "build"];

/// Options whose value is the next word.
const VALUED: [(Tool, &[&str]); 3] = [
    (Tool::Pytest, &["-c", "-k", "-m", "-n", "-o", "-p", "-W", "--cov", "--durations", "--maxfail", "--tb"]),
    (Tool::Go, &["-count", "-p", "-parallel", "-run", "-skip", "-tags", "-timeout"]),
    (Tool::Rspec, &["-e", "-f", "-r", "-t", "--format", "--require", "--tag"]),
];

impl Runner {
    /// Its tests can be split.
    pub(in crate::pipeline) fn splits(&self) -> bool {
        self.has_own_split() || (self.arguments.is_some() && self.is_plain && self.tool != Tool::Phpunit)
    }

    /// The tool splits its tests itself.
    pub(super) fn has_own_split(&self) -> bool {
        let is_told = self
            .arguments
            .iter()
            .flatten()
            .any(|word| word.contains("--shard") || word.contains("--partition"));
        self.append.is_some()
            && !is_told
            && matches!(self.tool, Tool::Vitest | Tool::Jest | Tool::Playwright | Tool::Nextest)
    }

    /// The test files (of Go: the packages) that the command would run among `files`, all relative to the step's folder,
    /// and the words of the command that name them; nothing where that is not known.
    pub(super) fn units<'a>(&self, files: impl Iterator<Item = &'a str>) -> Option<Units> {
        let arguments = self.arguments.as_ref().filter(|_| self.is_plain)?;
        let all: Vec<&str> = files.collect();
        let mut paths = Vec::new();
        let valued =
            VALUED.iter().find(|(tool, _)| *tool == self.tool).map_or(&[][..], |(_, options)| options);
        let mut is_value = false;
        for word in arguments {
            if std::mem::replace(&mut is_value, valued.contains(&word.as_str())) || word.starts_with('-') {
                continue;
            }
            let path = word.trim_start_matches("./").trim_end_matches('/');
            let is_everything = self.tool == Tool::Go && word == "./...";
            let is_there = all.iter().any(|file| is_below(file, path));
            // A script hides its words, what is no path may be the value of an option, and Node.js takes files alone.
            let is_known = is_everything || (is_there && matches!(self.tool, Tool::Pytest | Tool::Rspec));
            if !is_known || self.append != Some("") {
                return None;
            }
            paths.push((word.clone(), path.to_owned()));
        }
        if self.tool == Tool::Go && paths.is_empty() {
            return None;
        }
        let is_wanted = |file: &str| {
            self.tool == Tool::Go || paths.is_empty() || paths.iter().any(|(_, path)| is_below(file, path))
        };
        let modules: Vec<&str> = all.iter().filter_map(|file| file.strip_suffix("/go.mod")).collect();
        let mut names: Vec<String> = all
            .iter()
            .filter(|file| is_test(self.tool, file) && is_wanted(file))
            .filter_map(|file| match self.tool {
                Tool::Go if modules.iter().any(|module| is_below(file, module)) => None,
                Tool::Go => {
                    Some(file.rsplit_once('/').map_or(".".to_owned(), |(folder, _)| format!("./{folder}")))
                }
                _ => Some((*file).to_owned()),
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        // Where none is found, tests are elsewhere, not nowhere.
        let words = paths.into_iter().map(|(word, _)| word).collect();
        (!names.is_empty()).then_some(Units { names, words })
    }
}

/// What a command would run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Units {
    /// Test files, or packages.
    pub(super) names: Vec<String>,
    /// The words of the command that say where to look.
    pub(super) words: Vec<String>,
}

fn is_below(file: &str, path: &str) -> bool {
    path == "." || file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// By default, the tool takes the file for one with tests.
fn is_test(tool: Tool, path: &str) -> bool {
    let mut folders: Vec<&str> = path.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    if folders
        .iter()
        .any(|folder| ELSEWHERE.contains(folder) || (folder.starts_with('.') && tool != Tool::Node))
    {
        return false;
    }
    match tool {
        Tool::Pytest => {
            name.strip_suffix(".py").is_some_and(|stem| stem.starts_with("test_") || stem.ends_with("_test"))
        }
        Tool::Node => {
            let stem = ["js", "cjs", "mjs"].iter().find_map(|end| name.strip_suffix(end)?.strip_suffix('.'));
            // <https://nodejs.org/api/test.html#running-tests-from-the-command-line>
            stem.is_some_and(|stem| {
                folders.contains(&"test")
                    || stem == "test"
                    || stem.starts_with("test-")
                    || [".test", "-test", "_test"].iter().any(|end| stem.ends_with(end))
            })
        }
        Tool::Go => {
            name.ends_with("_test.go") && !name.starts_with(['_', '.']) && !folders.contains(&"testdata")
        }
        Tool::Rspec => name.ends_with("_spec.rb") && folders.first() == Some(&"spec"),
        Tool::Vitest | Tool::Jest | Tool::Playwright | Tool::Nextest | Tool::Phpunit => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::recognise;

    fn units(command: &str, files: &[&str]) -> Option<Vec<String>> {
        let runner = recognise(command, ".", None, &|_| None).unwrap();
        runner.units(files.iter().copied()).map(|units| units.names)
    }

    #[test]
    fn files_are_those_that_the_tool_would_take() {
        let python =
            ["tests/test_b.py", "tests/test_a.py", "a_test.py", "tests/conftest.py", ".venv/x/test_c.py"];
        assert_eq!(units("pytest -q", &python).unwrap(), ["a_test.py", "tests/test_a.py", "tests/test_b.py"]);
        assert_eq!(units("pytest tests/", &python).unwrap(), ["tests/test_a.py", "tests/test_b.py"]);
        assert_eq!(units("pytest -n 4 -k sums a_test.py", &python).unwrap(), ["a_test.py"]);
        assert_eq!(units("pytest --rootdir x", &python), None, "x may be anything");
        assert_eq!(units("pytest", &["src/a.py"]), None, "none found is not none there");
        let go = [
            "go.mod",
            "a_test.go",
            "x/b_test.go",
            "x/c_test.go",
            "sub/go.mod",
            "sub/d_test.go",
            "x/testdata/e_test.go",
        ];
        assert_eq!(units("go test -race ./...", &go).unwrap(), [".", "./x"]);
        assert_eq!(units("go test", &go), None);
        let node = [
            "a.test.js",
            "test/deep/any.mjs",
            "src/test-x.cjs",
            "src/a.js",
            "node_modules/y/y.test.js",
            "latest.js",
        ];
        assert_eq!(
            units("node --test", &node).unwrap(),
            ["a.test.js", "src/test-x.cjs", "test/deep/any.mjs"]
        );
        assert_eq!(units("node --test test", &node), None);
        assert_eq!(units("rspec", &["spec/a_spec.rb", "lib/b_spec.rb"]).unwrap(), ["spec/a_spec.rb"]);
    }
}
