//! `sea secrets edit`: all secrets of an environment in an editor.
//!
//! The one place where values stand in a file in clear: one that its owner alone can read, in memory where the system
//! offers that, in a folder of its own so that what the editor leaves beside it is found and wiped too.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_secrets::document::Document;
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Scene, advise, variable, warn};
use crate::exit::{self, Outside};

pub(super) fn run(scene: &Scene) -> anyhow::Result<u8> {
    scene.check_writable()?;
    let keys = scene.places.keys().map_err(advise)?;
    warn(&keys.warnings);
    let before = scene.folder.read(&scene.environment, &keys).map_err(advise)?.unwrap_or_default();
    let desk = Desk::new()?;
    let path = desk.lay(&scene.environment.to_string(), before.text())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    // Ctrl-C is for the editor, and the end of a terminal ends the editor first: then what is here is wiped.
    let kinds = [SignalKind::interrupt(), SignalKind::quit(), SignalKind::hangup(), SignalKind::terminate()];
    let _held: Vec<Signal> = kinds.into_iter().map(signal).collect::<Result<_, _>>()?;
    let after = loop {
        open_editor(&path)?;
        let bytes = fs::read(&path)?;
        let read =
            std::str::from_utf8(&bytes).map_err(|_| "it is no UTF-8 text".to_owned()).and_then(|text| {
                Document::parse(text, Path::new("your text")).map_err(|error| error.to_string())
            });
        match read {
            Ok(document) => break document,
            Err(why) if again(&why)? => {}
            Err(why) => {
                let help = Some("sea secrets edit, once more: nothing was changed".to_owned());
                return Err(Outside { message: why, help }.into());
            }
        }
    };
    if after.text() == before.text() {
        anstream::println!("nothing was changed");
        return Ok(exit::DONE);
    }
    let change = scene.folder.change(&scene.environment, &keys, |document| {
        if document.text() == before.text() {
            *document = after;
        } else {
            // Someone else was quicker: both are kept.
            document.merge(&before, &after);
        }
        Ok(())
    });
    change.map_err(advise)?;
    anstream::println!("changed the secrets of {}", scene.environment);
    Ok(exit::DONE)
}

fn open_editor(path: &Path) -> anyhow::Result<()> {
    let editor = variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    // As git does it: the editor may come with options.
    let status =
        Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(path).status()?;
    if status.success() {
        return Ok(());
    }
    Err(Outside {
        message: format!("the editor `{editor}` ended with {status}: nothing was changed"),
        help: Some("EDITOR=nano sea secrets edit".to_owned()),
    }
    .into())
}

/// Whether a person wants to mend what they wrote.
fn again(why: &str) -> io::Result<bool> {
    let mut input = io::stdin().lock();
    if !input.is_terminal() {
        return Ok(false);
    }
    write!(io::stderr(), "{why}\nedit it again? [Y/n] ")?;
    let mut answer = String::new();
    Ok(input.read_line(&mut answer)? > 0 && !answer.trim().eq_ignore_ascii_case("n"))
}

/// A folder for its owner alone, whose files are wiped with it.
struct Desk(TempDir);

impl Desk {
    fn new() -> io::Result<Self> {
        // What the editor leaves beside the file, a copy or a draft, may be less careful than we are.
        let closed = fs::Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        builder.prefix("sea-").permissions(closed);
        let memory = variable("XDG_RUNTIME_DIR").map(PathBuf::from).into_iter().chain(["/dev/shm".into()]);
        for place in memory {
            if let Ok(dir) = builder.tempdir_in(place) {
                return Ok(Self(dir));
            }
        }
        builder.tempdir().map(Self)
    }

    fn lay(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.0.path().join(format!("{name}.env"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for entry in fs::read_dir(self.0.path()).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.path().symlink_metadata() else { continue };
            if let Ok(mut file) = OpenOptions::new().write(true).open(entry.path())
                && metadata.is_file()
            {
                let zeros = vec![0; usize::try_from(metadata.len()).unwrap_or_default()];
                let _ = file.write_all(&zeros).and_then(|()| file.sync_all());
            }
        }
    }
}
