//! What a line says about itself: its level and its message, read from JSON, logfmt or the usual prefixes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ansi;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Only of use while something is searched for.
    Debug,
    /// The ordinary course.
    Info,
    /// Odd, but the work was done.
    Warn,
    /// Something was not done.
    Error,
}

impl Level {
    /// The level that a word or number of a logging library means.
    pub fn parse(word: &str) -> Option<Self> {
        let mut lower = [0; 11];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"debug" | b"verbose" | b"silly" | b"dbg" | b"finest" | b"fine" => Self::Debug,
            b"info" | b"notice" | b"information" | b"log" | b"inf" | b"http" => Self::Info,
            b"warn" | b"warning" | b"wrn" => Self::Warn,
            b"error" | b"err" | b"fatal" | b"critical" | b"panic" | b"alert" | b"emerg" | b"emergency"
            | b"severe" | b"crit" => Self::Error,
            _ => return None,
        })
    }

    /// The word in output and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Numbers as pino and bunyan write them: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
    fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            10..30 => Self::Debug,
            30..40 => Self::Info,
            40..50 => Self::Warn,
            50..=60 => Self::Error,
            _ => return None,
        })
    }
}

/// How a line is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// One JSON object.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// Words.
    Text,
}

/// What a line says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// How it is built.
    pub shape: Shape,
    /// How grave it is; absent when it does not say.
    pub level: Option<Level>,
    /// The message of a structured line; a line of words as a whole. Without escape sequences.
    pub message: Cow<'a, str>,
}

/// Reads the facts out of a line.
pub fn facts(line: &str) -> Facts<'_> {
    let plain = ansi::strip(line);
    if let Some(facts) = json(&plain).or_else(|| logfmt(&plain)) {
        return facts;
    }
    Facts { shape: Shape::Text, level: prefix(&plain), message: plain }
}

fn json(line: &str) -> Option<Facts<'static>> {
    let line = line.trim();
    if !line.starts_with('{') || !line.ends_with('}') {
        return None;
    }
    let Value::Object(object) = serde_json::from_str(line).ok()? else { return None };
    let level = ["level", "severity", "lvl", "levelname", "log.level"].iter().find_map(|key| {
        match object.get(*key)? {
            Value::String(word) => Level::parse(word),
            Value::Number(number) => Level::from_number(number.as_i64()?),
            _ => None,
        }
    });
    let message = ["msg", "message", "event", "error"].iter().find_map(|key| object.get(*key)?.as_str());
    let message = Cow::Owned(message.unwrap_or(line).to_owned());
    Some(Facts { shape: Shape::Json, level, message })
}

/// A pair of logfmt: a key, `=`, and a word or a quoted text.
static PAIR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?-u)(?:^|[ ])([A-Za-z_][A-Za-z0-9_.-]*)=("(?:[^"\\]|\\.)*"|[^ "]*)"#));

fn logfmt(line: &str) -> Option<Facts<'static>> {
    let equals = memchr::memchr_iter(b'=', line.as_bytes()).take(2).count();
    if equals < 2 {
        return None;
    }
    let (mut level, mut message) = (None, None);
    for pair in PAIR.captures_iter(line.as_bytes()) {
        let value = String::from_utf8_lossy(&pair[2]);
        match &pair[1] {
            b"level" | b"lvl" | b"severity" => level = level.or_else(|| Level::parse(&value)),
            b"msg" | b"message" => message = message.or_else(|| Some(unquote(&value))),
            _ => {}
        }
    }
    // Either alone would take `a=b level=3` in ordinary prose for structure.
    (level.is_some() || message.is_some()).then(|| Facts {
        shape: Shape::Logfmt,
        level,
        message: message.unwrap_or_else(|| line.to_owned()).into(),
    })
}

fn unquote(value: &str) -> String {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(inner) => serde_json::from_str(value).unwrap_or_else(|_| inner.to_owned()),
        None => value.to_owned(),
    }
}

/// `ERROR`, `[warn]`, `INFO:` as the first or second word or after a time, as most loggers write it.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)^(?:[^A-Za-z]{0,12}[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,+-]{5,22}Z?)?[^A-Za-z]{0,48}(?:[A-Za-z0-9_.-]{1,24}[^A-Za-z]{1,4}){0,1}\[?\b(TRACE|DEBUG|VERBOSE|INFO|NOTICE|LOG|WARN|WARNING|ERROR|FATAL|CRITICAL|PANIC|trace|debug|info|notice|warn|warning|error|fatal|critical)\b(?:\]|:|[ ]|$)",
    )
});

/// The first word of an error that a language or runtime prints without a level.
static EXCEPTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?-u)^(?:Uncaught |Unhandled )?(?:(?:[A-Za-z_][A-Za-z0-9_.]*)?(?:Error|Exception)\b[:\[ (]|Traceback \(most recent call last\)|panic: |thread '[^']*' (?:\([0-9]+\) )?panicked at|npm (?:ERR!|error)|node:internal)",
    )
});

fn prefix(line: &str) -> Option<Level> {
    let bytes = line.as_bytes();
    if EXCEPTION.is_match(bytes) {
        return Some(Level::Error);
    }
    let found = PREFIX.captures(bytes)?;
    // Lower-case words are levels only with the punctuation of one: `info: ...`, `[error] ...`.
    let word = &found[1];
    let end = found.get(1)?.end();
    let marked = bytes.get(end).is_some_and(|byte| matches!(byte, b':' | b']'));
    if word.iter().any(u8::is_ascii_lowercase) && !marked {
        return None;
    }
    Level::parse(std::str::from_utf8(word).ok()?)
}

/// The patterns of this file are constants, and the tests use each of them.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_from_json_logfmt_and_words() {
        for (line, level) in [
            (r#"{"level":30,"msg":"listening"}"#, Some(Level::Info)),
            (r#"{"severity":"ERROR","message":"no"}"#, Some(Level::Error)),
            ("time=2026-11-21 level=warn msg=\"slow query\" ms=3", Some(Level::Warn)),
            ("INFO:     Uvicorn running on http://127.0.0.1:8000", Some(Level::Info)),
            ("2026-11-21 12:00:00,123 ERROR app: it broke", Some(Level::Error)),
            ("2026-11-21T12:00:00Z WARN  [db] retry", Some(Level::Warn)),
            ("[error] something", Some(Level::Error)),
            ("\x1b[31merror\x1b[0m: no such file", Some(Level::Error)),
            ("TypeError: x is not a function", Some(Level::Error)),
            ("Traceback (most recent call last):", Some(Level::Error)),
            ("npm error code ENOENT", Some(Level::Error)),
            ("12:00:00.123 LOG:  database system is ready", Some(Level::Info)),
            ("info about the weather", None),
            ("an error occurred", None),
            ("GET /error 200", None),
            ("listening on 4000", None),
        ] {
            assert_eq!(facts(line).level, level, "{line}");
        }
    }

    #[test]
    fn messages_come_out_of_structure() {
        assert_eq!(facts(r#"{"level":"info","msg":"a \"b\""}"#).message, "a \"b\"");
        assert_eq!(facts(r#"level=info msg="a \"b\"" x=1"#).message, "a \"b\"");
        assert_eq!(facts("\x1b[1mplain\x1b[0m").message, "plain");
        assert_eq!(facts("a=b c=d").shape, Shape::Text);
        assert_eq!(facts("{not json}").shape, Shape::Text);
    }
}
