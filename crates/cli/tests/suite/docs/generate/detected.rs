//! What is recognised, from `rules/`.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use crate::process::workspace;

const INTRODUCTION: &str = "# What is recognised

Each row is one file in `rules/`, data that needs no Rust to read or to add to: see `ARCHITECTURE.md`. A framework is
recognised by a dependency or a file; a resource by a dependency, an image, the scheme of an address or the name of a
variable. What several show, the most telling place is named as the evidence.
";

pub(super) fn page() -> String {
    let rules = workspace().join("rules");
    let mut out = format!("{INTRODUCTION}\n## Source code\n\n");
    out += "Languages whose source is read for the variables, routes and ports in it.\n\n";
    out += "| family | endings |\n|---|---|\n";
    for rule in files(&rules.join("source")) {
        out += &format!("| {} | {} |\n", text(&rule, "family"), codes(&list(&rule, "extensions")));
    }
    out += "\n## Frameworks\n";
    let mut families: Vec<_> =
        std::fs::read_dir(rules.join("frameworks")).unwrap().map(|e| e.unwrap().path()).collect();
    families.sort();
    for family in families {
        let name = family.file_name().unwrap().to_str().unwrap().to_owned();
        out += &format!("\n### {name}\n\n| framework | kind | shown by | port |\n|---|---|---|---|\n");
        for rule in files(&family) {
            let port =
                rule.get("port").and_then(Value::as_integer).map(|port| port.to_string()).unwrap_or_default();
            let shown = [list(&rule, "dependencies"), list(&rule, "files")].concat();
            out += &format!(
                "| {} | {} | {} | {port} |\n",
                text(&rule, "title"),
                text(&rule, "kind"),
                codes(&shown)
            );
        }
    }
    out +=
        "\n## Resources\n\n| type | images | schemes | variables | dependencies |\n|---|---|---|---|---|\n";
    for rule in files(&rules.join("resources")) {
        let dependencies: BTreeMap<_, _> =
            rule.get("dependencies").and_then(Value::as_table).into_iter().flatten().collect();
        let dependencies: Vec<String> = dependencies
            .into_iter()
            .map(|(family, names)| format!("{family}: {}", codes(&texts(Some(names)))))
            .collect();
        let embedded = rule.get("embedded").and_then(Value::as_bool).unwrap_or(false);
        out += &format!(
            "| `{}`{} | {} | {} | {} | {} |\n",
            text(&rule, "type"),
            if embedded { " (part of the app: no resource is made of it)" } else { "" },
            codes(&list(&rule, "images")),
            codes(&list(&rule, "schemes")),
            codes(&list(&rule, "variables")),
            dependencies.join("; ")
        );
    }
    out += "\n## Migration tools\n\n| tool | family | shown by | command |\n|---|---|---|---|\n";
    for rule in files(&rules.join("migrations")) {
        let shown = [list(&rule, "dependencies"), list(&rule, "files")];
        let both = rule.get("needs_both").and_then(Value::as_bool).unwrap_or(false);
        let shown: Vec<String> =
            shown.iter().map(|names| codes(names)).filter(|names| !names.is_empty()).collect();
        let family = rule.get("family").map_or("any", |family| family.as_str().unwrap());
        let command = rule.get("migrate").map(|command| {
            let command = command.as_str().unwrap().replace("{exec} ", "").replace("{python}", "python");
            format!("`{}`", command.replace("{migrations}", "MIGRATIONS"))
        });
        out += &format!(
            "| {} | {family} | {} | {} |\n",
            text(&rule, "name"),
            shown.join(if both { " and " } else { ", " }),
            command.unwrap_or_default()
        );
    }
    out
}

/// Every rule in a folder, in the order of file names.
fn files(folder: &Path) -> Vec<Table> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap().parse().unwrap()).collect()
}

fn text<'a>(rule: &'a Table, key: &str) -> &'a str {
    rule[key].as_str().unwrap()
}

fn list(rule: &Table, key: &str) -> Vec<String> {
    texts(rule.get(key))
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}
