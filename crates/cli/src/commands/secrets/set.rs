//! `sea secrets set`: a value from standard input or a hidden prompt, never from the command line.

use std::io::{IsTerminal as _, Read as _};

use seaworthy_secrets::value;
use secrecy::SecretString;

use super::{Scene, advise, parse, prompt, warn};
use crate::args::SecretsSetArgs;
use crate::exit::{self, Mistake};

/// Codes that shells give to a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(super) fn run(scene: &Scene, args: &SecretsSetArgs) -> anyhow::Result<u8> {
    // `NAME=VALUE` is the same mistake in one word.
    if !args.refused.is_empty() || args.name.contains('=') {
        return Err(Mistake {
            message: "a value on the command line is refused: every user of this machine can read command lines, and the \
                      shell keeps them; it counts as known now, so set another one"
                .to_owned(),
            help: Some("sea secrets set NAME, and the value when it asks; or sea secrets set NAME < file".to_owned()),
        }
        .into());
    }
    let name = parse(&args.name)?;
    scene.check_writable()?;
    let keys = scene.places.keys().map_err(advise)?;
    warn(&keys.warnings);
    let Some(secret) = read(&format!("{name} for {}: ", scene.environment))? else { return Ok(INTERRUPTED) };
    let change = scene.folder.change(&scene.environment, &keys, |document| {
        let is_known = document.get(name.as_str()).is_some();
        document.set(&name, &secret);
        Ok(is_known)
    });
    let change = change.map_err(advise)?;
    let file = scene.folder.file(&scene.environment);
    let file = file.strip_prefix(&scene.root).unwrap_or(&file).display();
    match (change.written, change.value) {
        (false, _) => anstream::println!("{name} has this value already"),
        (true, true) => anstream::println!("changed {name} in {file}"),
        (true, false) => anstream::println!("added {name} to {file}"),
    }
    Ok(exit::DONE)
}

/// The value; `None` when Ctrl-C was typed.
fn read(question: &str) -> anyhow::Result<Option<SecretString>> {
    // Not locked yet: the prompt takes the lock itself.
    if std::io::stdin().is_terminal() {
        let Some(typed) = prompt::hidden(question)? else { return Ok(None) };
        return value::from_bytes(typed).map(Some).map_err(advise);
    }
    // Room for all of it from the start: growing would leave copies in memory.
    let mut bytes = Vec::with_capacity(value::LONGEST + 3);
    std::io::stdin().lock().take(value::LONGEST as u64 + 3).read_to_end(&mut bytes)?;
    value::from_bytes(bytes).map(Some).map_err(advise)
}
