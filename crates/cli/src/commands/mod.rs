//! One file a command.

pub(crate) mod advisories;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod connect;
pub(crate) mod dora;
pub(crate) mod down;
pub(crate) mod drift;
pub(crate) mod exec;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod git;
pub(crate) mod init;
pub(crate) mod load;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod open;
pub(crate) mod order;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod secrets;
pub(crate) mod status;
pub(crate) mod up;
pub(crate) mod wait;
pub(crate) mod write;
