//! Files that name the folder they are in.
//!
//! Installers write the absolute path of their folder into what they install: first lines of scripts, `pyvenv.cfg`, shims
//! of commands. Such a text is stored with a placeholder instead, and written with the folder that it comes to; so it is the
//! same wherever it was built, and runs wherever it is put. In files that are no text a path cannot be replaced, since its
//! length counts: they are stored as they are, and told about.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use memchr::memmem::{self, Finder};

/// What stands for the folder in stored texts.
pub(crate) const PLACEHOLDER: &[u8] = b"/@seaworthy-folder@";

/// Names of a path without which it is no name of one folder: `/app` is also a route of half the apps there are.
const LEAST_NAMES: usize = 3;

/// What is to be stored of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outgoing<'a> {
    /// Its content.
    pub(crate) content: Cow<'a, [u8]>,
    /// Placeholders are in it.
    pub(crate) relocated: bool,
    /// It names its folder and cannot be changed.
    pub(crate) fixed: bool,
}

/// The folder that a tree was built in.
#[derive(Debug)]
pub(crate) struct Origin {
    finder: Option<Finder<'static>>,
}

impl Origin {
    /// `root` is absolute and without links.
    pub(crate) fn new(root: &Path) -> Self {
        let is_telling = root.components().count() > LEAST_NAMES;
        Self { finder: is_telling.then(|| Finder::new(root.as_os_str().as_bytes()).into_owned()) }
    }

    /// Its path is telling enough to be looked for.
    pub(crate) fn is_telling(&self) -> bool {
        self.finder.is_some()
    }

    /// What is to be stored of a file.
    pub(crate) fn outgoing<'a>(&self, path: &str, content: &'a [u8]) -> Outgoing<'a> {
        let content = match without_moving_digests(path, content) {
            Some(changed) => Cow::Owned(changed),
            None => Cow::Borrowed(content),
        };
        let places = self.places(&content);
        if places.is_empty() {
            return Outgoing { content, relocated: false, fixed: false };
        }
        let is_text = memchr::memchr(0, &content).is_none();
        if !is_text || memmem::find(&content, PLACEHOLDER).is_some() {
            return Outgoing { content, relocated: false, fixed: true };
        }
        let length = self.finder.as_ref().map_or(0, |finder| finder.needle().len());
        let mut changed = Vec::with_capacity(content.len());
        let mut from = 0;
        for place in places {
            changed.extend_from_slice(&content[from..place]);
            changed.extend_from_slice(PLACEHOLDER);
            from = place + length;
        }
        changed.extend_from_slice(&content[from..]);
        Outgoing { content: Cow::Owned(changed), relocated: true, fixed: false }
    }

    /// Where the path stands as a whole, and not as the beginning of another name.
    fn places(&self, content: &[u8]) -> Vec<usize> {
        let Some(finder) = &self.finder else { return Vec::new() };
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        finder
            .find_iter(content)
            .filter(|place| !content.get(place + finder.needle().len()).is_some_and(|byte| goes_on(*byte)))
            .collect()
    }

    /// Looks for the path in what comes in pieces.
    pub(crate) fn watch(&self) -> Watch<'_> {
        Watch { origin: self, tail: Vec::new(), found: false }
    }
}

/// See [`Origin::watch`].
pub(crate) struct Watch<'a> {
    origin: &'a Origin,
    /// The end of what was seen: the path may begin there.
    tail: Vec<u8>,
    pub(crate) found: bool,
}

impl Watch<'_> {
    pub(crate) fn see(&mut self, piece: &[u8]) {
        let Some(finder) = self.origin.finder.as_ref().filter(|_| !self.found) else { return };
        let most = finder.needle().len().saturating_sub(1);
        self.tail.extend_from_slice(&piece[..piece.len().min(most)]);
        self.found = finder.find(&self.tail).is_some() || finder.find(piece).is_some();
        if piece.len() >= most {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - most..]);
        } else {
            let surplus = self.tail.len().saturating_sub(most);
            self.tail.drain(..surplus);
        }
    }
}

/// What is to be written of a relocated file.
pub(crate) fn incoming(content: &[u8], folder: &Path) -> Vec<u8> {
    let mut written = Vec::with_capacity(content.len());
    let mut from = 0;
    for place in memmem::find_iter(content, PLACEHOLDER) {
        written.extend_from_slice(&content[from..place]);
        written.extend_from_slice(folder.as_os_str().as_bytes());
        from = place + PLACEHOLDER.len();
    }
    written.extend_from_slice(&content[from..]);
    written
}

/// pip writes down digests of the scripts that it makes, paths within included: those would differ from folder to folder,
/// and be wrong once a script is relocated. An empty digest is what the format says of a file that may change
/// (<https://packaging.python.org/en/latest/specifications/recording-installed-packages/>).
fn without_moving_digests(path: &str, content: &[u8]) -> Option<Vec<u8>> {
    if !path.ends_with(".dist-info/RECORD") {
        return None;
    }
    let text = std::str::from_utf8(content).ok()?;
    let moves = |file: &str| {
        file.starts_with("../") || file.ends_with("/direct_url.json") || file.contains("__editable__")
    };
    let mut changed = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // A name with a comma is quoted; it is left as it is.
        match line.split_once(',') {
            Some((file, rest)) if moves(file) && !file.starts_with('"') => {
                let end = if rest.ends_with("\r\n") { "\r\n" } else { "\n" };
                changed.extend([file, ",,", end]);
            }
            _ => changed.push_str(line),
        }
    }
    Some(changed.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_move_and_binaries_are_told() {
        let origin = Origin::new(Path::new("/srv/ship/checkout"));
        let text =
            b"#!/srv/ship/checkout/.venv/bin/python\nx = '/srv/ship/checkout'\ny = '/srv/ship/checkout2'\n";
        let out = origin.outgoing("bin/x", text);
        assert!(out.relocated && !out.fixed);
        let moved = incoming(&out.content, Path::new("/a"));
        assert_eq!(moved, b"#!/a/.venv/bin/python\nx = '/a'\ny = '/srv/ship/checkout2'\n");
        assert_eq!(incoming(&out.content, Path::new("/srv/ship/checkout")), text);
        let binary = b"ELF\0/srv/ship/checkout/x\0";
        let out = origin.outgoing("x", binary);
        assert!(out.fixed && !out.relocated && out.content == &binary[..]);
        let odd = [text, PLACEHOLDER].concat();
        assert!(origin.outgoing("x", &odd).fixed);
        assert!(!Origin::new(Path::new("/srv/app")).outgoing("x", b"/srv/app/").relocated);
    }

    #[test]
    fn a_path_across_pieces_is_seen() {
        let origin = Origin::new(Path::new("/srv/ship/checkout"));
        let text = b"....../srv/ship/checkout/....";
        for size in 1..text.len() {
            let mut watch = origin.watch();
            text.chunks(size).for_each(|piece| watch.see(piece));
            assert!(watch.found, "in pieces of {size}");
        }
        let mut watch = origin.watch();
        for piece in [&b"/srv/ship/"[..], b"/srv", b"/checkout"] {
            watch.see(piece);
        }
        assert!(!watch.found);
    }

    #[test]
    fn records_of_pip_say_nothing_of_what_moves() {
        let record = b"../../../bin/x,sha256=abc,217\nx/__init__.py,sha256=def,1\nx-1.dist-info/direct_url.json,sha256=e,9\nx-1.dist-info/RECORD,,\n";
        let origin = Origin::new(Path::new("/"));
        let out = origin.outgoing("lib/x-1.dist-info/RECORD", record);
        let expected = "../../../bin/x,,\nx/__init__.py,sha256=def,1\nx-1.dist-info/direct_url.json,,\nx-1.dist-info/RECORD,,\n";
        assert_eq!(String::from_utf8(out.content.into_owned()).unwrap(), expected);
    }
}
