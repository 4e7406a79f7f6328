//! Exit codes, the same for every command.

/// Done.
pub(crate) const DONE: u8 = 0;
/// The answer is "no": findings, a failed gate, drift.
pub(crate) const NO: u8 = 1;
/// The command or `seaworthy.toml` is wrong.
pub(crate) const WRONG: u8 = 2;
/// Something outside failed: a folder, a port, a toolchain, the network.
pub(crate) const OUTSIDE: u8 = 3;

/// A failure that is the caller's to mend: what was typed, and what to type instead.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// What is wrong.
    pub(crate) message: String,
    /// What to type next.
    pub(crate) help: Option<String>,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

/// Something outside failed, and there is something to type against that.
#[derive(Debug)]
pub(crate) struct Outside {
    /// What happened.
    pub(crate) message: String,
    /// What to type next.
    pub(crate) help: Option<String>,
}

impl std::fmt::Display for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Outside {}

/// The exit code for a failure.
pub(crate) fn of(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Mistake>().is_some() { WRONG } else { OUTSIDE }
}
