//! `cargo xtask dashboard`: builds the dashboard into the crate that embeds it. Whether that was done is checked without
//! Node, by a test of the server that compares hashes.

use crate::process::{self, Outcome, program, works};

pub(crate) fn run() -> Outcome {
    if !works(program("npm", &["--version"])) {
        return Err("npm is not on this machine; install Node 20 or newer".to_owned());
    }
    process::run(program("npm", &["--prefix", "dashboard", "ci"]))?;
    process::run(program("npm", &["--prefix", "dashboard", "run", "build"]))?;
    Ok("crates/server/assets is built from dashboard/".to_owned())
}
