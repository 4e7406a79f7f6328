//! Browsers of this machine.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// Programs that open an address, in the order in which they are tried.
const OPENERS: [&str; 4] = ["xdg-open", "open", "wslview", "sensible-browser"];

/// Opens an address or a file; false when no program for that is there. What is opened is seen in the list of processes.
pub(crate) fn open(what: impl AsRef<OsStr>) -> bool {
    let browser = std::env::var("BROWSER").ok();
    let mut openers = browser.iter().map(String::as_str).chain(OPENERS);
    openers.any(|opener| {
        let started = Command::new(opener)
            .arg(what.as_ref())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        started.is_ok()
    })
}
