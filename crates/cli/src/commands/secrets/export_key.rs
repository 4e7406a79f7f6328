//! `sea secrets export-key`: the key itself, for another machine.

use std::io::Write as _;

use secrecy::ExposeSecret as _;

use super::{Scene, advise, warn};
use crate::exit;

pub(super) fn run(scene: &Scene) -> anyhow::Result<u8> {
    let keys = scene.places.keys().map_err(advise)?;
    warn(&keys.warnings);
    if let Some(key) = keys.export() {
        writeln!(std::io::stdout().lock(), "{}", key.expose_secret())?;
    }
    Ok(exit::DONE)
}
