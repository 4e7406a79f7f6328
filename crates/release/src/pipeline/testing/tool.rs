//! Which tool a command runs tests with, seen through the scripts of `package.json`.

use seaworthy_model::Runtime;

use crate::pipeline::derive::join;

/// The first version of Node.js that takes a reporter of ours out of `NODE_OPTIONS`.
const NODE: u32 = 20;

/// A tool that runs tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// pytest.
    Pytest,
    /// `node --test`.
    Node,
    /// Vitest.
    Vitest,
    /// Jest.
    Jest,
    /// Playwright's own runner.
    Playwright,
    /// `go test`.
    Go,
    /// cargo-nextest.
    Nextest,
    /// `PHPUnit`.
    Phpunit,
    /// `RSpec`.
    Rspec,
}

/// How a step runs its tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The tool.
    pub tool: Tool,
    /// It can be asked for `JUnit` XML.
    pub(super) tells: bool,
    /// What stands between the command and arguments that are added to it; absent where none can be.
    pub(super) append: Option<&'static str>,
    /// What the command gives the tool, where arguments can be added and none are hidden in a script.
    pub(super) arguments: Option<Vec<String>>,
    /// The tool looks for tests where it does without being told.
    pub(super) is_plain: bool,
}

/// The tool that `command`, run in `folder`, runs tests with; nothing where it is not clear. `read` reads files of the
/// repository.
pub(in crate::pipeline) fn recognise(
    command: &str,
    folder: &str,
    runtime: Option<&Runtime>,
    read: &dyn Fn(&str) -> Option<String>,
) -> Option<Runner> {
    let file = |name: &str| read(&join(folder, name));
    let manifest = || serde_json::from_str::<serde_json::Value>(&file("package.json")?).ok();
    let script = script_of(command).and_then(|name| {
        let scripts = manifest()?.get("scripts")?.clone();
        // What runs before and after may be tests, too.
        let is_alone =
            [format!("pre{name}"), format!("post{name}")].iter().all(|more| scripts.get(more).is_none());
        Some((scripts.get(&name)?.as_str()?.to_owned(), is_alone))
    });
    let (text, append) = match &script {
        Some((text, true)) => (text.as_str(), " --"),
        Some((_, false)) => return None,
        None => (command.trim(), ""),
    };
    let tool = tool_in(text)?;
    let is_simple = !text.contains(['&', '|', ';', '<', '>', '$', '`', '(', ')', '\n', '\'', '"', '\\']);
    let append = is_simple.then_some(append);
    // Whoever asks for a report has a use for it.
    let is_asked = text.contains("junit") || text.contains("--test-reporter") || text.contains("--reporter");
    let depends_on = |package: &str| {
        manifest().is_some_and(|manifest| {
            ["dependencies", "devDependencies"]
                .iter()
                .any(|kind| manifest.get(kind).and_then(|packages| packages.get(package)).is_some())
        })
    };
    let tells = !is_asked
        && match tool {
            Tool::Pytest => !text.contains("-p no:junitxml"),
            Tool::Node => runtime.is_some_and(|runtime| runtime.name == "node" && major(runtime) >= NODE),
            Tool::Jest => append.is_some() && depends_on("jest-junit"),
            Tool::Rspec => file("Gemfile.lock").is_some_and(|lock| lock.contains("rspec_junit_formatter")),
            Tool::Vitest | Tool::Playwright | Tool::Go | Tool::Nextest | Tool::Phpunit => append.is_some(),
        };
    let arguments = append.map(|_| arguments(text, tool));
    let is_plain = is_plain(tool, text, &file);
    Some(Runner { tool, tells, append, arguments, is_plain })
}

/// The script of `package.json` that a command runs, with nothing added to it.
fn script_of(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words[..] {
        ["npm" | "pnpm" | "yarn" | "bun", "run" | "run-script", name] => Some(name.to_owned()),
        ["npm" | "pnpm" | "yarn", "test" | "t"] => Some("test".to_owned()),
        _ => None,
    }
}

/// The one tool that a shell line runs.
fn tool_in(text: &str) -> Option<Tool> {
    let mut found = Vec::new();
    for line in text.split(['&', '|', ';', '\n']) {
        let words: Vec<&str> =
            line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
        let has = |word: &str| words.contains(&word);
        let follows = |one: &str, other: &str| words.windows(2).any(|pair| pair == [one, other]);
        let tool = if has("pytest") || has("py.test") {
            Tool::Pytest
        } else if has("node") && has("--test") {
            Tool::Node
        } else if has("vitest") {
            Tool::Vitest
        } else if has("jest") {
            Tool::Jest
        } else if follows("playwright", "test") {
            Tool::Playwright
        } else if follows("go", "test") {
            Tool::Go
        } else if follows("nextest", "run") {
            Tool::Nextest
        } else if has("phpunit") {
            Tool::Phpunit
        } else if has("rspec") {
            Tool::Rspec
        } else {
            continue;
        };
        found.push(tool);
    }
    // Of two, one would write over what the other wrote.
    <[Tool; 1]>::try_from(found).ok().map(|[tool]| tool)
}

/// What follows the tool's own words.
fn arguments(text: &str, tool: Tool) -> Vec<String> {
    let last = match tool {
        Tool::Node => "--test",
        Tool::Playwright | Tool::Go => "test",
        Tool::Nextest => "run",
        Tool::Pytest | Tool::Vitest | Tool::Jest | Tool::Phpunit | Tool::Rspec => "",
    };
    let mut words = text.split_whitespace().map(|word| (word, word.rsplit('/').next().unwrap_or(word)));
    let is_tool = |name: &str| match tool {
        Tool::Pytest => matches!(name, "pytest" | "py.test"),
        Tool::Vitest => name == "vitest",
        Tool::Jest => name == "jest",
        Tool::Phpunit => name == "phpunit",
        Tool::Rspec => name == "rspec",
        _ => name == last,
    };
    words.find(|(_, name)| is_tool(name));
    words.map(|(word, _)| word.to_owned()).collect()
}

/// Nothing says where tests are, so they are where the tool looks by itself.
fn is_plain(tool: Tool, text: &str, file: &dyn Fn(&str) -> Option<String>) -> bool {
    let mentions = |names: &[&str], words: &[&str]| {
        names.iter().filter_map(|name| file(name)).any(|text| words.iter().any(|word| text.contains(word)))
    };
    match tool {
        Tool::Pytest => {
            let said =
                ["python_files", "norecursedirs", "collect_ignore", "doctest", "testpaths", "--ignore"];
            !text.contains("doctest")
                && !mentions(
                    &["pyproject.toml", "pytest.ini", ".pytest.ini", "setup.cfg", "tox.ini", "conftest.py"],
                    &said,
                )
        }
        Tool::Rspec => !mentions(&[".rspec"], &["--pattern", "--exclude", "--default-path"]),
        _ => true,
    }
}

fn major(runtime: &Runtime) -> u32 {
    let version = runtime.version.as_deref().unwrap_or_default();
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(command: &str, files: &[(&str, &str)]) -> Option<Runner> {
        let read =
            |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        recognise(command, "api", Runtime::parse("node@20.1").as_ref(), &read)
    }

    #[test]
    fn tools_are_seen_in_commands_and_through_scripts() {
        for (command, tool) in [
            ("pytest -q", Some(Tool::Pytest)),
            ("python -m pytest", Some(Tool::Pytest)),
            ("cd x && .venv/bin/pytest", Some(Tool::Pytest)),
            ("node --test", Some(Tool::Node)),
            ("node server.js --tests", None),
            ("npx vitest run", Some(Tool::Vitest)),
            ("go test ./...", Some(Tool::Go)),
            ("cargo nextest run", Some(Tool::Nextest)),
            ("npx playwright test", Some(Tool::Playwright)),
            ("npx playwright install", None),
            ("pytest unit && pytest slow", None),
            ("make test", None),
        ] {
            assert_eq!(runner(command, &[]).map(|runner| runner.tool), tool, "{command}");
        }
        let script = |script: &str| {
            format!("{{\"scripts\": {script}, \"devDependencies\": {{\"jest-junit\": \"1\"}}}}")
        };
        let seen = |text: &str| runner("npm test", &[("api/package.json", &script(text))]);
        let jest = seen("{\"test\": \"jest --ci\"}").unwrap();
        assert_eq!((jest.tool, jest.tells, jest.append), (Tool::Jest, true, Some(" --")));
        assert_eq!(jest.arguments, Some(vec!["--ci".to_owned()]));
        assert_eq!(seen("{\"test\": \"jest\", \"posttest\": \"jest slow\"}"), None);
        assert!(
            !seen("{\"test\": \"node --test --test-reporter=tap\"}").unwrap().tells,
            "it has a use for it"
        );
        assert!(!runner("npx jest", &[]).unwrap().tells, "jest writes no JUnit by itself");
        assert_eq!(runner("pytest \"my tests\"", &[]).unwrap().append, None, "quotes are not taken apart");
    }

    #[test]
    fn old_runtimes_are_not_given_options_that_end_them() {
        let tells = |runtime: Option<&str>| {
            let runtime = runtime.and_then(Runtime::parse);
            recognise("node --test", ".", runtime.as_ref(), &|_| None).unwrap().tells
        };
        assert!(tells(Some("node@20")) && tells(Some("node@22.4.1")));
        assert!(!tells(Some("node@18")) && !tells(Some("node")) && !tells(None) && !tells(Some("bun@21")));
    }
}
