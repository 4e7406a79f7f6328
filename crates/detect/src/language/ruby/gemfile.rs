//! `Gemfile` and `Gemfile.lock`: the Ruby they ask for and the gems, by line patterns: a Gemfile is a program,
//! and nothing is executed.

use std::sync::LazyLock;

use crate::language::runtime_files;
use crate::pattern::Pattern;
use crate::project::{Project, Role, at};
use crate::repository::{Repository, join, parent};

/// Groups whose gems no running app loads.
const DEVELOPMENT: [&str; 6] = ["development", "test", "ci", "lint", "rubocop", "docs"];

pub(super) fn read(repo: &Repository, path: &str) -> Option<Project> {
    static GEM: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r#"^\s*gem\s*\(?\s*["']([\w.-]+)["'](.*)$"#));
    static RUBY: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r#"^\s*ruby\s*\(?\s*["']([^"']+)["']"#));
    static GROUP: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"^\s*group\s*\(?(.*?)\)?\s+do\b"));
    static OPENS: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"\bdo\s*(?:\|[^|]*\|)?\s*$|^\s*(?:if|unless|case)\b"));
    let text = repo.text(path)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "ruby", path);
    // Of every open block, whether its gems are for development only.
    let mut blocks: Vec<bool> = Vec::new();
    let mut is_gem = false;
    for (line, text) in (1_u32..).zip(text.lines()) {
        let code = text.split(" #").next().unwrap_or(text);
        let trimmed = code.trim();
        if trimmed.starts_with('#') || trimmed.is_empty() {
            continue;
        }
        if let Some(found) = RUBY.find(code) {
            runtime_files::say(&mut project.service, "ruby", found.text(1), at("Gemfile ruby", path, line));
        }
        is_gem |= trimmed.starts_with("gemspec");
        if let Some(found) = GEM.find(code) {
            let own = found.text(2).split_once("group").is_some_and(|(_, groups)| is_development(groups));
            let dev = own || blocks.contains(&true);
            project.depend(found.text(1), line, dev);
        } else if let Some(found) = GROUP.find(code) {
            blocks.push(is_development(found.text(1)));
        } else if trimmed == "end" {
            blocks.pop();
        } else if OPENS.is_match(code) {
            blocks.push(false);
        }
    }
    if is_gem {
        project.role = Role::Library;
    }
    locked_ruby(repo, dir, &mut project);
    Some(project)
}

/// Every group named is one that no running app loads.
fn is_development(groups: &str) -> bool {
    let names = groups.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let mut names = names
        .filter(|word| !matches!(*word, "require" | "false" | "optional" | "true" | "groups"))
        .peekable();
    names.peek().is_some() && names.all(|name| DEVELOPMENT.contains(&name))
}

/// `RUBY VERSION` of the lock says what it was resolved with.
fn locked_ruby(repo: &Repository, dir: &str, project: &mut Project) {
    let path = join(dir, "Gemfile.lock");
    let found = runtime_files::find_in(repo, &path, r"(?m)^RUBY VERSION\n\s+ruby (\d+\.\d+\.\d+)");
    if let Some((version, place)) = found {
        let origin = seaworthy_model::Origin::detected("Gemfile.lock RUBY VERSION").at(place).likely();
        runtime_files::say(&mut project.service, "ruby", &version, origin);
    }
}

#[cfg(test)]
mod tests {
    use super::is_development;

    #[test]
    fn groups_that_no_running_app_loads() {
        for (groups, is) in [
            (":development, :test", true),
            (": :test", true),
            (":production", false),
            (":development, :production", false),
            (": [:development]", true),
            ("", false),
        ] {
            assert_eq!(is_development(groups), is, "{groups}");
        }
    }
}
