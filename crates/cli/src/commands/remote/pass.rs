//! Commands that the `sea` of a host answers itself: what they read is over there.

use std::io::IsTerminal as _;

use super::Remote;
use crate::args::{ExecArgs, Global, StateArgs};
use crate::commands::target;

/// Has the command line that this process was given carried out where the environment is served; `None` when that is
/// here, or no environment is named.
pub(crate) fn pass(global: &Global, state: &StateArgs) -> anyhow::Result<Option<u8>> {
    let arguments = without_folder(std::env::args().skip(1).collect());
    through(global, state, false, &arguments)
}

/// The same for `sea exec`, whose command is nobody's to read.
pub(crate) fn exec(global: &Global, args: &ExecArgs) -> anyhow::Result<Option<u8>> {
    let environment = global.env.clone().unwrap_or_default();
    let mut words = ["exec", "--env", &environment].map(str::to_owned).to_vec();
    if let Some(state) = &args.state.state {
        words.extend(["--state".to_owned(), state.to_string_lossy().into_owned()]);
    }
    words.extend([args.service.clone(), "--".to_owned()]);
    words.extend(args.command.iter().cloned());
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    through(global, &args.state, is_terminal, &words)
}

fn through(
    global: &Global,
    state: &StateArgs,
    at_terminal: bool,
    arguments: &[String],
) -> anyhow::Result<Option<u8>> {
    if global.here.is_some() || !target::is_named(global) {
        return Ok(None);
    }
    // Outside of a repository, or with another repository's environment, the ledger of this machine is meant.
    let Some((target, host)) = target::target(global).ok().and_then(|mut target| {
        let host = target.host.take()?;
        Some((target, host))
    }) else {
        return Ok(None);
    };
    let remote = Remote::open(&host, state)?;
    let mut words = Vec::new();
    if std::io::stdout().is_terminal() && !at_terminal {
        words.extend(["env", "CLICOLOR_FORCE=1"]);
    }
    words.extend([remote.program.as_str(), "--here", target.app.as_str()]);
    words.extend(arguments.iter().map(String::as_str));
    Ok(Some(remote.session.pass_through("it was asked", &words, at_terminal)?))
}

/// The arguments without the folder of the repository, which is on this machine.
fn without_folder(arguments: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => {
                kept.push(argument);
                kept.extend(arguments);
                break;
            }
            "-C" | "--directory" => {
                arguments.next();
            }
            _ if argument.starts_with("--directory=")
                || (argument.starts_with("-C") && !argument.starts_with("--")) => {}
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_stays_here() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (given, kept) in [
            ("-C /srv/shop history --env production", "history --env production"),
            ("history -C/srv/shop -n 5", "history -n 5"),
            ("--directory=/x logs --env staging web -f", "logs --env staging web -f"),
            ("logs -- -C x", "logs -- -C x"),
        ] {
            assert_eq!(without_folder(words(given)), words(kept), "{given}");
        }
    }
}
