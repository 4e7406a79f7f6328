//! The reference of the command line, from its help.

use crate::help::{COMMANDS, help};

const INTRODUCTION: &str = "# Command line

Every command works on the repository around the current folder: the nearest folder upwards with a `seaworthy.toml` or
a `.git`. `-C DIR` names another. Colours are left out where the output is no terminal, and with `NO_COLOR`.

| exit code | means |
|---|---|
| 0 | done |
| 1 | the answer is no (no command of this version answers it) |
| 2 | the command or `seaworthy.toml` is wrong |
| 3 | something outside failed: a folder, a file |
";

pub(super) fn page() -> String {
    let mut out = INTRODUCTION.to_owned();
    for command in COMMANDS {
        let name = ["sea"].iter().chain(command).copied().collect::<Vec<_>>().join(" ");
        out += &format!("\n## `{name}`\n\n```text\n{}\n```\n", help(command).trim_end());
    }
    out
}
