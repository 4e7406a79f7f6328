//! Which `.env` files a service reads, and which of two goes before the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use seaworthy_model::Service;

use super::{Mode, dotenv};

/// A `.env` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    /// Its path, relative to the repository's root.
    pub path: String,
    /// The service's framework reads it by itself, and again when it changes: it is not handed over.
    pub read_by_service: bool,
    /// Its variables.
    pub values: Vec<(String, String)>,
}

/// Most bytes of a file that is read.
const LIMIT: u64 = 1024 * 1024;

/// Next.js, Create React App, dotenv-rails, dotenv-flow: what is local goes before what is shared.
const USUAL: [&str; 4] = [".env.development.local", ".env.local", ".env.development", ".env"];
/// Vite: what is of the mode goes before what is of all.
const VITE: [&str; 4] = [".env.development.local", ".env.development", ".env.local", ".env"];

/// What of them is meant for production. What is called local is somebody's machine's.
const PRODUCTION: [&str; 2] = [".env.production", ".env"];

/// Frameworks that are built on Vite and read as it does.
const ON_VITE: [&str; 12] = [
    "vite",
    "sveltekit",
    "astro",
    "solid",
    "vue",
    "remix",
    "react-router",
    "tanstack-start",
    "solidstart",
    "qwik",
    "analog",
    "redwood",
];
/// Others that read their files by themselves.
const OTHERS: [&str; 5] = ["next.js", "create-react-app", "nuxt", "gatsby", "laravel"];

/// The files of a service, those that go before others first: its own, then those of the repository's root, which
/// Compose, process managers and monorepos read.
pub fn files(root: &Path, service: &Service, mode: Mode) -> Vec<EnvFile> {
    let framework = service.framework.get().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    let is_vite = ON_VITE.iter().any(|name| framework.starts_with(name));
    let reads_itself = is_vite || OTHERS.contains(&framework.as_str());
    let names: &[&str] = match mode {
        Mode::Production => &PRODUCTION,
        Mode::Development if is_vite => &VITE,
        Mode::Development => &USUAL,
    };
    let dirs = BTreeSet::from([service.path(), "."]);
    // The service's own folder sorts after `.`, and goes first.
    let paths = dirs.into_iter().rev().flat_map(|dir| {
        names.iter().map(move |name| {
            (if dir == "." { (*name).to_owned() } else { format!("{dir}/{name}") }, dir == service.path())
        })
    });
    let read = |(path, is_own): (String, bool)| {
        let file = root.join(&path);
        let metadata = fs::metadata(&file).ok()?;
        let text = (metadata.is_file() && metadata.len() <= LIMIT).then(|| fs::read(&file).ok())??;
        let values = dotenv::parse(&String::from_utf8_lossy(&text));
        Some(EnvFile { path, read_by_service: is_own && reads_itself, values })
    };
    paths.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use seaworthy_model::Origin;

    use super::*;

    fn paths(framework: &str, path: &str, mode: Mode) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("web")).unwrap();
        for name in USUAL.iter().chain(&PRODUCTION[..1]) {
            fs::write(dir.path().join(name), "A=1\n").unwrap();
            fs::write(dir.path().join("web").join(name), "A=2\n").unwrap();
        }
        let mut service = Service::default();
        service.path.propose(path.to_owned(), Origin::detected("test"));
        service.framework.propose(framework.to_owned(), Origin::detected("test"));
        files(dir.path(), &service, mode)
            .into_iter()
            .map(|file| format!("{}{}", file.path, if file.read_by_service { " itself" } else { "" }))
            .collect()
    }

    #[test]
    fn the_order_is_the_frameworks() {
        assert_eq!(
            paths("express", "web", Mode::Development),
            [
                "web/.env.development.local",
                "web/.env.local",
                "web/.env.development",
                "web/.env",
                ".env.development.local",
                ".env.local",
                ".env.development",
                ".env",
            ]
        );
        assert_eq!(
            paths("vite", ".", Mode::Development).join(" "),
            ".env.development.local itself .env.development itself .env.local itself .env itself"
        );
    }

    #[test]
    fn what_is_of_a_machine_or_of_development_is_not_for_production() {
        assert_eq!(
            paths("vite", "web", Mode::Production),
            ["web/.env.production itself", "web/.env itself", ".env.production", ".env",]
        );
    }
}
