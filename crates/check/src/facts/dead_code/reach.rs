//! Files that nothing leads to, exports and functions that nobody uses.

use std::collections::{HashMap, HashSet};

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::{Role, extension, name};
use crate::finding::Draft;
use crate::modules::lexer::Syntax;
use crate::modules::unit::{hash, syntax};
use crate::modules::{Modules, is_configuration, mentioned};

const FILE: &str = "file-unreachable";
const EXPORT: &str = "export-unused";
const FUNCTION: &str = "function-unused";

pub(super) static FACT: Fact = Fact { rules: &[FILE, EXPORT, FUNCTION], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let modules = context.modules();
    if modules.units.is_empty() {
        return;
    }
    let dead = files(context, modules, sink);
    exports(context, modules, &dead, sink);
    functions(context, modules, &dead, sink);
}

/// Unreached files, those that some text names left out.
fn files(context: &Context<'_>, modules: &Modules, sink: &Sink<'_>) -> HashSet<usize> {
    let reached = modules.reached(context);
    let candidates: Vec<usize> = (0..modules.units.len())
        .filter(|index| {
            reached[*index] == Some(false)
                && modules.units[*index].role == Role::App
                && modules.units[*index].size > 0
        })
        .collect();
    let needles: Vec<Vec<String>> =
        candidates.iter().map(|index| spellings(&modules.units[*index].path)).collect();
    let flat: Vec<String> = needles.iter().flatten().cloned().collect();
    let found = mentioned(context, &flat, |path| is_configuration(path) || syntax(path).is_some());
    let mut found = found.into_iter();
    let mut dead = HashSet::new();
    for (index, names) in candidates.into_iter().zip(&needles) {
        let is_mentioned =
            names.iter().map(|_| found.next()).fold(false, |any, found| any | found.unwrap_or(true));
        if !is_mentioned {
            dead.insert(index);
            sink.report(
                Draft::file(FILE, modules.units[index].path.clone())
                    .says("no entry point leads here, and nothing names the file"),
            );
        }
    }
    dead
}

/// How scripts, configuration and computed imports name a file.
fn spellings(path: &str) -> Vec<String> {
    let mut names = vec![name(path).to_owned()];
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let parts: Vec<&str> = stem.split('/').collect();
    if let [.., folder, file] = parts.as_slice() {
        names.push(format!("{folder}/{file}"));
        if extension(path) == "py" {
            names.push(format!("{folder}.{file}"));
        }
    }
    names
}

fn exports(context: &Context<'_>, modules: &Modules, dead: &HashSet<usize>, sink: &Sink<'_>) {
    let usage = modules.usage();
    let entries = modules.entries(context);
    let reached = modules.reached(context);
    for (index, unit) in modules.units.iter().enumerate() {
        // An entry is for others to use, and of a dead file everything is dead.
        let is_judged = unit.syntax == Syntax::JavaScript
            && unit.role == Role::App
            && reached[index] == Some(true)
            && !entries[index]
            && !dead.contains(&index)
            && !usage[index].all
            && !matches!(extension(&unit.path), "vue" | "svelte" | "astro");
        if !is_judged {
            continue;
        }
        for export in unit
            .exports
            .iter()
            .filter(|export| !export.is_passed_on && !usage[index].names.contains(&export.name))
        {
            let what = if export.is_type { "type" } else { "export" };
            let says = format!("no other file imports the {what} `{}`", export.name);
            sink.report(Draft::line(EXPORT, unit.path.clone(), export.line).says(says));
        }
    }
}

/// Functions and classes whose name stands nowhere else.
fn functions(context: &Context<'_>, modules: &Modules, dead: &HashSet<usize>, sink: &Sink<'_>) {
    let mut units_with: HashMap<u64, u32> = HashMap::new();
    for key in modules.units.iter().flat_map(|unit| unit.names.keys()) {
        *units_with.entry(*key).or_insert(0) += 1;
    }
    let mut candidates = Vec::new();
    for (index, unit) in modules.units.iter().enumerate() {
        let is_judged = unit.syntax == Syntax::Python && unit.role == Role::App && !dead.contains(&index) && unit.stem() != "__init__"
            // Frameworks call what is in these by its name.
            && !unit.path.split('/').any(|part| matches!(part, "migrations" | "versions" | "templatetags" | "management" | "conftest.py" | "settings.py" | "admin.py" | "apps.py" | "signals.py" | "gunicorn.conf.py" | "env.py"));
        if !is_judged {
            continue;
        }
        for definition in unit
            .definitions
            .iter()
            .filter(|definition| !definition.is_decorated && !definition.name.starts_with("__"))
        {
            let is_convention = matches!(
                definition.name.as_str(),
                "main"
                    | "handler"
                    | "lambda_handler"
                    | "application"
                    | "app"
                    | "create_app"
                    | "setup"
                    | "upgrade"
                    | "downgrade"
                    | "run"
            ) || ["pytest_", "test_", "Test", "visit_", "handle_", "on_", "do_"]
                .iter()
                .any(|prefix| definition.name.starts_with(prefix));
            let key = hash(definition.name.as_str());
            // More units have it than this one, or this one has it more than once.
            let is_used = units_with.get(&key).is_some_and(|count| *count > 1)
                || unit.names.get(&key).is_some_and(|count| *count > 1);
            if !is_convention && !is_used {
                candidates.push((index, definition));
            }
        }
    }
    let needles: Vec<String> = candidates.iter().map(|(_, definition)| definition.name.clone()).collect();
    let found = mentioned(context, &needles, |path| {
        is_configuration(path) || matches!(extension(path), "ipynb" | "pyi" | "txt")
    });
    for ((index, definition), _) in candidates.into_iter().zip(found).filter(|(_, found)| !found) {
        let says = format!("`{}` is defined here and used nowhere", definition.name);
        sink.report(Draft::line(FUNCTION, modules.units[index].path.clone(), definition.line).says(says));
    }
}
