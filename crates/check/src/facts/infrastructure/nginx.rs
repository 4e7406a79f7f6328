//! Configuration of nginx, as far as single directives tell.

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, extension};
use crate::finding::{Draft, Edit};

/// Files that configure it.
pub(super) static FACT: FileFact = FileFact {
    rules: &["nginx-alias-traversal", "nginx-outdated-tls", "nginx-directory-listing"],
    wants: |file| {
        let is_named = extension(file.path) == "conf"
            || file.path.contains("nginx/")
            || file.name().starts_with("nginx");
        is_named
            && (file.has("server {") || file.has("location ") || file.has("ssl_protocols"))
            && !matches!(file.role, Role::Test | Role::Example)
            && file.language.is_none()
            && !matches!(extension(file.path), "md" | "yaml" | "yml" | "json")
    },
    check,
};

/// A directive, or the head of a block, with the place where it begins.
struct Directive {
    words: Vec<String>,
    start: usize,
    end: usize,
    /// Blocks around it.
    depth: usize,
    opens: bool,
}

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let say = |rule: &'static str, directive: &Directive, message: String| {
        let range = directive.start..directive.end;
        sink.report_in(file, Draft::bytes(rule, file.path, range).says(message));
    };
    let mut location: Option<(String, usize)> = None;
    for directive in directives(file.text) {
        if location.as_ref().is_some_and(|(_, depth)| directive.depth <= *depth) {
            location = None;
        }
        let words: Vec<&str> = directive.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["location", path] | ["location", "^~", path] if directive.opens => {
                location = Some(((*path).to_owned(), directive.depth));
            }
            ["location", ..] => location = None,
            ["alias", target] => {
                if let Some((path, _)) = &location
                    && !path.ends_with('/')
                    && target.ends_with('/')
                {
                    let message = format!("`{path}../` reaches what lies beside `{target}`");
                    say("nginx-alias-traversal", &directive, message);
                }
            }
            ["ssl_protocols", protocols @ ..] => {
                if let Some(old) =
                    protocols.iter().find(|one| matches!(**one, "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.1"))
                {
                    let draft = Draft::bytes("nginx-outdated-tls", file.path, directive.start..directive.end);
                    let says = format!("{old} is broken, and no browser needs it");
                    sink.report_in(file, draft.says(says).mended_if(modern(file, &directive)));
                }
            }
            ["autoindex", "on"] => {
                say(
                    "nginx-directory-listing",
                    &directive,
                    "everyone can list the files of the folder".to_owned(),
                );
            }
            _ => {}
        }
    }
}

/// The directive without the old versions, where one of today is left.
fn modern(file: &SourceFile<'_>, directive: &Directive) -> Option<Edit> {
    let range = directive.start..directive.end;
    let text = file.text.get(range.clone())?;
    let kept: Vec<&str> =
        text.split(' ').filter(|word| !matches!(*word, "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.1")).collect();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_. ".contains(&byte));
    let is_left = kept.iter().any(|word| matches!(*word, "TLSv1.2" | "TLSv1.3"));
    (is_plain && is_left).then(|| Edit { file: file.path.to_owned(), range, text: kept.join(" ") })
}

/// Directives end with `;`, blocks with `}`; the words are split at blanks outside of quotes.
fn directives(text: &str) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let (mut start, mut depth) = (None, 0_usize);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '#' => while letters.next_if(|(_, letter)| *letter != '\n').is_some() {},
            ';' | '{' => {
                if let Some(start) = start.take() {
                    let words = std::mem::take(&mut words);
                    found.push(Directive { words, start, end: at, depth, opens: letter == '{' });
                }
                depth += usize::from(letter == '{');
            }
            '}' => {
                depth = depth.saturating_sub(1);
                words.clear();
                start = None;
            }
            letter if letter.is_whitespace() => {}
            letter => {
                start.get_or_insert(at);
                let mut word = String::new();
                if matches!(letter, '"' | '\'') {
                    while let Some((_, inside)) = letters.next_if(|(_, inside)| *inside != letter) {
                        word.push(inside);
                    }
                    letters.next();
                } else {
                    word.push(letter);
                    // A brace within a word belongs to a pattern (`\d{2}`) or a variable (`${name}`).
                    while let Some((_, inside)) = letters
                        .next_if(|(_, inside)| !inside.is_whitespace() && *inside != ';' && *inside != '#')
                    {
                        word.push(inside);
                    }
                    if word.ends_with('{') && word.len() > 1 && !word.contains('$') {
                        word.pop();
                        words.push(std::mem::take(&mut word));
                        let words = std::mem::take(&mut words);
                        found.push(Directive {
                            words,
                            start: start.take().unwrap_or(at),
                            end: at,
                            depth,
                            opens: true,
                        });
                        depth += 1;
                        continue;
                    }
                }
                words.push(word);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_have_their_words_and_depth() {
        let found =
            directives("server {\n # x;\n location /a {\n alias '/b c/';\n }\n}\nlocation ~ \\d{2} { }");
        let all: Vec<(usize, String)> = found.iter().map(|one| (one.depth, one.words.join("|"))).collect();
        let expected = [(0, "server"), (1, "location|/a"), (2, "alias|/b c/"), (0, "location|~|\\d{2}")];
        assert_eq!(all, expected.map(|(depth, words)| (depth, words.to_owned())));
        assert_eq!(directives("'\"{}}}").len(), 0);
    }
}
