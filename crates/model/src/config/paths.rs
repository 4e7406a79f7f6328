//! Paths within the repository.

use super::text::{Refusal, text};

text! {
    /// A path inside the repository, with `/`.
    pub struct RelativePath, "a path", like "\"services/api\"", read by relative
}

text! {
    /// A path relative to the folder of a service, with `/`; it may lead to another folder of the repository.
    pub struct ServicePath, "a path", like "\"dist\"", read by within_service
}

text! {
    /// A file inside the repository, or a shell command.
    pub struct FileOrCommand, "a file or a command", like "\"db/seed.sql\"", read by file_or_command
}

const WITHIN: &str = "paths are relative to the repository, so that they hold on every machine";

/// A path without what leads out of the repository.
fn relative(text: &str) -> Result<String, Refusal> {
    let path = normal(text)?;
    if leads_out(&path) {
        return Err(Refusal::new("path-outside", format!("`{text}` leads out of the repository"))
            .advice("write a path that stays within it".to_owned())
            .note(WITHIN));
    }
    Ok(path)
}

/// Whether a path in normal form begins outside of where it starts.
pub(crate) fn leads_out(path: &str) -> bool {
    path == ".." || path.starts_with("../")
}

/// A folder and a path below it, in normal form.
pub(crate) fn join(folder: &str, path: &str) -> String {
    normalise(&format!("{folder}/{path}"))
}

/// As [`relative`], from a folder that is known only with the rest of its service.
fn within_service(text: &str) -> Result<String, Refusal> {
    normal(text)
}

/// A relative path in normal form: `./a//b/` is `a/b`, `a/../b` is `b`, the root is `.`.
fn normal(text: &str) -> Result<String, Refusal> {
    let text = super::text::not_empty(text)?;
    let drive = text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic();
    if text.starts_with(['/', '\\', '~']) || drive {
        return Err(Refusal::new("path-outside", format!("`{text}` is not a relative path"))
            .advice("write the part of it below the repository".to_owned())
            .note(WITHIN));
    }
    if text.contains('\\') {
        return Err(Refusal::new("path-separator", format!("`{text}` is written with `\\`"))
            .instead(normal(&text.replace('\\', "/")).ok())
            .note("`/` works on every system, and `\\` is an escape in TOML"));
    }
    Ok(normalise(&text))
}

fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A single word that is clearly a path must stay inside; anything else is the shell's business.
fn file_or_command(text: &str) -> Result<String, Refusal> {
    let text = super::text::not_empty(text)?;
    let word = !text.contains(char::is_whitespace);
    if word && (text.starts_with(['/', '~']) || text.split('/').any(|part| part == "..")) {
        return relative(&text);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_and_kept_inside() {
        for (text, path) in
            [("services/api", "services/api"), ("./a//b/", "a/b"), ("a/../b", "b"), (".", "."), ("./", ".")]
        {
            assert_eq!(relative(text).unwrap(), path, "{text}");
        }
        for text in ["", " ", "/srv", "~/x", "C:/x", "\\\\host", "a\\b", "..", "a/../../b"] {
            assert!(relative(text).is_err(), "{text}");
        }
        assert!(file_or_command("node seed.js ../x").is_ok());
        assert!(file_or_command("../seed.sql").is_err());
    }
}
