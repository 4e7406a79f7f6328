//! Routes that code defines, with the comment above each.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::openapi::prose;
use crate::Sources;
use crate::text::cell;

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Route {
    path: String,
    method: String,
    what: String,
    file: String,
}

/// How a family of languages defines routes: groups `method` and `path`.
struct Family {
    endings: &'static [&'static str],
    patterns: LazyLock<Vec<Regex>>,
}

/// The patterns are constants that the tests use: they are well formed.
macro_rules! patterns {
    ($($pattern:literal),+ $(,)?) => {
        LazyLock::new(|| [$($pattern),+].iter().filter_map(|pattern| Regex::new(pattern).ok()).collect())
    };
}

static FAMILIES: [Family; 8] = [
    Family {
        endings: &["js", "mjs", "cjs", "ts", "mts", "cts"],
        patterns: patterns!(
            r#"(?-u:\b)(?:app|api|server|fastify|routes?|[A-Za-z]*[rR]outer)\.(?<method>get|post|put|patch|delete|all)\((?-u:\s)*['"`](?<path>/[^'"` ]*)['"`]"#
        ),
    },
    Family {
        endings: &["py"],
        patterns: patterns!(
            r#"^(?-u:\s)*@[A-Za-z_.]+\.(?<method>get|post|put|patch|delete)\((?-u:\s)*["'](?<path>/[^"']*)["']"#,
            r#"^(?-u:\s)*@[A-Za-z_.]+\.route\((?-u:\s)*["'](?<path>/[^"']*)["'](?:.*methods=\[["'](?<method>[A-Z]+)["']\])?"#,
        ),
    },
    Family {
        endings: &["go"],
        patterns: patterns!(
            r#"\.Handle(?:Func)?\((?-u:\s)*"(?:(?<method>GET|POST|PUT|PATCH|DELETE) )?(?<path>/[^"]*)""#,
            r#"\.(?<method>GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete)\((?-u:\s)*"(?<path>/[^"]*)""#,
        ),
    },
    Family {
        endings: &["java", "kt"],
        patterns: patterns!(
            r#"@(?<method>Get|Post|Put|Patch|Delete)Mapping\((?-u:\s)*(?:(?:value|path)(?-u:\s)*=(?-u:\s)*)?"(?<path>/[^"]*)""#
        ),
    },
    Family {
        endings: &["rs"],
        patterns: patterns!(
            r#"\.route\((?-u:\s)*"(?<path>/[^"]*)",(?-u:\s)*(?:[a-z_]+::)*(?<method>get|post|put|patch|delete)\("#,
            r#"^(?-u:\s)*#\[(?<method>get|post|put|patch|delete)\("(?<path>/[^"]*)""#,
        ),
    },
    Family {
        endings: &["cs"],
        patterns: patterns!(r#"\.Map(?<method>Get|Post|Put|Patch|Delete)\((?-u:\s)*"(?<path>/[^"]*)""#),
    },
    Family {
        endings: &["rb"],
        patterns: patterns!(
            r#"^(?-u:\s)*(?<method>get|post|put|patch|delete)(?-u:\s)*\(?(?-u:\s)*['"](?<path>/[^'"]*)['"]"#
        ),
    },
    Family {
        endings: &["php"],
        patterns: patterns!(
            r#"(?:Route::|\$(?:app|router|routes|group)->)(?<method>get|post|put|patch|delete)\((?-u:\s)*['"](?<path>/[^'"]*)['"]"#
        ),
    },
];

/// Routes in the files that are `within` a service's folder and in none of the folders of `others`.
pub(super) fn of(sources: &dyn Sources, within: &dyn Fn(&str) -> bool, others: &[&str]) -> Vec<Route> {
    let mut routes = Vec::new();
    for path in sources.paths().filter(|path| within(path) && !is_test(path)) {
        if others.iter().any(|other| path.starts_with(&format!("{other}/"))) {
            continue;
        }
        let Some(family) = path
            .rsplit_once('.')
            .and_then(|(_, end)| FAMILIES.iter().find(|family| family.endings.contains(&end)))
        else {
            continue;
        };
        if let Some(text) = sources.text(path) {
            scan(path, &text, family, &mut routes);
        }
    }
    routes.sort();
    routes.dedup();
    routes
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(
            part,
            "test" | "tests" | "spec" | "__tests__" | "node_modules" | "vendor" | "dist" | "examples"
        ) || part.contains(".test.")
            || part.contains(".spec.")
            || part.contains("_test.")
            || part.starts_with("test_")
    })
}

fn scan(file: &str, text: &str, family: &Family, routes: &mut Vec<Route>) {
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if comment(line).is_some() {
            continue;
        }
        for found in family.patterns.iter().flat_map(|pattern| pattern.captures_iter(line)) {
            let method = found.name("method").map_or("any", |method| method.as_str());
            let what = above(&lines[..index]).or_else(|| below(&lines[index + 1..]));
            routes.push(Route {
                path: cell(&found["path"]),
                method: if matches!(method, "any" | "all") {
                    "any".to_owned()
                } else {
                    method.to_ascii_uppercase()
                },
                what: what
                    .map(|text| prose(&text))
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| "-".to_owned()),
                file: cell(file),
            });
        }
    }
}

/// The comment that ends right above, as one text.
fn above(lines: &[&str]) -> Option<String> {
    let mut said: Vec<&str> = lines.iter().rev().map_while(|line| comment(line)).collect();
    said.reverse();
    // What tags say is for tools.
    let said: Vec<_> = said.into_iter().filter(|line| !line.is_empty() && !line.starts_with('@')).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// The docstring of the function that follows a decorator.
fn below(lines: &[&str]) -> Option<String> {
    let start = lines.iter().take(3).position(|line| {
        let line = line.trim();
        line.starts_with("def ") || line.starts_with("async def ")
    })?;
    let first = lines.get(start + 1)?.trim().strip_prefix("\"\"\"")?;
    Some(first.trim_end_matches("\"\"\"").trim().to_owned())
}

/// The text of a line that is a comment.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line
        .strip_prefix("///")
        .or_else(|| line.strip_prefix("//"))
        .or_else(|| line.strip_prefix("/**"))
        .or_else(|| line.strip_prefix("*/"))
        .or_else(|| line.strip_prefix("* "))
        .or_else(|| line.strip_prefix("# "))
        .or(if line == "*" { Some("") } else { None })?;
    Some(rest.trim().trim_end_matches("*/").trim())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn found(file: &str, text: &str) -> Vec<String> {
        let sources: BTreeMap<String, String> = [(file.to_owned(), text.to_owned())].into();
        let routes = of(&sources, &|_| true, &[]);
        routes.iter().map(|it| format!("{} {} {}", it.method, it.path, it.what)).collect()
    }

    #[test]
    fn every_pattern_is_well_formed() {
        let counts: Vec<_> = FAMILIES.iter().map(|family| family.patterns.len()).collect();
        assert_eq!(counts, [1, 2, 2, 1, 2, 1, 1, 1]);
    }

    #[test]
    fn routes_are_found_with_their_comments() {
        let js = "/**\n * One order.\n * @param id\n */\napp.get('/orders/:id', f);\n// app.get('/old', f);\nmap.get('/no');\n";
        assert_eq!(found("a.js", js), ["GET /orders/:id One order."]);
        let py = "@app.post(\"/items\")\nasync def add():\n    \"\"\"Adds an item.\"\"\"\n";
        assert_eq!(found("a.py", py), ["POST /items Adds an item."]);
        assert_eq!(found("a.py", "@app.route('/x', methods=['PUT'])\n"), ["PUT /x -"]);
        assert_eq!(
            found("a.go", "mux.HandleFunc(\"GET /a\", f)\nr.POST(\"/b\", f)\n"),
            ["GET /a -", "POST /b -"]
        );
        assert_eq!(found("A.java", "  @GetMapping(\"/a\")\n"), ["GET /a -"]);
        assert_eq!(found("a.rs", ".route(\"/a\", get(f))\n#[post(\"/b\")]\n"), ["GET /a -", "POST /b -"]);
        assert_eq!(found("a.cs", "app.MapDelete(\"/a\", f);\n"), ["DELETE /a -"]);
        assert_eq!(found("a.rb", "get '/a' do\n"), ["GET /a -"]);
        assert_eq!(found("a.php", "Route::get('/a', f);\n$app->post('/b', f);\n"), ["GET /a -", "POST /b -"]);
        assert!(found("tests/a.js", "app.get('/a', f)\n").is_empty());
    }
}
