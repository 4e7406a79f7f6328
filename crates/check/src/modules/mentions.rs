//! Files and names that are spoken of where no import is: configuration, scripts, pages, texts in code.

use aho_corasick::AhoCorasick;

use crate::context::Context;
use crate::file::{extension, is_lockfile, name};

/// Configuration larger than this is data.
const MOST: usize = 256 << 10;

/// Which of the needles are in any file that `looks_at` wants; bounded by the files' sizes, not by the needles.
pub(crate) fn mentioned(
    context: &Context<'_>,
    needles: &[String],
    looks_at: impl Fn(&str) -> bool,
) -> Vec<bool> {
    let mut found = vec![false; needles.len()];
    if needles.is_empty() {
        return found;
    }
    // Too many for an automaton: all count as mentioned.
    let Ok(automaton) = AhoCorasick::new(needles) else { return vec![true; needles.len()] };
    for path in context.repository.paths().iter().filter(|path| looks_at(path)) {
        let Some(text) = context.repository.source(path).filter(|text| text.len() < MOST) else { continue };
        for hit in automaton.find_overlapping_iter(&*text) {
            let is_word =
                |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let bytes = text.as_bytes();
            let before = hit.start().checked_sub(1).map(|at| bytes[at]);
            let (first, last) = (bytes.get(hit.start()).copied(), bytes.get(hit.end() - 1).copied());
            // A needle that ends with a word's letter is not part of a longer word.
            let is_cut =
                is_word(first) && is_word(before) || is_word(last) && is_word(bytes.get(hit.end()).copied());
            if !is_cut {
                found[hit.pattern().as_usize()] = true;
            }
        }
    }
    found
}

/// Files that tools and people read to know what to run.
pub(crate) fn is_configuration(path: &str) -> bool {
    let file = name(path);
    if is_lockfile(file) {
        return false;
    }
    matches!(
        extension(path),
        "json"
            | "jsonc"
            | "json5"
            | "yml"
            | "yaml"
            | "toml"
            | "sh"
            | "bash"
            | "html"
            | "htm"
            | "cfg"
            | "ini"
            | "conf"
            | "md"
            | "mdx"
            | "css"
            | "scss"
            | "sass"
            | "less"
            | "ps1"
            | "bat"
            | "tf"
            | "service"
            | "ejs"
            | "hbs"
            | "pug"
            | "j2"
            | "jinja2"
            | "xml"
    ) || file.starts_with("Dockerfile")
        || file.ends_with("Dockerfile")
        || file.starts_with('.')
        || !file.contains('.')
}
