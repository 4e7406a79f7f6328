//! The cache of a pipeline, carried from one machine to the next: a folder, or one file `.tar.zst`.
//!
//! ```text
//! seaworthy-cache.json   what is in it: paths, sizes, SHA-256
//! results/STEP.json ...  as in the cache itself; see `store`
//! ```
//!
//! What comes in is looked at before anything of it is put in place: every file is one that a cache has, is as long as the
//! list says and has its hash, and no result leads out of the repository. Whoever can write such an archive decides about
//! what is built, all the same: it is as much to be trusted as the machine that made it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::stat::hex;
use super::store::{self, Record, Store};
use super::testing::History;
use crate::Error;

/// The list of what is in an archive; it comes first.
const LIST: &str = "seaworthy-cache.json";

/// What the list calls itself.
const SCHEMA: &str = "sea.cache/1";

/// A list longer than this is none.
const LONGEST_LIST: u64 = 256 << 20;

/// Folders of a cache that are carried, with the ends of the names in them. What is about one machine (times of files,
/// reports of tools) is not.
const CARRIED: [(&str, &str); 5] =
    [("results", ".json"), ("trees", ".json"), ("copies", ""), ("logs", ".log"), ("tests", ".json")];

/// Files that steps made outside of their outputs.
const MADE: &str = "made.json";

#[derive(Debug, Serialize, Deserialize)]
struct List {
    schema: String,
    files: BTreeMap<String, Item>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    bytes: u64,
    sha256: String,
}

/// What was carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Files.
    pub files: usize,
    /// Their bytes, not compressed.
    pub bytes: u64,
}

/// Writes what is known in the cache below `cache` to a folder, or to a file whose name ends with `.tar.zst`. What was there
/// is replaced.
///
/// # Errors
/// When the file system refuses.
pub fn export(cache: &Path, to: &Path) -> Result<Carried, Error> {
    let store = Store::open(cache)?;
    let _lock = store.lock(|| {})?;
    let root = store.root();
    let mut files = BTreeMap::new();
    for path in paths(root) {
        let place = root.join(&path);
        let item = item(&place).map_err(Error::file("read", &place))?;
        files.insert(path, item);
    }
    let carried = Carried { files: files.len(), bytes: files.values().map(|item| item.bytes).sum() };
    let list = List { schema: SCHEMA.to_owned(), files };
    // Beside it, so that it takes its place in one step.
    let draft = beside(to);
    let write =
        || if is_file(to) { write_file(root, &list, &draft) } else { write_folder(root, &list, &draft) };
    let placed =
        clear(&draft).and_then(|()| write()).and_then(|()| clear(to)).and_then(|()| fs::rename(&draft, to));
    placed.map_err(|error| {
        let _ = clear(&draft);
        Error::file("write", to)(error)
    })?;
    Ok(carried)
}

/// Adds what a folder or file of `export` holds to the cache below `cache`; nothing when there is none. What is known here
/// goes before what comes in.
///
/// # Errors
/// When it is damaged or holds what no cache does, which leaves the cache as it was, or the file system refuses.
pub fn import(cache: &Path, from: &Path) -> Result<Option<Carried>, Error> {
    if from.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let store = Store::open(cache)?;
    let _lock = store.lock(|| {})?;
    let staging = store.root().join(format!("import.{}", std::process::id()));
    clear(&staging).map_err(Error::file("remove", &staging))?;
    let refuse = |why: String| Error::Archive { path: from.to_owned(), why };
    let taken = read(from, &staging).map_err(refuse).and_then(|list| {
        vouch(&staging, &list).map_err(refuse)?;
        merge(&store, &staging, &list)?;
        Ok(Carried { files: list.files.len(), bytes: list.files.values().map(|item| item.bytes).sum() })
    });
    // What stays is removed by the next one.
    let _ = clear(&staging);
    taken.map(Some)
}

/// A file's name says what it is to be.
fn is_file(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".tar.zst")
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

/// Removes a file or folder, where there is one.
fn clear(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        // Only what is a cache is thrown away for another.
        Ok(metadata) if metadata.is_dir() => {
            let is_ours = path.join(LIST).is_file()
                || path.extension().is_some_and(|end| end == "new")
                || path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("import."))
                || fs::read_dir(path)?.next().is_none();
            if is_ours {
                fs::remove_dir_all(path)
            } else {
                Err(io::Error::other("it is a folder of something else"))
            }
        }
        Ok(_) => fs::remove_file(path),
    }
}

/// What of a cache is carried.
fn paths(root: &Path) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (folder, _) in CARRIED {
        for entry in fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if is_of_a_cache(&path) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                paths.insert(path);
            }
        }
    }
    if root.join(MADE).is_file() {
        paths.insert(MADE.to_owned());
    }
    paths
}

/// A path that a cache has: one of its folders, and one name without anything that leads elsewhere.
fn is_of_a_cache(path: &str) -> bool {
    if path == MADE {
        return true;
    }
    let Some((folder, name)) = path.split_once('/') else { return false };
    let Some((_, end)) = CARRIED.iter().find(|(known, _)| *known == folder) else { return false };
    let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(stem) = name.strip_suffix(end) else { return false };
    match folder {
        "trees" | "copies" => is_hash(stem),
        _ => {
            !stem.is_empty()
                && !stem.starts_with('.')
                && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
    }
}

fn item(path: &Path) -> io::Result<Item> {
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut HashWriter(&mut hash))?;
    Ok(Item { bytes, sha256: hex(&hash.finalize()) })
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_folder(root: &Path, list: &List, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for path in list.files.keys() {
        let place = to.join(path);
        fs::create_dir_all(place.parent().unwrap_or(to))?;
        fs::copy(root.join(path), place)?;
    }
    fs::write(to.join(LIST), serde_json::to_vec(list)?)
}

fn write_file(root: &Path, list: &List, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut packed = zstd::stream::write::Encoder::new(BufWriter::new(File::create(to)?), 3)?;
    packed.include_checksum(true)?;
    let mut archive = tar::Builder::new(packed);
    let header = |bytes: u64| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        header
    };
    let text = serde_json::to_vec(list)?;
    archive.append_data(&mut header(text.len() as u64), LIST, text.as_slice())?;
    for (path, item) in &list.files {
        let file = File::open(root.join(path))?.take(item.bytes);
        archive.append_data(&mut header(item.bytes), path, file)?;
    }
    archive.into_inner()?.finish()?.flush()
}

/// Puts what an archive holds into a folder of its own, each file as the list says it is.
fn read(from: &Path, staging: &Path) -> Result<List, String> {
    let told = |error: io::Error| error.to_string();
    for (folder, _) in CARRIED {
        fs::create_dir_all(staging.join(folder)).map_err(told)?;
    }
    if from.is_dir() {
        let list = list(File::open(from.join(LIST)).map_err(|error| format!("{LIST}: {error}"))?)?;
        for (path, item) in &list.files {
            let file = File::open(from.join(path)).map_err(|error| format!("{path}: {error}"))?;
            take(path, item, file, staging)?;
        }
        return Ok(list);
    }
    let file = BufReader::new(File::open(from).map_err(told)?);
    let unpacked = zstd::stream::read::Decoder::new(file).map_err(told)?;
    let mut archive = tar::Archive::new(unpacked);
    let entries = archive.entries().map_err(told)?;
    let list = take_all(entries, staging)?;
    // What follows the last file is read, too: the checksum of all of it is there.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(told)?;
    Ok(list)
}

fn take_all<'a, R: Read + 'a>(mut entries: tar::Entries<'a, R>, staging: &Path) -> Result<List, String> {
    let told = |error: io::Error| error.to_string();
    let first = entries.next().ok_or_else(|| "it is empty".to_owned())?.map_err(told)?;
    if first.path_bytes().as_ref() != LIST.as_bytes() {
        return Err(format!("it does not begin with {LIST}"));
    }
    let list = list(first)?;
    let mut missing: BTreeSet<&String> = list.files.keys().collect();
    for entry in entries {
        let entry = entry.map_err(told)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(item) = list.files.get(&path).filter(|_| missing.remove(&path)) else {
            return Err(format!("{path} is not in its list"));
        };
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(format!("{path} is no file"));
        }
        take(&path, item, entry, staging)?;
    }
    match missing.first() {
        Some(path) => Err(format!("{path} is missing")),
        None => Ok(list),
    }
}

fn list(from: impl Read) -> Result<List, String> {
    let list: List =
        serde_json::from_reader(from.take(LONGEST_LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    if list.schema != SCHEMA {
        return Err(format!("its list is {}, not {SCHEMA}", list.schema));
    }
    match list.files.keys().find(|path| !is_of_a_cache(path)) {
        Some(path) => Err(format!("{path} is no file of a cache")),
        None => Ok(list),
    }
}

/// Writes one file, unless it is not what the list says.
fn take(path: &str, item: &Item, from: impl Read, staging: &Path) -> Result<(), String> {
    let place = staging.join(path);
    let mut hash = Sha256::new();
    let copy = || -> io::Result<u64> {
        let mut to = BufWriter::new(File::create(&place)?);
        let mut from = from.take(item.bytes + 1);
        let mut chunk = vec![0; 64 * 1024];
        let mut bytes = 0;
        loop {
            let read = from.read(&mut chunk)?;
            if read == 0 {
                to.flush()?;
                return Ok(bytes);
            }
            hash.update(&chunk[..read]);
            to.write_all(&chunk[..read])?;
            bytes += read as u64;
        }
    };
    let bytes = copy().map_err(|error| format!("{path}: {error}"))?;
    if bytes != item.bytes || hex(&hash.finalize()) != item.sha256 {
        return Err(format!("{path} is damaged"));
    }
    Ok(())
}

/// Looks at what the files say, before anybody believes it.
fn vouch(staging: &Path, list: &List) -> Result<(), String> {
    for (path, item) in &list.files {
        let bytes = || fs::read(staging.join(path)).map_err(|error| format!("{path}: {error}"));
        let damaged = |error: serde_json::Error| format!("{path}: {error}");
        match path.split('/').next() {
            Some("copies") if !path.ends_with(&format!("/{}", item.sha256)) => {
                return Err(format!("{path} is not what its name says"));
            }
            Some("trees") => {
                let tree: super::files::Tree = serde_json::from_slice(&bytes()?).map_err(damaged)?;
                if !path.ends_with(&format!("/{}.json", tree.digest())) {
                    return Err(format!("{path} is not what its name says"));
                }
            }
            Some("results") => {
                let records: Vec<Record> = serde_json::from_slice(&bytes()?).map_err(damaged)?;
                for record in &records {
                    if !is_of_a_cache(&format!("logs/{}", record.log))
                        || !is_of_a_cache(&format!("trees/{}.json", record.tree))
                    {
                        return Err(format!("{path} names what no cache holds"));
                    }
                    if let Some(outside) =
                        record.outputs.iter().chain(&record.made).find_map(super::outputs::Made::leads_out)
                    {
                        return Err(format!("{path} would write {outside}"));
                    }
                }
            }
            Some("tests") => {
                serde_json::from_slice::<History>(&bytes()?).map_err(damaged)?;
            }
            Some(MADE) => {
                serde_json::from_slice::<BTreeMap<String, String>>(&bytes()?).map_err(damaged)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Puts what came in beside what is known.
fn merge(store: &Store, staging: &Path, list: &List) -> Result<(), Error> {
    let mut renamed = BTreeMap::new();
    for path in list.files.keys() {
        let (from, mut to) = (staging.join(path), store.root().join(path));
        match path.split_once('/') {
            // Names of logs are given here and there; a result that comes in keeps its own under a name that is free.
            Some(("logs", name)) if to.exists() => {
                let stem = name.trim_end_matches(".log");
                let free = (1_u32..).map(|number| format!("{stem}.{number}.log"));
                let Some(free) = free.into_iter().find(|name| !store.log(name).exists()) else { continue };
                to = store.log(&free);
                renamed.insert(name.to_owned(), free);
            }
            Some(("logs" | "trees" | "copies", _)) => {}
            _ => continue,
        }
        fs::rename(&from, &to).map_err(Error::file("write", &to))?;
    }
    for path in list.files.keys() {
        let (from, to) = (staging.join(path), store.root().join(path));
        match path.split_once('/') {
            Some(("results", _)) => {
                let mut coming: Vec<Record> = store::load(&from);
                for record in &mut coming {
                    if let Some(name) = renamed.get(&record.log) {
                        name.clone_into(&mut record.log);
                    }
                }
                store::save(&to, &store::joined(store::load(&to), coming))?;
            }
            Some(("tests", _)) => {
                let mut known: History = store::load(&to);
                known.join(store::load(&from));
                store::save(&to, &known)?;
            }
            None => {
                let mut made: BTreeMap<String, String> = store::load(&from);
                made.extend(store::load::<BTreeMap<String, String>>(&to));
                store::save(&to, &made)?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_cache_has_is_taken() {
        let hash = "a".repeat(64);
        for path in [
            "made.json",
            "results/api.test.json",
            "results/api.test_2.json",
            "logs/check-0.log",
            "tests/e2e.json",
        ] {
            assert!(is_of_a_cache(path), "{path}");
        }
        assert!(is_of_a_cache(&format!("copies/{hash}")) && is_of_a_cache(&format!("trees/{hash}.json")));
        for path in [
            "",
            "stat.json",
            "lock",
            "results/../x.json",
            "results/a/b.json",
            "/etc/passwd",
            "../results/a.json",
            "results/.json",
            "results/.x.json",
            "logs/a.json",
            "copies/short",
            "reports/a.xml",
            "results\\a.json",
            "results/a b.json",
        ] {
            assert!(!is_of_a_cache(path), "{path}");
        }
    }
}
