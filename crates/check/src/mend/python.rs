//! Calls of Python that have a safe twin.

use std::ops::Range;

use super::Spot;
use crate::finding::Edit;

/// Flask's debug mode is switched on by the environment, as `flask --debug run` does it.
pub(super) fn debug(spot: &Spot<'_>) -> Option<Vec<Edit>> {
    let call = spot.found()?;
    let is_flask =
        spot.text.lines().any(|line| line.starts_with("from flask import") || line == "import flask");
    let at = call.find("debug=True").map(|at| at + "debug=".len())?;
    if !is_flask || call.matches("debug=True").count() > 1 {
        return None;
    }
    let value = spot.span.start + at..spot.span.start + at + "True".len();
    let mut edits = vec![spot.edit(value, "os.environ.get(\"FLASK_DEBUG\") == \"1\"")];
    if !imports(spot.text, "os") {
        let first = first_import(spot.text)?;
        edits.push(spot.edit(first..first, "import os\n"));
    }
    Some(edits)
}

/// The reader of `PyYAML` that makes lists, maps and texts only. Where documents or code have tags of their own it would refuse
/// what is read today.
pub(super) fn safe_yaml(spot: &Spot<'_>) -> Option<Vec<Edit>> {
    const OWN_TAGS: [&str; 7] = [
        "add_constructor",
        "add_multi_constructor",
        "add_implicit_resolver",
        "add_path_resolver",
        "YAMLObject",
        "yaml_tag",
        "ruamel",
    ];
    let call = spot.found()?;
    let inside = call.strip_prefix("yaml.").and_then(|rest| rest.strip_suffix(')'))?;
    let (name, arguments) = inside.split_once('(')?;
    let argument = match name {
        "unsafe_load" => arguments,
        "load" => without_loader(arguments)?,
        _ => return None,
    };
    let has_tags = || {
        spot.is_anywhere(&[".py"], &OWN_TAGS)
            || spot.is_anywhere(&[".yaml", ".yml"], &["!!python/", "tag:yaml.org,2002:python/"])
    };
    (imports(spot.text, "yaml") && !argument.is_empty() && !has_tags())
        .then(|| vec![spot.edit(spot.span.clone(), format!("yaml.safe_load({argument})"))])
}

/// The first argument of `yaml.load`, where nothing but a reader follows.
fn without_loader(arguments: &str) -> Option<&str> {
    const READERS: [&str; 4] = ["Loader", "UnsafeLoader", "CLoader", "FullLoader"];
    let arguments = arguments.trim_end().trim_end_matches(',').trim_end();
    let Some((first, last)) = arguments.rsplit_once(',') else { return Some(arguments) };
    let last = last.trim();
    let reader =
        last.strip_prefix("Loader").map_or(last, |rest| rest.trim_start().strip_prefix('=').unwrap_or(last));
    let reader = reader.trim();
    let is_reader = READERS.contains(&reader.strip_prefix("yaml.").unwrap_or(reader));
    (is_reader && !first.contains(',')).then(|| first.trim_end())
}

/// A time of UTC that knows its zone, where what is made of it at once is the same text, day or number as before. Where the
/// time itself goes on, to a database or a comparison, the two are not alike and a person has to look.
pub(super) fn aware(spot: &Spot<'_>) -> Option<Vec<Edit>> {
    let holder = spot.found()?.strip_suffix(".utcnow")?;
    let rest = spot.text.get(spot.span.end..)?.strip_prefix("()")?;
    if !forgets_zone(rest) {
        return None;
    }
    let call = spot.span.start..spot.span.end + "()".len();
    if holder == "datetime.datetime" && imports(spot.text, "datetime") {
        return Some(vec![spot.edit(call, "datetime.datetime.now(datetime.timezone.utc)")]);
    }
    if holder != "datetime" {
        return None;
    }
    let (import, names) = names_from(spot.text, "datetime")?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    if !names.contains(&"datetime") {
        return None;
    }
    let mut edits = vec![spot.edit(call, "datetime.now(timezone.utc)")];
    if !names.contains(&"timezone") {
        // Another `timezone`, as Django's, is not to be taken away.
        if has_word(spot.text, "timezone") {
            return None;
        }
        edits.push(spot.edit(import.end..import.end, ", timezone"));
    }
    Some(edits)
}

/// What follows a time makes something of it that says nothing of a zone.
fn forgets_zone(rest: &str) -> bool {
    const PARTS: [&str; 8] =
        [".date()", ".year", ".month", ".day", ".hour", ".minute", ".weekday()", ".isocalendar()"];
    let ends =
        |after: &str| !after.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    if PARTS.iter().any(|part| rest.strip_prefix(part).is_some_and(ends)) {
        return true;
    }
    let Some(format) = rest.strip_prefix(".strftime(") else { return false };
    let Some(quote) = format.chars().next().filter(|letter| matches!(letter, '"' | '\'')) else {
        return false;
    };
    let Some((format, after)) = format[1..].split_once(quote) else { return false };
    after.starts_with(')')
        && !format.is_empty()
        && !["%z", "%Z", "%:z", "%s", "\\"].iter().any(|zone| format.contains(zone))
}

/// The generator of the operating system has the same methods as the module.
pub(super) fn system_random(spot: &Spot<'_>) -> Option<Vec<Edit>> {
    let is_call = spot.found()?.starts_with("random.");
    // What is seeded is meant to be the same each time, at least in a test.
    let is_own = imports(spot.text, "random") && !spot.is_anywhere(&[".py"], &["random.seed("]);
    let at = spot.span.start + "random.".len();
    (is_call && is_own).then(|| vec![spot.edit(at..at, "SystemRandom().")])
}

/// The file has this import, on a line of its own and for all of it.
fn imports(text: &str, module: &str) -> bool {
    text.lines().any(|line| {
        line.strip_prefix("import ").is_some_and(|names| {
            let names = names.split('#').next().unwrap_or(names);
            names.split(',').any(|name| name.trim() == module)
        })
    })
}

/// The names that one line takes from a module, and where they stand. `None` where brackets hold them.
fn names_from<'t>(text: &'t str, module: &str) -> Option<(Range<usize>, &'t str)> {
    let head = format!("from {module} import ");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(names) = line.strip_prefix(&head) {
            let names = names.trim_end();
            let is_plain = names.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_, ".contains(&byte));
            let start = at + head.len();
            return is_plain.then(|| (start..start + names.len(), names));
        }
        at += line.len();
    }
    None
}

/// Where the first import stands that is not one of the future.
fn first_import(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let is_import = line.starts_with("import ") || line.starts_with("from ") && line.contains(" import ");
        let is_code = ["\"\"\"", "'''"].iter().all(|quote| text[..at].matches(quote).count() % 2 == 0);
        if is_import && is_code && !line.starts_with("from __future__") {
            return Some(at);
        }
        at += line.len();
    }
    None
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    text.match_indices(word).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use crate::mend::tests::mended;

    #[test]
    fn flask_debugs_when_the_environment_says_so() {
        let before = "\"\"\"Shop.\n\nimport nothing\n\"\"\"\nfrom __future__ import annotations\nfrom flask import Flask\napp.run(debug=True, port=1)\n";
        let after = "\"\"\"Shop.\n\nimport nothing\n\"\"\"\nfrom __future__ import annotations\nimport os\nfrom flask import Flask\napp.run(debug=os.environ.get(\"FLASK_DEBUG\") == \"1\", port=1)\n";
        let call = "app.run(debug=True, port=1)";
        assert_eq!(mended("debug-mode", before, call).as_deref(), Some(after));
        assert_eq!(mended("debug-mode", "app.run(debug=True, port=1)", call), None, "not Flask");
    }

    #[test]
    fn yaml_is_read_safely_where_no_tags_are_its_own() {
        let cases = [
            ("yaml.load(text)", Some("yaml.safe_load(text)")),
            ("yaml.load(text, Loader=yaml.Loader)", Some("yaml.safe_load(text)")),
            ("yaml.load(open(path), yaml.UnsafeLoader)", Some("yaml.safe_load(open(path))")),
            ("yaml.load(text, Loader = Loader,)", Some("yaml.safe_load(text)")),
            ("yaml.unsafe_load(text)", Some("yaml.safe_load(text)")),
            ("yaml.load(text, Loader=OwnLoader)", None),
            ("yaml.load(join(a, b), yaml.Loader)", None),
            ("jsonpickle.decode(text)", None),
        ];
        for (call, after) in cases {
            let before = format!("import yaml\n{call}\n");
            let after = after.map(|after| format!("import yaml\n{after}\n"));
            assert_eq!(mended("deserialised-input", &before, call), after, "{call}");
        }
        let own = "import yaml\nyaml.add_constructor('!env', env)\nyaml.load(text)\n";
        assert_eq!(mended("deserialised-input", own, "yaml.load(text)"), None);
        assert_eq!(
            mended("deserialised-input", "from x import yaml\nyaml.load(text)", "yaml.load(text)"),
            None
        );
    }

    #[test]
    fn a_time_gets_its_zone_where_nobody_can_tell_the_difference() {
        let of = |import: &str, line: &str, found: &str| {
            mended("naive-datetime", &format!("{import}\n{line}\n"), found)
        };
        let one = "from datetime import datetime";
        assert_eq!(
            of(one, "day = datetime.utcnow().strftime('%Y-%m-%d')", "datetime.utcnow").as_deref(),
            Some(
                "from datetime import datetime, timezone\nday = datetime.now(timezone.utc).strftime('%Y-%m-%d')\n"
            )
        );
        assert_eq!(
            of("import datetime", "y = datetime.datetime.utcnow().year", "datetime.datetime.utcnow")
                .as_deref(),
            Some("import datetime\ny = datetime.datetime.now(datetime.timezone.utc).year\n")
        );
        let left = [
            "at = datetime.utcnow()",
            "at = datetime.utcnow",
            "at = datetime.utcnow().isoformat() + 'Z'",
            "at = datetime.utcnow().strftime('%H:%M %Z')",
            "at = datetime.utcnow().strftime(format)",
            "at = datetime.utcnow().years",
        ];
        for line in left {
            assert_eq!(of(one, line, "datetime.utcnow"), None, "{line}");
        }
        let django = "from django.utils import timezone\nfrom datetime import datetime";
        assert_eq!(of(django, "y = datetime.utcnow().year", "datetime.utcnow"), None);
    }

    #[test]
    fn random_numbers_come_from_the_system_unless_they_are_seeded() {
        let call = "random.choices(LETTERS, k=6)";
        assert_eq!(
            mended("random-for-secrets", &format!("import random\n{call}"), call).as_deref(),
            Some("import random\nrandom.SystemRandom().choices(LETTERS, k=6)")
        );
        assert_eq!(
            mended("random-for-secrets", &format!("import random\nrandom.seed(1)\n{call}"), call),
            None
        );
        assert_eq!(mended("random-for-secrets", call, call), None);
        assert_eq!(mended("random-for-secrets", "Math.random()", "Math.random()"), None);
    }
}
