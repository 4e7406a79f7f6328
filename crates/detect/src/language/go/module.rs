//! `go.mod`: its name, the Go it asks for and what it requires directly.

use crate::language::runtime_files;
use crate::project::{Project, at};
use crate::repository::{Repository, parent};

/// Reads a `go.mod`; `None` when it cannot be read.
pub(super) fn read(repo: &Repository, path: &str) -> Option<Project> {
    let text = repo.text(path)?;
    let mut project = Project::new(parent(path), "go", path);
    let mut block = "";
    for (line, text) in (1_u32..).zip(text.lines()) {
        let (code, comment) = text.split_once("//").unwrap_or((text, ""));
        let code = code.trim();
        if code == ")" {
            block = "";
            continue;
        }
        if let Some(opened) = code.strip_suffix('(') {
            block = ["require", "replace", "exclude", "retract", "tool"]
                .into_iter()
                .find(|known| *known == opened.trim())
                .unwrap_or("other");
            continue;
        }
        let (directive, rest) = match block {
            "" => code.split_once(char::is_whitespace).unwrap_or((code, "")),
            block => (block, code),
        };
        let rest = rest.trim();
        match directive {
            "module" => project.name = Some(base_name(rest.trim_matches('"')).to_owned()),
            // Both lines name the oldest Go that will do; a newer one builds the module as well.
            "toolchain" => {
                let version = format!(">={}", rest.trim_start_matches("go"));
                let origin = at("go.mod toolchain", path, line);
                runtime_files::say(&mut project.service, "go", &version, origin);
            }
            "go" => {
                let origin = at("go.mod go", path, line);
                runtime_files::say(&mut project.service, "go", &format!(">={rest}"), origin);
            }
            "require" if !comment.contains("indirect") => {
                if let Some(name) = rest.split_whitespace().next() {
                    project.depend(name, line, false);
                }
            }
            _ => {}
        }
    }
    Some(project)
}

/// The last part of a module path, without a major version.
pub(super) fn base_name(module: &str) -> &str {
    let mut parts = module.rsplit('/');
    let last = parts.next().unwrap_or(module);
    let is_major = last.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    match parts.next() {
        Some(before) if is_major && last.len() > 1 => before,
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn the_name_of_a_module_is_its_last_part() {
        for (module, name) in [
            ("github.com/acme/shop", "shop"),
            ("github.com/acme/shop/v2", "shop"),
            ("shop", "shop"),
            ("example.com/v", "v"),
            ("v2", "v2"),
        ] {
            assert_eq!(base_name(module), name, "{module}");
        }
    }
}
