//! What the system says, in our words, and what of it is worth hearing.

use std::path::PathBuf;
use std::time::Instant;

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};

/// What happened at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A folder was created.
    FolderCreated,
    /// A file was created; writing it follows.
    FileCreated,
    /// A file is being written to.
    Writing,
    /// A file was closed after writing.
    Closed,
    /// A file or folder was moved here, or is found here.
    Arrived,
    /// A file or folder was deleted or moved away.
    Removed,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Absolute.
    pub(crate) path: PathBuf,
    pub(crate) what: What,
    /// When it was heard of.
    pub(crate) heard: Instant,
}

/// What an event means. `None` for what changes no content: reading, permissions, times.
pub(crate) fn what(kind: EventKind) -> Option<What> {
    match kind {
        EventKind::Create(CreateKind::Folder) => Some(What::FolderCreated),
        EventKind::Create(CreateKind::File) => Some(What::FileCreated),
        // Some systems do not say which end of a move it was: what is there now tells.
        EventKind::Create(_)
        | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Any | RenameMode::Other)) => {
            Some(What::Arrived)
        }
        // On Linux a close follows; elsewhere this is all that is said.
        EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => Some(What::Writing),
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(What::Closed),
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => Some(What::Removed),
        // Both ends of a move, which were told one by one before.
        EventKind::Modify(
            ModifyKind::Name(RenameMode::Both) | ModifyKind::Metadata(_) | ModifyKind::Other,
        )
        | EventKind::Access(_)
        | EventKind::Any
        | EventKind::Other => None,
    }
}
