//! Lines, each read back before it is written.

use crate::config::Config;
use crate::config::decode::quoted_key;
use crate::{Evidence, Origin};

/// A `seaworthy.toml` in the making.
#[derive(Default)]
pub(super) struct Writer {
    out: String,
    /// The header of the current table, once it is written.
    header: String,
    /// A header that waits for its first line.
    pending: Option<String>,
}

impl Writer {
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// A comment on a line of its own.
    pub(super) fn comment(&mut self, text: &str) {
        self.begin();
        let text = printable(text);
        self.out.push_str(format!("# {text}").trim_end());
        self.out.push('\n');
    }

    /// A table; its header is written with its first line.
    pub(super) fn table(&mut self, path: &[&str]) {
        let path: Vec<_> = path.iter().map(|key| quoted_key(key)).collect();
        self.pending = Some(format!("[{}]", path.join(".")));
    }

    /// The header of the current table even if nothing follows.
    pub(super) fn begin(&mut self) {
        if let Some(header) = self.pending.take() {
            if !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.push_str(&header);
            self.out.push('\n');
            self.header = header;
        }
    }

    /// A key and its value, already in TOML, with a comment behind; as a comment where it would be refused.
    pub(super) fn line(&mut self, key: &str, value: &str, comment: &str) {
        self.begin();
        let line = format!("{} = {value}", quoted_key(key));
        let comment = printable(comment);
        let comment = if comment.is_empty() { String::new() } else { format!("  # {comment}") };
        let (_, refused) = Config::parse(&format!("{}\n{line}", self.header));
        match refused.first() {
            None => self.out.extend([line.as_str(), comment.as_str(), "\n"]),
            Some(diagnostic) => {
                let why = printable(&diagnostic.message);
                let line = printable(&line);
                self.out.extend(["# ", &line, &comment, "; left out: ", &why, "\n"]);
            }
        }
    }

    /// A value with where it came from behind.
    pub(super) fn value<T>(
        &mut self,
        key: &str,
        winner: Option<&Evidence<T>>,
        written: impl FnOnce(&T) -> String,
    ) {
        if let Some(winner) = winner {
            self.line(key, &written(&winner.value), &origin(&winner.origin));
        }
    }
}

/// `detected: package.json:5 (scripts.dev)`.
pub(super) fn origin(origin: &Origin) -> String {
    format!("{}: {}", origin.layer.title(), reason(origin))
}

/// `package.json:5 (scripts.dev)`.
pub(super) fn reason(origin: &Origin) -> String {
    match &origin.place {
        Some(place) => format!("{place} ({})", origin.rule),
        None => origin.rule.to_string(),
    }
}

/// On one line, without what a comment may not hold.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
