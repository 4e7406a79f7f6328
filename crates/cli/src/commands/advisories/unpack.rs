//! An archive of records becomes a folder of them: in one step, so that a crash leaves the old or the new.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use zip::ZipArchive;

/// A record larger than this is none.
const MOST_BYTES: u64 = 4 << 20;

/// Puts the records of an archive where `folder` is, and says how many there are.
pub(super) fn into(archive: File, folder: &Path) -> io::Result<usize> {
    let mut archive = ZipArchive::new(io::BufReader::new(archive)).map_err(io::Error::other)?;
    let parent = folder.parent().unwrap_or(Path::new("."));
    let fresh = tempfile::Builder::new().prefix(".records-").tempdir_in(parent)?;
    let mut count = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(io::Error::other)?;
        // Only the last part of a name is taken: no record may be written elsewhere.
        let whole = entry.name().map_err(io::Error::other)?;
        let name = whole.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        drop(whole);
        let is_record = name.ends_with(".json") && !name.starts_with('.') && entry.size() <= MOST_BYTES;
        if !is_record || entry.is_dir() {
            continue;
        }
        let mut file = File::create(fresh.path().join(&name))?;
        // What the archive says of its size is not taken on trust.
        io::copy(&mut entry.take(MOST_BYTES), &mut file)?;
        count += 1;
    }
    if count == 0 {
        return Err(io::Error::other("there is no record in it"));
    }
    let fresh = fresh.keep();
    let old = parent.join(format!(".old-{}", std::process::id()));
    let had = fs::rename(folder, &old).is_ok();
    if let Err(error) = fs::rename(&fresh, folder) {
        if had {
            fs::rename(&old, folder)?;
        }
        return Err(error);
    }
    if had {
        fs::remove_dir_all(&old)?;
    }
    Ok(count)
}
