//! `sea secrets rotate`: another key for the same person.
//!
//! The new key is written first, beside the old one, which other repositories and git's history still need; whoever is
//! interrupted anywhere has a key for every file, and types the same again.

use seaworthy_secrets::key;

use super::{Scene, advise, init, warn};
use crate::exit::{self, Mistake};

pub(super) fn run(scene: &Scene) -> anyhow::Result<u8> {
    let old = scene.places.keys().map_err(advise)?;
    warn(&old.warnings);
    let path = scene.places.own_file().filter(|_| scene.places.given.is_none());
    let Some(path) = path else {
        return Err(Mistake {
            message: "the key is in $SEA_AGE_KEY, which cannot be written".to_owned(),
            help: Some("put it into a file, and that into $SEA_AGE_KEY_FILE".to_owned()),
        }
        .into());
    };
    let recipients = scene.folder.recipients().map_err(advise)?;
    let Some(own) = old.recipients().into_iter().find(|own| recipients.all().any(|known| known.key == *own))
    else {
        return Err(Mistake {
            message: format!("no key of {} is a recipient here", old.from()),
            help: Some("sea secrets init".to_owned()),
        }
        .into());
    };
    let made =
        key::create(path, &format!("made by sea secrets rotate on {}", init::today())).map_err(advise)?;
    let new = made.recipients().into_iter().next().unwrap_or_default();
    // All of them: the old key may be in another file than the new one.
    let keys = scene.places.keys().map_err(advise)?;
    scene.folder.change_recipients(&keys, |all| Ok(all.replace(&own, &new))).map_err(advise)?;
    anstream::println!(
        "a new key is in {}, before the old one, which git's history still needs",
        path.display()
    );
    anstream::println!("its public side is {new}; every file of secrets/ is encrypted for it: commit that");
    anstream::println!("if the old key is known to others, so are the values in git: set new ones");
    Ok(exit::DONE)
}
