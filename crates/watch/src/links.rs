//! Files that are links: a change of what they lead to is a change of theirs.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::backend::Backend;

/// More links than this are not followed.
const MOST_LINKS: usize = 1024;

/// Links to files, by the file. Links to folders are not followed, so that no loop and no foreign tree is met.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: HashMap<PathBuf, Vec<PathBuf>>,
    count: usize,
}

impl Links {
    /// Follows a link, and watches the folder of the file it leads to.
    pub(crate) fn add(&mut self, link: &Path, backend: &mut Backend) {
        let Ok(file) = fs::canonicalize(link) else { return };
        let Some(folder) = file.parent().filter(|_| file.is_file()) else { return };
        let known = self.links.get(&file).is_some_and(|links| links.iter().any(|known| known == link));
        if known || self.count >= MOST_LINKS {
            return;
        }
        // Another watch on a folder that is watched anyway is the same watch. One that is refused is one of many
        // that will be, and told with them.
        let _ = backend.watch_natively(folder);
        self.links.entry(file).or_default().push(link.to_owned());
        self.count += 1;
    }

    /// The links that lead to a file.
    pub(crate) fn to(&self, file: &Path) -> &[PathBuf] {
        self.links.get(file).map_or(&[], Vec::as_slice)
    }
}
