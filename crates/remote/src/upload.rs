//! A program copied to a host: resumed where it was interrupted, verified before it counts.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::script;
use crate::session::{Session, here};

/// A program of this machine that hosts need, named by its version and content.
#[derive(Clone, Debug)]
pub struct Program {
    file: PathBuf,
    name: String,
    digest: String,
    size: u64,
}

impl Program {
    /// The program in a file; reads all of it.
    pub fn open(file: &Path, name: &str, version: &str) -> Result<Self, Error> {
        let unreadable = || here("the program to be copied cannot be read");
        let mut hash = Sha256::new();
        let mut opened = File::open(file).map_err(unreadable())?;
        let mut buffer = vec![0; 1 << 20];
        let mut size = 0;
        loop {
            let read = opened.read(&mut buffer).map_err(unreadable())?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            size += read as u64;
        }
        let digest = hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let name = format!("{name}-{version}-{}", &digest[..12]);
        Ok(Self { file: file.to_owned(), name, digest, size })
    }

    /// Its name on hosts: `sea-0.1.0-3f9a2c1b7d04`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it is on a host.
    pub fn on(&self, session: &Session) -> String {
        format!("{}/bin/{}", session.facts().state, self.name)
    }

    /// Copies it to a host that does not have it; `progress` is told how many bytes are there. Blocks.
    pub fn copy(&self, session: &Session, progress: &mut dyn FnMut(u64)) -> Result<(), Error> {
        session.check()?;
        if session.facts().has_program {
            return Ok(());
        }
        let program = self.on(session);
        let part = format!("{program}.part");
        // A file that is longer than it can be is begun anew.
        let offset = Some(session.facts().part).filter(|part| *part <= self.size).unwrap_or(0);
        let what = "copying `sea` there";
        let sent = session.run(what, &script::append(&part, offset), |input| {
            let mut file = File::open(&self.file)?;
            file.seek(SeekFrom::Start(offset))?;
            let mut buffer = vec![0; 256 << 10];
            let mut there = offset;
            progress(there);
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    return Ok(());
                }
                input.write_all(&buffer[..read])?;
                there += read as u64;
                progress(there);
            }
        })?;
        if !sent.status.success() {
            return Err(session.failed(what, &sent));
        }
        let quiet = |_: &mut dyn io::Write| Ok(());
        let what = "verifying `sea` there";
        let digest = session.run(what, &script::digest(&part), quiet)?;
        if !digest.status.success() {
            return Err(session.failed(what, &digest));
        }
        if !digest.output.starts_with(self.digest.as_bytes()) {
            session.run(what, &script::discard(&part), quiet)?;
            return Err(Error::Altered(session.address().clone()));
        }
        let what = "running `sea` there";
        let link = format!("{}/bin/sea", session.facts().state);
        let installed = session.run(what, &script::install(&part, &program, &link), quiet)?;
        if installed.status.success() { Ok(()) } else { Err(session.failed(what, &installed)) }
    }
}
