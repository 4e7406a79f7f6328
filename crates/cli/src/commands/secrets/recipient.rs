//! `sea secrets recipient`: who can read the secrets.

use std::path::PathBuf;

use seaworthy_secrets::Error;

use super::{Scene, advise, warn};
use crate::args::{RecipientArgs, RecipientCommand};
use crate::exit::{self, Mistake};
use crate::output::style;

pub(super) fn run(scene: &Scene, args: &RecipientArgs) -> anyhow::Result<u8> {
    if let RecipientCommand::List = args.command {
        return list(scene);
    }
    let keys = scene.places.keys().map_err(advise)?;
    warn(&keys.warnings);
    match &args.command {
        RecipientCommand::Add(args) => {
            let change =
                scene.folder.change_recipients(&keys, |all| Ok(all.add(&args.key, args.name.as_deref())));
            match change.map_err(advise)?.value {
                // What was typed may be a private key: it is not repeated.
                None => Err(Mistake {
                    message: "that is no public key of age (age1...)".to_owned(),
                    help: Some("let them type `sea secrets init`, which prints theirs".to_owned()),
                }
                .into()),
                Some(false) => {
                    anstream::println!("that is one already");
                    Ok(exit::DONE)
                }
                Some(true) => {
                    anstream::println!(
                        "added; every file of secrets/ is encrypted for them too: commit that"
                    );
                    Ok(exit::DONE)
                }
            }
        }
        RecipientCommand::Remove(args) => {
            let change = scene.folder.change_recipients(&keys, |all| Ok(all.remove(&args.recipient)));
            if !change.map_err(advise)?.value {
                anstream::println!("there is no such recipient");
                return Ok(exit::NO);
            }
            anstream::println!(
                "removed; every file of secrets/ is encrypted without them: commit that. They can read what is in git so \
                 far: set new values for what they must not know"
            );
            Ok(exit::DONE)
        }
        RecipientCommand::List => Ok(exit::DONE),
    }
}

fn list(scene: &Scene) -> anyhow::Result<u8> {
    let recipients = scene.folder.recipients().map_err(advise)?;
    if recipients.all().next().is_none() {
        let path: PathBuf = scene.folder.recipients_file();
        return Err(advise(Error::NoRecipients { path }));
    }
    for known in recipients.all() {
        anstream::println!("{} {}", known.key, style::paint(style::DIM, known.name.unwrap_or_default()));
    }
    Ok(exit::DONE)
}
