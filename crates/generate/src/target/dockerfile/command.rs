//! Commands as an image can run them: a list of words that the kernel starts, so that the program itself is process 1 and
//! is the one that SIGTERM reaches. A shell stays only where the command is more than one program.

/// What a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// Variables that the command sets for itself.
    pub(crate) env: Vec<(String, String)>,
    /// The folder that it changes to, relative to the service's.
    pub(crate) folder: Option<String>,
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    /// The words are a shell with a script.
    pub(crate) is_shell: bool,
}

/// Why a text is no list of words.
struct NeedsShell;

impl Command {
    /// Reads a shell command; `known` gives the value of a variable that is fixed in the image, such as the port.
    pub(crate) fn read(text: &str, known: &dyn Fn(&str) -> Option<String>) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::default();
        }
        let (folder, rest) = match text.strip_prefix("cd ").and_then(|rest| rest.split_once("&&")) {
            Some((folder, rest)) if is_plain(folder.trim()) => (Some(folder.trim().to_owned()), rest.trim()),
            _ => (None, text),
        };
        let Ok(mut words) = split(rest, known) else {
            return Self { folder, words: shell(rest), is_shell: true, env: Vec::new() };
        };
        // `exec` is what a list of words is anyway.
        if words.first().is_some_and(|word| word == "exec") {
            words.remove(0);
        }
        let settings = words.iter().take_while(|word| assignment(word).is_some()).count();
        let env = words.drain(..settings).filter_map(|word| assignment(&word)).collect();
        Self { env, folder, words, is_shell: false }
    }

    /// The program's name, without a folder.
    pub(crate) fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
    }

    /// As JSON on one line: Dockerfile's exec form.
    pub(crate) fn exec(words: &[String]) -> String {
        // Texts are always valid JSON.
        let words: Vec<_> = words.iter().filter_map(|word| serde_json::to_string(word).ok()).collect();
        format!("[{}]", words.join(", "))
    }
}

/// A shell that runs this, and becomes the last program of it where that can be seen.
fn shell(text: &str) -> Vec<String> {
    let script = match text.rsplit_once("&&") {
        Some((before, last)) if is_simple(last) => format!("{} && exec {}", before.trim(), last.trim()),
        None if is_simple(text) => format!("exec {text}"),
        _ => text.to_owned(),
    };
    ["/bin/sh", "-c", &script].map(str::to_owned).into()
}

/// One program, with words that the shell expands.
fn is_simple(text: &str) -> bool {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_program = first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte));
    let keyword =
        ["while", "for", "if", "until", "case", "exec", "trap", "set", "export", "cd"].contains(&first);
    is_program && !keyword && !text.contains([';', '|', '&', '\n', '(', '`'])
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte))
}

fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

/// The words of a command as a shell would see them.
fn split(text: &str, known: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, NeedsShell> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, '$') => {
                let (value, after) = variable(rest, known)?;
                word.get_or_insert_default().push_str(&value);
                rest = after;
            }
            (_, '\\') => {
                let next = rest.chars().next().ok_or(NeedsShell)?;
                rest = &rest[next.len_utf8()..];
                word.get_or_insert_default().push(next);
            }
            (_, '`' | '\n') | (None, '&' | '|' | ';' | '<' | '>' | '(' | ')' | '#' | '~') => {
                return Err(NeedsShell);
            }
            // A pattern is left to the shell, but not one that is the value of a variable.
            (None, '*' | '?') if !word.as_deref().is_some_and(|word| word.contains('=')) => {
                return Err(NeedsShell);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() || words.iter().all(|word| assignment(word).is_some()) {
        return Err(NeedsShell);
    }
    Ok(words)
}

/// The value of a variable whose name begins `text`, and what follows it.
fn variable<'t>(
    text: &'t str,
    known: &dyn Fn(&str) -> Option<String>,
) -> Result<(String, &'t str), NeedsShell> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix('{') {
        let (inner, after) = inner.split_once('}').ok_or(NeedsShell)?;
        let name = inner.split_once(":-").map_or(inner, |(name, _)| name);
        return Ok((known(name).ok_or(NeedsShell)?, after));
    }
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    Ok((known(&text[..end]).ok_or(NeedsShell)?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let port = |name: &str| (name == "PORT").then(|| "8000".to_owned());
        let command = Command::read(text, &port);
        let env: Vec<_> = command.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let folder = command.folder.map(|folder| format!("in {folder}: ")).unwrap_or_default();
        format!("{folder}{}{}", env.concat(), Command::exec(&command.words))
    }

    #[test]
    fn one_program_needs_no_shell() {
        assert_eq!(read("node server.js"), r#"["node", "server.js"]"#);
        assert_eq!(
            read("uvicorn main:app --port ${PORT:-8000}"),
            r#"["uvicorn", "main:app", "--port", "8000"]"#
        );
        assert_eq!(
            read("QUEUE=* bundle exec rake 'resque:work x'"),
            r#"QUEUE=* ["bundle", "exec", "rake", "resque:work x"]"#
        );
        assert_eq!(read("cd server && exec node ."), r#"in server: ["node", "."]"#);
    }

    #[test]
    fn a_shell_becomes_the_last_of_several_programs() {
        let exec = |script: &str| Command::exec(&["/bin/sh", "-c", script].map(str::to_owned));
        assert_eq!(
            read("alembic upgrade head && uvicorn a:b"),
            exec("alembic upgrade head && exec uvicorn a:b")
        );
        assert_eq!(read("node $SCRIPT"), exec("exec node $SCRIPT"));
        assert_eq!(read("./a & ./b"), exec("./a & ./b"));
        assert_eq!(read("while :; do date; done"), exec("while :; do date; done"));
        assert_eq!(read("echo 'open"), exec("exec echo 'open"));
    }
}
