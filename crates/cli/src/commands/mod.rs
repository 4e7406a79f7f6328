//! One file a command.

pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod up;
