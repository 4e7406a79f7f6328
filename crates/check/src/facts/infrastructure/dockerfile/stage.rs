//! The stages of a Dockerfile, and what each inherits.

use std::collections::BTreeMap;
use std::ops::Range;

use parse_dockerfile::{Command, Dockerfile, Instruction};

use crate::facts::infrastructure::shell::{Simple, commands};

/// All stages, in their order.
pub(super) struct Image<'a, 't> {
    pub(super) stages: Vec<Stage<'a, 't>>,
}

/// One `FROM` and what follows it.
pub(super) struct Stage<'a, 't> {
    /// The image or stage it starts from, with known arguments filled in.
    pub(super) base: String,
    pub(super) from: Range<usize>,
    /// The stage that `base` names.
    pub(super) parent: Option<usize>,
    pub(super) steps: Vec<Step<'a, 't>>,
}

/// An instruction with what the rules ask of it.
pub(super) struct Step<'a, 't> {
    pub(super) instruction: &'a Instruction<'t>,
    /// The commands of a `RUN`, at their places in the file.
    pub(super) commands: Vec<Simple>,
    /// A `RUN` that keeps a folder between builds (`--mount=type=cache`).
    pub(super) has_cache: bool,
}

impl<'a, 't> Image<'a, 't> {
    pub(super) fn new(file: &'a Dockerfile<'t>) -> Self {
        let mut arguments: BTreeMap<&str, &str> = BTreeMap::new();
        for argument in file.global_args() {
            if let Some((name, value)) = argument.arguments.value.split_once('=') {
                arguments.insert(name.trim(), value.trim().trim_matches(['"', '\'']));
            }
        }
        let mut stages: Vec<Stage<'a, 't>> = Vec::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for (index, stage) in file.stages().enumerate() {
            let base = filled(&stage.from.image.value, &arguments);
            let parent = names.get(&base.to_ascii_lowercase()).copied();
            if let Some((_, name)) = &stage.from.as_ {
                names.insert(name.value.to_ascii_lowercase(), index);
            }
            let from = stage.from.from.span.start..stage.from.image.span.end;
            stages.push(Stage {
                base,
                from,
                parent,
                steps: stage.instructions.iter().map(Step::new).collect(),
            });
        }
        Self { stages }
    }

    /// The stage that becomes the image.
    pub(super) fn last(&self) -> Option<&Stage<'a, 't>> {
        self.stages.last()
    }

    /// The steps of the image that runs, those of inherited stages first.
    pub(super) fn final_steps(&self) -> impl Iterator<Item = &Step<'a, 't>> {
        self.lineage().into_iter().flat_map(|stage| &stage.steps)
    }

    /// The external image that the last stage goes back to.
    pub(super) fn final_base(&self) -> &str {
        self.lineage().first().map_or("", |stage| &stage.base)
    }

    fn lineage(&self) -> Vec<&Stage<'a, 't>> {
        let mut stages = Vec::new();
        let mut next = self.stages.len().checked_sub(1);
        while let Some(stage) = next.and_then(|index| self.stages.get(index)) {
            stages.push(stage);
            // A parent always stands before its child, so this ends.
            next = stage.parent;
        }
        stages.reverse();
        stages
    }
}

impl<'a, 't> Step<'a, 't> {
    fn new(instruction: &'a Instruction<'t>) -> Self {
        let Instruction::Run(run) = instruction else {
            return Self { instruction, commands: Vec::new(), has_cache: false };
        };
        let shifted = |text: &str, by: usize, newline_ends: bool| {
            let mut found = commands(text, newline_ends);
            for command in &mut found {
                command.start += by;
                command.end += by;
            }
            found
        };
        let mut found = match &run.arguments {
            Command::Shell(text) => shifted(text.value, text.span.start, false),
            Command::Exec(words) => vec![Simple {
                words: words.value.iter().map(|word| word.value.to_string()).collect(),
                start: words.span.start,
                end: words.span.end,
                is_piped: false,
            }],
            _ => Vec::new(),
        };
        for document in &run.here_docs {
            found.extend(shifted(&document.value, document.span.start, true));
        }
        let has_cache = run.options.iter().any(|option| {
            option.name.value == "mount"
                && option.value.as_ref().is_some_and(|value| value.value.contains("type=cache"))
        });
        Self { instruction, commands: found, has_cache }
    }
}

/// A text with `$NAME`, `${NAME}` and `${NAME:-default}` of known arguments filled in; what is unknown stays.
fn filled(text: &str, arguments: &BTreeMap<&str, &str>) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let (whole, name, default) = if let Some((inside, _)) = braced {
            let (name, default) =
                inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
            (inside.len() + 2, name, default)
        } else {
            let end = after.bytes().position(|byte| !is_name(byte)).unwrap_or(after.len());
            (end, &after[..end], None)
        };
        if let Some(value) = arguments.get(name).copied().or(default) {
            out.push_str(value);
        } else {
            out.push('$');
            out.push_str(&after[..whole]);
        }
        rest = &after[whole..];
    }
    out.push_str(rest);
    out
}

/// The words of `CMD` and `ENTRYPOINT`.
pub(super) fn words(command: &Command<'_>) -> Vec<String> {
    match command {
        Command::Exec(words) => words.value.iter().map(|word| word.value.to_string()).collect(),
        Command::Shell(text) => commands(text.value, false).into_iter().flat_map(|one| one.words).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_arguments_are_filled_in() {
        let known = BTreeMap::from([("V", "20"), ("VARIANT", "slim")]);
        let cases = [
            ("node:$V-$VARIANT", "node:20-slim"),
            ("node:${V}-${VARIANT}", "node:20-slim"),
            ("node:${OTHER:-18}", "node:18"),
            ("$OTHER:${V", "$OTHER:${V"),
            ("a$", "a$"),
        ];
        for (text, expected) in cases {
            assert_eq!(filled(text, &known), expected, "{text}");
        }
    }
}
