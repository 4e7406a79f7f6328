//! What an environment is for, and what follows from that for values that nobody chose.

use std::collections::BTreeMap;

use seaworthy_model::Service;

/// What an environment is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `sea up`: what is missing is made up as far as that is harmless, and the caller's environment is inherited.
    #[default]
    Development,
    /// A release on a host: nothing is taken that was meant for development, and what is missing is an error.
    Production,
}

/// Variables that a process needs of the machine, whatever it is. The rest of a host's environment is not an app's
/// business: it holds the host's own secrets.
const OF_THE_MACHINE: [&str; 11] = [
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
    "USER",
];

/// What a process inherits of the environment of the program that starts it.
pub fn inherited(mode: Mode, process: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_inherited =
        |name: &str| mode == Mode::Development || OF_THE_MACHINE.contains(&name) || name.starts_with("LC_");
    let inherited = process.iter().filter(|(name, _)| is_inherited(name));
    inherited.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What production wants of a runtime and of a framework.
pub(super) fn of_production(service: &Service) -> Vec<(&'static str, &'static str)> {
    let runtime = service.runtime.get().map_or("", |runtime| runtime.name.as_str());
    let mut values = match runtime {
        "node" | "bun" | "deno" => vec![("NODE_ENV", "production")],
        // Lines come as they are written, not when a buffer is full.
        "python" => vec![("PYTHONUNBUFFERED", "1")],
        "dotnet" => vec![("ASPNETCORE_ENVIRONMENT", "Production"), ("DOTNET_ENVIRONMENT", "Production")],
        "ruby" => vec![
            ("RAILS_ENV", "production"),
            ("RACK_ENV", "production"),
            ("RAILS_LOG_TO_STDOUT", "1"),
            // No web server stands before it that would have the files of `public`.
            ("RAILS_SERVE_STATIC_FILES", "1"),
        ],
        "elixir" => vec![("MIX_ENV", "prod")],
        _ => Vec::new(),
    };
    let framework = service.framework.get().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    values.extend(match framework.as_str() {
        "laravel" => vec![("APP_ENV", "production"), ("APP_DEBUG", "false")],
        "symfony" => vec![("APP_ENV", "prod"), ("APP_DEBUG", "0")],
        // A release of Phoenix does not listen without it.
        "phoenix" => vec![("PHX_SERVER", "true")],
        "gin" => vec![("GIN_MODE", "release")],
        _ => Vec::new(),
    });
    values
}

/// A value that was written for a developer's machine, or for nobody.
pub(super) fn is_for_development(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    super::defaults::is_blank(value)
        || [
            "localhost",
            "127.0.0.1",
            "0.0.0.0",
            "[::1]",
            "host.docker.internal",
            "example.com",
            "example.org",
        ]
        .iter()
        .any(|place| lower.contains(place))
        || words.into_iter().any(|word| matches!(word, "dev" | "development" | "debug"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_inherits_what_it_needs_of_the_machine() {
        let process: BTreeMap<String, String> =
            ["PATH", "LC_ALL", "TZ", "SEA_AGE_KEY", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "NODE_ENV"]
                .map(|name| (name.to_owned(), "x".to_owned()))
                .into();
        let names = |mode| inherited(mode, &process).into_keys().collect::<Vec<_>>().join(" ");
        assert_eq!(names(Mode::Production), "LC_ALL PATH TZ");
        assert_eq!(names(Mode::Development).split(' ').count(), 7);
    }

    #[test]
    fn values_for_development_are_known() {
        for value in ["http://localhost:3000", "changeme", "", "development", "app:debug", "a@example.com"] {
            assert!(is_for_development(value), "{value}");
        }
        for value in ["info", "https://api.acme.io", "eu-west-1", "10", "developer-portal", "devices"] {
            assert!(!is_for_development(value), "{value}");
        }
    }
}
