//! The command of a service as it is run here: with its port, and known for whether it reloads by itself.

use std::path::Path;

use seaworthy_model::PortSetting;

/// The command with its port handed over. A port that the service reads from its environment changes nothing here.
pub(crate) fn with_port(
    command: &str,
    setting: Option<&PortSetting>,
    wanted: Option<u16>,
    port: u16,
) -> String {
    let Some(PortSetting::Flag(flag)) = setting else { return command.to_owned() };
    if let Some(replaced) = replace_flag(command, flag, port) {
        return replaced;
    }
    if wanted == Some(port) {
        return command.to_owned();
    }
    // npm takes what follows for itself unless told otherwise; the other package managers hand it on.
    let separator = if takes_separator(command) { " --" } else { "" };
    format!("{command}{separator} {flag} {port}")
}

fn takes_separator(command: &str) -> bool {
    let mut words = command.split_ascii_whitespace();
    words.next() == Some("npm") && !command.contains(" -- ")
}

/// The command with another value of a flag that it has already.
fn replace_flag(command: &str, flag: &str, port: u16) -> Option<String> {
    let words: Vec<&str> = command.split(' ').collect();
    let index = words.iter().position(|word| {
        word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })?;
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    if words[index].contains('=') {
        words[index] = format!("{flag}={port}");
    } else {
        let value = words.get_mut(index + 1)?;
        value.parse::<u16>().ok()?;
        *value = port.to_string();
    }
    Some(words.join(" "))
}

/// What in a command says that the service reloads by itself when its files change.
const RELOADS: &[&str] = &[
    "--watch",
    "--reload",
    "--hot",
    "--livereload",
    "air",
    "astro",
    "bun --hot",
    "cargo-watch",
    "concurrently",
    "denon",
    "entr",
    "esbuild",
    "expo",
    "gatsby",
    "guard",
    "hivemind",
    "hugo",
    "jekyll",
    "live-server",
    "mix phx.server",
    "next",
    "ng",
    "nodemon",
    "nuxt",
    "nuxi",
    "parcel",
    "quarkus:dev",
    "quarkusDev",
    "rails",
    "react-router",
    "react-scripts",
    "reflex",
    "remix",
    "remix-serve",
    "rollup",
    "runserver",
    "snowpack",
    "solid-start",
    "streamlit",
    "svelte-kit",
    "tsc-watch",
    "ts-node-dev",
    "tsup",
    "tsx watch",
    "turbo",
    "vite",
    "vinxi",
    "vue-cli-service",
    "watchexec",
    "watchfiles",
    "watchmedo",
    "webpack",
    "wrangler",
    "chainlit",
    "gradio",
    "shopify",
];

/// Whether a service reloads by itself: its command, or the script of `package.json` that it names, runs a tool that
/// watches files.
pub(crate) fn reloads_itself(command: &str, folder: &Path) -> bool {
    let mut text = command.to_owned();
    // A script may run another one; deeper chains are rare.
    for _ in 0..3 {
        if has_watcher(&text) {
            return true;
        }
        match script(&text, folder) {
            Some(next) => text = next,
            None => return false,
        }
    }
    has_watcher(&text)
}

fn has_watcher(command: &str) -> bool {
    let words: Vec<&str> = command.split_ascii_whitespace().collect();
    let program = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    RELOADS.iter().any(|known| match known.split_once(' ') {
        Some(_) => command.contains(known),
        None if known.starts_with('-') => words.iter().any(|word| word.split('=').next() == Some(known)),
        None => words.iter().any(|word| program(word) == *known),
    }) || (command.contains("flask") && words.contains(&"--debug"))
}

/// The script of `package.json` that a command of a package manager runs.
fn script(command: &str, folder: &Path) -> Option<String> {
    let words: Vec<&str> = command.split_ascii_whitespace().collect();
    let (manager, rest) = words.split_first()?;
    if !matches!(*manager, "npm" | "pnpm" | "yarn" | "bun") {
        return None;
    }
    let name = rest.iter().find(|word| **word != "run" && !word.starts_with('-'))?;
    let text = std::fs::read_to_string(folder.join("package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(manifest.get("scripts")?.get(name)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_port_reaches_the_command() {
        let flag = PortSetting::Flag("--port".to_owned());
        let run = |command, wanted| with_port(command, Some(&flag), wanted, 4001);
        assert_eq!(run("npm run dev", Some(4000)), "npm run dev -- --port 4001");
        assert_eq!(run("npm run dev -- --host", Some(4000)), "npm run dev -- --host --port 4001");
        assert_eq!(run("pnpm dev", Some(4000)), "pnpm dev --port 4001");
        assert_eq!(run("npm run dev", Some(4001)), "npm run dev");
        assert_eq!(
            run("uvicorn app:app --port 8000 --reload", Some(8000)),
            "uvicorn app:app --port 4001 --reload"
        );
        assert_eq!(run("vite --port=3000", None), "vite --port=4001");
        assert_eq!(with_port("node a.js", Some(&PortSetting::Env("PORT".to_owned())), None, 1), "node a.js");
    }

    #[test]
    fn tools_that_watch_are_known_also_behind_a_script() {
        let folder = tempfile::tempdir().unwrap();
        let scripts = r#"{"scripts": {"dev": "vite", "start": "node server.js", "all": "npm run dev"}}"#;
        std::fs::write(folder.path().join("package.json"), scripts).unwrap();
        for command in [
            "npm run dev",
            "yarn dev",
            "npm run all",
            "uvicorn a:b --reload",
            "node --watch server.js",
            "python manage.py runserver 8000",
            "./node_modules/.bin/next dev",
            "flask --debug run",
            "tsx watch src/a.ts",
        ] {
            assert!(reloads_itself(command, folder.path()), "{command}");
        }
        for command in
            ["npm start", "node server.js", "python worker.py", "go run .", "flask run", "npm run gone"]
        {
            assert!(!reloads_itself(command, folder.path()), "{command}");
        }
    }
}
