//! What can go wrong on the way to a host, told apart by what `ssh` and the host said.

use std::io;

use thiserror::Error;

use crate::address::Address;

/// What went wrong.
#[derive(Debug, Error)]
pub enum Error {
    /// The address cannot be one.
    #[error("`{0}` is not an SSH address; it looks like ssh://deploy@app.example.com:22")]
    Address(String),
    /// `$SEA_SSH` cannot be read, or what it names cannot be run.
    #[error("`{0}` cannot be run as ssh")]
    Program(String),
    /// Nobody answers there.
    #[error("{address} cannot be reached: {said}")]
    Unreachable {
        /// The host.
        address: Address,
        /// What ssh said.
        said: String,
    },
    /// The host does not let this user in.
    #[error("{address} does not take the key of this user: {said}")]
    KeyRefused {
        /// The host.
        address: Address,
        /// What ssh said.
        said: String,
    },
    /// The host's key is another one than last time.
    #[error(
        "the key of {0} is not the one that it had before; it was set up anew, or this is another machine"
    )]
    HostKeyChanged(Address),
    /// The host's key is not known, and nobody can be asked whether it is right.
    #[error("the key of {0} is not known to ssh yet")]
    HostKeyUnknown(Address),
    /// The host has another system or processor than this machine.
    #[error(
        "{address} is a {system} {machine} machine, and this `sea` is built for {} {}",
        std::env::consts::OS,
        std::env::consts::ARCH
    )]
    Machine {
        /// The host.
        address: Address,
        /// Its system.
        system: String,
        /// Its processor.
        machine: String,
    },
    /// The user may not write where the state is.
    #[error("{address} does not let this user write in {state}{}", reason(said))]
    NotWritable {
        /// The host.
        address: Address,
        /// Where.
        state: String,
        /// What the host said.
        said: String,
    },
    /// No space is left on the host.
    #[error("no space is left on {address} in {state}; what arrived is kept, what serves there is untouched")]
    DiskFull {
        /// The host.
        address: Address,
        /// Where.
        state: String,
    },
    /// The connection ended in the middle of something.
    #[error("the connection to {address} broke while {what}{}", reason(said))]
    Broken {
        /// The host.
        address: Address,
        /// What was under way.
        what: &'static str,
        /// What ssh said last.
        said: String,
    },
    /// What arrived is not what was sent.
    #[error("the program that arrived at {0} is not the one that was sent; it was taken away again")]
    Altered(Address),
    /// A command failed on the host.
    #[error("{address}: {what} failed{}", reason(said))]
    Command {
        /// The host.
        address: Address,
        /// What was tried.
        what: &'static str,
        /// What it said last.
        said: String,
    },
    /// Something on this machine failed.
    #[error("{what}: {cause}")]
    Here {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        cause: io::Error,
    },
}

fn reason(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

impl Error {
    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "invalid-host",
            Self::Program(_) => "ssh-program",
            Self::Unreachable { .. } => "ssh-unreachable",
            Self::KeyRefused { .. } => "ssh-key-refused",
            Self::HostKeyChanged(_) => "ssh-host-key-changed",
            Self::HostKeyUnknown(_) => "ssh-host-key-unknown",
            Self::Machine { .. } => "ssh-machine",
            Self::NotWritable { .. } => "ssh-not-writable",
            Self::DiskFull { .. } => "ssh-disk-full",
            Self::Broken { .. } => "ssh-broken",
            Self::Altered(_) => "ssh-altered",
            Self::Command { .. } => "ssh-command",
            Self::Here { .. } => "ssh-here",
        }
    }

    /// What to type next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Address(_) => "sea plan (shows the environments and their hosts)".to_owned(),
            Self::Program(_) => "install the OpenSSH client, or name yours: SEA_SSH='ssh -F FILE'".to_owned(),
            Self::Unreachable { address, .. } => format!("ssh -v {} true", address.typed()),
            Self::KeyRefused { address, .. } => {
                format!("ssh-copy-id {}, or ssh-add for a key that has a passphrase", address.typed())
            }
            Self::HostKeyChanged(address) => {
                let name = match address.port() {
                    Some(port) if port != 22 => format!("'[{}]:{port}'", address.host()),
                    _ => address.host().to_owned(),
                };
                format!("ask who runs the machine; where the change is meant: ssh-keygen -R {name}")
            }
            Self::HostKeyUnknown(address) => {
                format!(
                    "ssh {} (shows the key's fingerprint; compare it before you say yes)",
                    address.typed()
                )
            }
            Self::Machine { .. } => "build `sea` for that machine, and ship from one of its kind".to_owned(),
            Self::NotWritable { address, .. } => {
                format!("ship as a user who may: ssh {}, or another folder with --state DIR", address.typed())
            }
            Self::DiskFull { address, state } => {
                format!(
                    "ssh {} df -h {state}, free some, then the same command again: it goes on",
                    address.typed()
                )
            }
            Self::Broken { .. } => "the same command again: it goes on where it stopped".to_owned(),
            Self::Altered(_) => "the same command again".to_owned(),
            Self::Command { address, .. } => format!("ssh {}", address.typed()),
            Self::Here { .. } => return None,
        })
    }
}

/// What kept the connection from being made, by what `ssh` said. Its messages are not translated.
pub(crate) fn of_connection(address: &Address, said: &str) -> Error {
    let has = |text: &str| said.contains(text);
    let address = address.clone();
    if has("REMOTE HOST IDENTIFICATION HAS CHANGED") || has("differs from the key for the IP address") {
        return Error::HostKeyChanged(address);
    }
    if has("host key is known for") || has("Host key verification failed") {
        return Error::HostKeyUnknown(address);
    }
    let last = last_line(said);
    if has("Permission denied (") || has("Too many authentication failures") {
        return Error::KeyRefused { address, said: last };
    }
    Error::Unreachable { address, said: if last.is_empty() { "ssh ended".to_owned() } else { last } }
}

/// What kept a command on the host from working, by what it said.
pub(crate) fn of_command(address: &Address, state: &str, what: &'static str, said: &str) -> Error {
    let (address, state) = (address.clone(), state.to_owned());
    if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
        return Error::DiskFull { address, state };
    }
    let said_last = last_line(said);
    if said.contains("Permission denied") || said.contains("Read-only file system") {
        return Error::NotWritable { address, state, said: said_last };
    }
    Error::Command { address, what, said: said_last }
}

/// The last line that says something, without what `ssh` puts before.
pub(crate) fn last_line(said: &str) -> String {
    let is_noise =
        |line: &str| line.is_empty() || line.starts_with("Connection to ") && line.ends_with("closed.");
    let line = said.lines().map(str::trim).rfind(|line| !is_noise(line)).unwrap_or_default();
    line.strip_prefix("ssh: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as OpenSSH 9.2 said it.
    #[test]
    fn what_ssh_says_is_told_apart() {
        let address: Address = "ssh://deploy@box:2222".parse().unwrap();
        for (said, code) in [
            ("ssh: connect to host box port 2222: Connection refused\r\n", "ssh-unreachable"),
            ("ssh: Could not resolve hostname box: Name or service not known\r\n", "ssh-unreachable"),
            ("deploy@box: Permission denied (publickey).\r\n", "ssh-key-refused"),
            (
                "No ED25519 host key is known for [box]:2222 and you have requested strict checking.\r\nHost key verification failed.\r\n",
                "ssh-host-key-unknown",
            ),
            (
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nHost key verification failed.\r\n",
                "ssh-host-key-changed",
            ),
            ("kex_exchange_identification: Connection closed by remote host\r\n", "ssh-unreachable"),
        ] {
            let error = of_connection(&address, said);
            assert_eq!(error.code(), code, "{said}");
            assert!(error.help().is_some_and(|help| !help.is_empty()));
        }
        let refused = of_connection(&address, "ssh: connect to host box port 2222: Connection refused\r\n");
        assert_eq!(
            refused.to_string(),
            "ssh://deploy@box:2222 cannot be reached: connect to host box port 2222: Connection refused"
        );
    }

    #[test]
    fn what_a_host_says_is_told_apart() {
        let address: Address = "ssh://box".parse().unwrap();
        let code = |said: &str| of_command(&address, "/srv", "copying the program", said).code();
        assert_eq!(code("cat: write error: No space left on device"), "ssh-disk-full");
        assert_eq!(code("sh: 1: cannot create /srv/x: Permission denied"), "ssh-not-writable");
        assert_eq!(code("sh: chmod: not found"), "ssh-command");
    }
}
