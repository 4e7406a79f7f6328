//! Who did something.

use std::fmt;

/// Who an event is ascribed to. Stored as one text, its [`Display`](fmt::Display).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person at a machine: `ana@laptop`.
    Person {
        /// The user name, without `:`.
        user: String,
        /// The machine.
        host: String,
    },
    /// A CI job: `ci:github-actions:acme/shop#412`.
    Ci {
        /// The CI system, without `:`.
        system: String,
        /// What it calls the job: repository, run, who started it.
        identity: String,
    },
    /// Seaworthy itself, unasked: a judge that aborts, a schedule. `sea:web-1`.
    Automatic {
        /// The machine.
        host: String,
    },
}

impl Actor {
    /// Reads what [`Display`](fmt::Display) wrote. Any text is an actor: history must stay readable.
    pub fn from_text(text: &str) -> Self {
        if let Some((system, identity)) = text.strip_prefix("ci:").and_then(|rest| rest.split_once(':')) {
            return Self::Ci { system: system.to_owned(), identity: identity.to_owned() };
        }
        if let Some(host) = text.strip_prefix("sea:") {
            return Self::Automatic { host: host.to_owned() };
        }
        let (user, host) = text.split_once('@').unwrap_or((text, ""));
        Self::Person { user: user.to_owned(), host: host.to_owned() }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { user, host } if host.is_empty() => f.write_str(user),
            Self::Person { user, host } => write!(f, "{user}@{host}"),
            Self::Ci { system, identity } => write!(f, "ci:{system}:{identity}"),
            Self::Automatic { host } => write!(f, "sea:{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_survives_being_written() {
        for text in ["ana@laptop", "ana", "ci:github-actions:acme/shop#412", "sea:web-1"] {
            assert_eq!(Actor::from_text(text).to_string(), text);
        }
        assert_eq!(Actor::from_text("sea:web-1"), Actor::Automatic { host: "web-1".to_owned() });
    }
}
