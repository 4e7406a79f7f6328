//! What can go wrong while serving, and while asking a server.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::problem::Problem;

/// Why the API cannot be served or was not answered.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The folder of the socket cannot be made, or not for its owner alone.
    #[error("the folder {} cannot be made private: {cause}; make it writable for you, or remove it", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The socket cannot be bound.
    #[error("the socket {} cannot be opened: {cause}; remove it and type `sea up` again", socket.display())]
    Bind {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another `sea up` answers on the socket.
    #[error("this app runs already (its socket is {}); `sea status` shows it, `sea down` ends it", .0.display())]
    RunsAlready(PathBuf),
    /// The listener for browsers cannot be used.
    #[error("the listener of the dashboard cannot be used: {0}; type `sea up` again")]
    Listener(io::Error),
    /// The token of the dashboard can be neither read nor made.
    #[error("the token of the dashboard, {}, cannot be used: {cause}; make it readable for you, or remove it", file.display())]
    Token {
        /// Its file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Nobody answers on the socket.
    #[error("this app does not run (nobody answers at {}); `sea up` starts it", .0.display())]
    NotRunning(PathBuf),
    /// The socket is there and cannot be used.
    #[error("the socket {} cannot be used: {cause}; ask as the user that `sea up` was started by", socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The request was understood and refused.
    #[error("{}{}", .0.detail, .0.next.as_ref().map(|next| format!("; {next}")).unwrap_or_default())]
    Refused(Problem),
    /// The connection broke in the middle of an answer.
    #[error("sea went away while it answered: {0}; `sea status` tells whether it still runs")]
    Broken(String),
    /// The answer is not what this version understands.
    #[error(
        "sea answered what this version does not understand ({0}); use the same `sea` that the app was started with"
    )]
    Answer(String),
}
