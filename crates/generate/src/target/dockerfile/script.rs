//! Scripts of `package.json` and `deno.json`: what `npm start` runs. A package manager as process 1 keeps signals from
//! the program and fills the image, so the program is started without it.

use serde_json::Value;

use crate::{Sources, join};

/// The command behind `npm start` and its kin; the same command where it is no such script, or none that can stand
/// alone (one with a `prestart`, say).
pub(crate) fn resolve(command: &str, folder: &str, sources: &dyn Sources) -> String {
    let mut command = command.to_owned();
    // A script may name another one; nobody nests them deeper.
    for _ in 0..4 {
        match one_step(&command, folder, sources) {
            Some(next) => command = next,
            None => break,
        }
    }
    command
}

fn one_step(command: &str, folder: &str, sources: &dyn Sources) -> Option<String> {
    let words: Vec<_> = command.split_whitespace().collect();
    let (manager, rest) = words.split_first()?;
    let (name, extra) = match (*manager, rest) {
        ("npm" | "pnpm" | "yarn" | "bun", ["run", name, extra @ ..])
        | ("pnpm" | "yarn", [name, extra @ ..])
        | ("npm", [name @ ("start" | "test"), extra @ ..])
        | ("deno", ["task", name, extra @ ..]) => (*name, extra),
        ("npx" | "bunx", [program, ..]) if !program.starts_with('-') => return Some(rest.join(" ")),
        _ => return None,
    };
    if name.starts_with('-') {
        return None;
    }
    let files: &[&str] =
        if *manager == "deno" { &["deno.json", "deno.jsonc", "package.json"] } else { &["package.json"] };
    let manifest: Value = files
        .iter()
        .find_map(|file| sources.text(&join(folder, file)))
        .and_then(|text| serde_json::from_str(&text).ok())?;
    let scripts = if *manager == "deno" && manifest.get("tasks").is_some() { "tasks" } else { "scripts" };
    let script = |name: &str| manifest.get(scripts)?.get(name)?.as_str();
    let has = |before: &str| script(&format!("{before}{name}")).is_some();
    // npm starts server.js where no script says otherwise.
    let found = match script(name) {
        None if name == "start" && sources.has(&join(folder, "server.js")) => "node server.js",
        found => found?,
    };
    if has("pre") || has("post") {
        return None;
    }
    let extra: Vec<_> = extra.iter().copied().filter(|word| *word != "--").collect();
    Some(if extra.is_empty() { found.to_owned() } else { format!("{found} {}", extra.join(" ")) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_script_is_followed_to_its_program() {
        let package = r#"{ "scripts": { "start": "npm run serve", "serve": "node dist/main.js", "work": "node w.js",
            "prework": "tsc", "jobs": "bullmq" } }"#;
        let sources: BTreeMap<String, String> = [
            ("api/package.json".to_owned(), package.to_owned()),
            ("edge/deno.json".to_owned(), r#"{ "tasks": { "start": "deno run -A main.ts" } }"#.to_owned()),
        ]
        .into();
        assert_eq!(resolve("npm start", "api", &sources), "node dist/main.js");
        assert_eq!(resolve("pnpm run jobs -- --fast", "api", &sources), "bullmq --fast");
        assert_eq!(resolve("yarn work", "api", &sources), "yarn work", "its prework would be left out");
        assert_eq!(resolve("deno task start", "edge", &sources), "deno run -A main.ts");
        assert_eq!(resolve("node x.js", "api", &sources), "node x.js");
    }
}
