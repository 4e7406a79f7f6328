//! `sea secrets init`: a key, and its place among the recipients.

use seaworthy_secrets::{Error, key};

use super::{Scene, advise, variable, warn};
use crate::args::SecretsInitArgs;
use crate::exit::{self, Outside};

pub(super) fn run(scene: &Scene, args: &SecretsInitArgs) -> anyhow::Result<u8> {
    let (keys, is_new) = match scene.places.keys() {
        Ok(keys) => (keys, false),
        Err(Error::NoKey { looked }) => {
            let path = scene.places.own_file().ok_or_else(|| advise(Error::NoKey { looked }))?;
            (key::create(path, &format!("made by sea on {}", today())).map_err(advise)?, true)
        }
        Err(error) => return Err(advise(error)),
    };
    warn(&keys.warnings);
    let own = keys.recipients().into_iter().next().unwrap_or_default();
    let verb = if is_new { "made a key in" } else { "there is a key in" };
    anstream::println!(
        "{verb} {}; keep a copy where you keep passwords (sea secrets export-key)",
        keys.from()
    );
    anstream::println!("its public side is {own}");
    let name = args.name.clone().or_else(|| variable("USER"));
    let added = scene.folder.change_recipients(&keys, |recipients| Ok(recipients.add(&own, name.as_deref())));
    let file = scene.folder.recipients_file();
    let file = file.strip_prefix(&scene.root).unwrap_or(&file).display();
    match added {
        Ok(change) if change.written => anstream::println!("added it to {file}; commit that"),
        Ok(_) => anstream::println!("it is in {file} already"),
        Err(error @ Error::NotARecipient { .. }) => {
            let name = name.as_deref().unwrap_or("NAME");
            let help = format!("let someone who can type `sea secrets recipient add {own} --name {name}`");
            return Err(Outside { message: error.to_string(), help: Some(help) }.into());
        }
        Err(error) => return Err(advise(error)),
    }
    Ok(exit::DONE)
}

pub(super) fn today() -> String {
    jiff::Zoned::now().date().to_string()
}
