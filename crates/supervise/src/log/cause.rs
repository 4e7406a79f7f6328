//! The first error of an output: what to show of a process that ended badly.

use super::facts::{Level, facts};

/// Lines that say what went wrong, found among the lines of one run of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The one line that says it best.
    pub line: String,
}

/// What a line says, after those before it.
pub(super) enum Said {
    /// What went wrong.
    Error(String),
    /// Something else.
    Other(String),
    /// Nothing.
    Nothing,
}

/// Finds the lines of an output that tell of errors; for a Python traceback the exception that ends it.
#[derive(Debug, Default)]
pub(super) struct Errors {
    in_traceback: bool,
}

impl Errors {
    /// Takes the next line.
    pub(super) fn take(&mut self, line: &str) -> Said {
        let facts = facts(line);
        let text = facts.message.trim_end();
        if text.trim().is_empty() {
            return Said::Nothing;
        }
        if self.in_traceback {
            // Frames are indented; what is not is the exception.
            if !text.starts_with(char::is_whitespace) {
                self.in_traceback = false;
                return Said::Error(text.to_owned());
            }
        } else if text.starts_with("Traceback (most recent call last)") {
            self.in_traceback = true;
        } else if facts.level == Some(Level::Error) && !is_frame(text) {
            return Said::Error(text.trim_start().to_owned());
        }
        Said::Other(text.trim_start().to_owned())
    }
}

/// The first error in `lines` (oldest first): the first line that says it is one; for a Python traceback the exception
/// that ends it; else the last line that was written.
pub fn cause<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Cause> {
    let mut errors = Errors::default();
    let mut last = None;
    for line in lines {
        match errors.take(line) {
            Said::Error(line) => return Some(Cause { line }),
            Said::Other(line) => last = Some(line),
            Said::Nothing => {}
        }
    }
    last.map(|line| Cause { line })
}

/// Node prints the place in its own sources before the error itself, npm a code and the path of a file.
fn is_frame(text: &str) -> bool {
    [
        "node:internal",
        "npm error code",
        "npm error syscall",
        "npm error path",
        "npm error errno",
        "npm ERR! code",
    ]
    .iter()
    .any(|start| text.starts_with(start))
        || text.trim_end() == "npm error"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &str) -> Option<String> {
        cause(output.lines()).map(|cause| cause.line)
    }

    #[test]
    fn the_first_error_is_shown_not_the_last() {
        let node = "> api@1.0.0 start\n> node server.js\n\nnode:internal/modules/cjs/loader:1228\n  throw err;\n  ^\n\nError: Cannot find module 'express'\nRequire stack:\n- /app/server.js\n\nNode.js v20.20.2\nnpm error Lifecycle script `start` failed";
        assert_eq!(of(node).unwrap(), "Error: Cannot find module 'express'");
        let python = "starting\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import x\nModuleNotFoundError: No module named 'x'\n";
        assert_eq!(of(python).unwrap(), "ModuleNotFoundError: No module named 'x'");
        let npm =
            "npm error code E404\nnpm error 404 Not Found - GET https://example.com/nope\nnpm error 404\n";
        assert_eq!(of(npm).unwrap(), "npm error 404 Not Found - GET https://example.com/nope");
        assert_eq!(of("one\ntwo\n\n").unwrap(), "two");
        assert_eq!(of(""), None);
    }
}
