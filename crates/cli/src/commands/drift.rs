//! `sea drift`.

use std::io::Write as _;

use seaworthy_detect::{Repository, load_from};
use seaworthy_generate::TARGETS;
use seaworthy_generate::drift::Report;

use crate::args::{DriftArgs, Global};
use crate::commands::{generate, load};
use crate::exit;
use crate::output::{self, differences};

pub(crate) fn run(global: &Global, args: &DriftArgs) -> anyhow::Result<u8> {
    let root = load::root(global, args.dir.as_deref())?;
    let repository = Repository::open(&root)?;
    let loaded = load_from(&repository, &load::overrides(global));
    if loaded.has_errors() {
        return Ok(output::problems(&loaded));
    }
    let targets: Vec<_> = TARGETS.iter().collect();
    let found = generate::drift(&root, &repository, &loaded, &targets)?;
    if args.json {
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&Report::new(&found))?)?;
    } else {
        let mut text = Vec::new();
        differences::write(&mut text, &found)?;
        anstream::stdout().lock().write_all(&text)?;
    }
    Ok(if found.is_empty() { exit::DONE } else { exit::NO })
}
