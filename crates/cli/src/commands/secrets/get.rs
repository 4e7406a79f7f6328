//! `sea secrets get`: one value, for whoever insists.

use std::io::Write as _;

use secrecy::ExposeSecret as _;

use super::{Scene, advise, parse, warn};
use crate::args::SecretsGetArgs;
use crate::exit::{self, Mistake};

pub(super) fn run(scene: &Scene, args: &SecretsGetArgs) -> anyhow::Result<u8> {
    let name = parse(&args.name)?;
    if !args.reveal {
        return Err(Mistake {
            message: "a secret is shown only when that is asked for in so many words".to_owned(),
            help: Some(format!("sea secrets get {name} --env {} --reveal", scene.environment)),
        }
        .into());
    }
    let providers = scene.providers()?;
    let mut asked = Vec::new();
    for provider in &providers {
        warn(&provider.warnings());
        if let Some(value) = provider.get(&name).map_err(advise)? {
            let mut out = std::io::stdout().lock();
            out.write_all(value.expose_secret().as_bytes())?;
            out.write_all(b"\n")?;
            return Ok(exit::DONE);
        }
        asked.push(provider.title());
    }
    anstream::eprintln!("{} has no {name}: asked {}", scene.environment, asked.join(", then "));
    Ok(exit::NO)
}
