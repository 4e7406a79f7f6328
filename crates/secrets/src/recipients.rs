//! Who encrypted files are for: `secrets/recipients.txt`, a file that `age -R` takes too.

use std::path::Path;

use age::x25519::Recipient;

use crate::Error;

/// The recipients in their order, with the lines around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// A recipient, with the comment right above it.
    Recipient { key: String, name: Option<String> },
    /// A blank line, or a comment about nobody.
    Other(String),
}

/// One recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    /// `age1...`, which is no secret.
    pub key: &'a str,
    /// Whose it is, as the comment above it says.
    pub name: Option<&'a str>,
}

impl Recipients {
    /// Reads the text of a file; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                lines.push(Line::Other(line.to_owned()));
                continue;
            }
            let key = parse(line).ok_or(Error::Recipient { path: path.to_owned(), line: index + 1 })?;
            let name = match lines.last() {
                Some(Line::Other(comment)) if comment.starts_with('#') => {
                    Some(comment.trim_start_matches('#').trim().to_owned())
                }
                _ => None,
            };
            if name.is_some() {
                lines.pop();
            }
            lines.push(Line::Recipient { key: key.to_string(), name });
        }
        Ok(Self { lines })
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            match line {
                Line::Recipient { key, name: Some(name) } => text.extend(["# ", name, "\n", key, "\n"]),
                Line::Recipient { key, name: None } => text.extend([key, "\n"]),
                Line::Other(other) => text.extend([other, "\n"]),
            }
        }
        text
    }

    /// Every recipient, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = Known<'_>> {
        self.lines.iter().filter_map(|line| match line {
            Line::Recipient { key, name } => Some(Known { key, name: name.as_deref() }),
            Line::Other(_) => None,
        })
    }

    /// Adds one at the end; false when it is there already. `None` where the text is no recipient.
    pub fn add(&mut self, key: &str, name: Option<&str>) -> Option<bool> {
        let key = parse(key.trim())?.to_string();
        if self.all().any(|known| known.key == key) {
            return Some(false);
        }
        // A name is one line, or it would be a recipient.
        let name = name.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
        self.lines.push(Line::Recipient { key, name: name.filter(|name| !name.is_empty()) });
        Some(true)
    }

    /// Takes out one by its key or its name; false when there is none.
    pub fn remove(&mut self, key_or_name: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| match line {
            Line::Recipient { key, name } => key != key_or_name && name.as_deref() != Some(key_or_name),
            Line::Other(_) => true,
        });
        self.lines.len() < before
    }

    /// Puts another key in the place of one, under the same name; false when there is none.
    pub fn replace(&mut self, old: &str, new: &str) -> bool {
        let mut found = false;
        for line in &mut self.lines {
            if let Line::Recipient { key, .. } = line
                && key == old
            {
                new.clone_into(key);
                found = true;
            }
        }
        found
    }

    /// What age encrypts for. What was parsed is a recipient, so none is left out.
    pub(crate) fn keys(&self) -> Vec<Recipient> {
        self.all().filter_map(|known| parse(known.key)).collect()
    }
}

fn parse(text: &str) -> Option<Recipient> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    #[test]
    fn what_people_wrote_around_them_stays() {
        let text = format!("# Who may read our secrets.\n\n# alice, laptop\n{ONE}\n");
        let mut recipients = Recipients::parse(&text, Path::new("r")).unwrap();
        assert_eq!(recipients.text(), text);
        let other = age::x25519::Identity::generate().to_public().to_string();
        assert_eq!(recipients.add(&other, Some("bob\nage1evil")), Some(true));
        assert_eq!(recipients.add(&other, None), Some(false));
        assert_eq!(recipients.text(), format!("{text}# bob age1evil\n{other}\n"));
        assert!(recipients.remove("alice, laptop") && !recipients.remove("nobody"));
        assert_eq!(recipients.all().map(|known| known.key).collect::<Vec<_>>(), [other.as_str()]);
    }

    #[test]
    fn other_texts_are_no_recipients() {
        let error = Recipients::parse(&format!("{ONE}\nssh-ed25519 AAAA\n"), Path::new("r")).unwrap_err();
        assert!(error.to_string().starts_with("r:2 is no recipient"));
        for text in ["", "age1", "-x", "AGE-SECRET-KEY-1"] {
            assert_eq!(Recipients::default().add(text, None), None);
        }
    }
}
