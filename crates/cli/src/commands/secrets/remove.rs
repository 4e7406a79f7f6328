//! `sea secrets remove`.

use super::{Scene, advise, parse, warn};
use crate::args::SecretsRemoveArgs;
use crate::exit;

pub(super) fn run(scene: &Scene, args: &SecretsRemoveArgs) -> anyhow::Result<u8> {
    let name = parse(&args.name)?;
    scene.check_writable()?;
    let keys = scene.places.keys().map_err(advise)?;
    warn(&keys.warnings);
    if !scene.folder.file(&scene.environment).exists() {
        anstream::println!("{} has no secrets", scene.environment);
        return Ok(exit::NO);
    }
    let change = scene
        .folder
        .change(&scene.environment, &keys, |document| Ok(document.remove(name.as_str())))
        .map_err(advise)?;
    if !change.value {
        anstream::println!("{} has no {name}", scene.environment);
        return Ok(exit::NO);
    }
    anstream::println!("removed {name} from {}", scene.environment);
    let users = scene.needs().remove(&name).unwrap_or_default();
    for one in users {
        anstream::println!("{} names it still", one.service);
    }
    Ok(exit::DONE)
}
