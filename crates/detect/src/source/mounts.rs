//! Routers that are mounted under a prefix, in the ways of Express, Fastify, Hono, NestJS, FastAPI and Flask.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::pattern::Pattern;

use super::Mount;

/// The mounts of a source file. `text` is free of comments.
pub(super) fn find(family: &str, text: &str, file: &str) -> Vec<Mount> {
    match family {
        "javascript" => javascript(text, file),
        "python" => python(text, file),
        _ => Vec::new(),
    }
}

/// Texts one of which every file with a mount contains.
pub(super) fn signs(family: &str) -> &'static [&'static str] {
    match family {
        "javascript" => &[".use(", ".route(", ".register(", "setGlobalPrefix"],
        "python" => &["include_router", "register_blueprint", "APIRouter(", "Blueprint("],
        _ => &[],
    }
}

fn javascript(text: &str, file: &str) -> Vec<Mount> {
    static IMPORT: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"import\s+(?:\*\s+as\s+)?(?:(\w+)|\{([^}]*)\})\s+from\s+["'](\.[^"']*|[@~]/[^"']*)["']"#,
        )
    });
    static REQUIRE: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(r#"(?:const|let|var)\s+(?:(\w+)|\{([^}]*)\})\s*=\s*require\(\s*["'](\.[^"']*)["']"#)
    });
    static MOUNT: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"\.(?:use|route)\(\s*["'`](/[\w/.-]*)["'`]\s*,\s*(?:\w+\s*,\s*){0,3}(?:require\(\s*["'](\.[^"']*)["']\s*\)|(\w+))"#,
        )
    });
    static REGISTER: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(r#"\.register\(\s*(\w+)\s*,\s*\{[^}]*?prefix\s*:\s*["'`](/[\w/.-]*)["'`]"#)
    });
    static GLOBAL: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r#"\.setGlobalPrefix\(\s*["'`]/?([\w/.-]+)["'`]"#));
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for found in IMPORT.find_all(text).chain(REQUIRE.find_all(text)) {
        let module = stem(found.text(3));
        let names = found.get(1).or_else(|| found.get(2)).map_or("", |names| names.text);
        for name in names.split(',') {
            let name =
                name.split(" as ").last().unwrap_or(name).split(':').next_back().unwrap_or(name).trim();
            modules.insert(name.to_owned(), module.clone());
        }
    }
    let mount = |prefix: &str, module: Option<String>| Mount {
        prefix: prefix.to_owned(),
        module,
        object: None,
        file: file.to_owned(),
    };
    let mut found = Vec::new();
    for captures in MOUNT.find_all(text) {
        let module = match (captures.get(2), captures.get(3)) {
            (Some(path), _) => Some(stem(path.text)),
            (None, Some(name)) => modules.get(name.text).cloned(),
            _ => None,
        };
        found.extend(module.map(|module| mount(captures.text(1), Some(module))));
    }
    for captures in REGISTER.find_all(text) {
        let module = modules.get(captures.text(1)).cloned();
        found.extend(module.map(|module| mount(captures.text(2), Some(module))));
    }
    if let Some(captures) = GLOBAL.find(text) {
        found.push(mount(&format!("/{}", captures.text(1)), None));
    }
    found
}

fn python(text: &str, file: &str) -> Vec<Mount> {
    static INCLUDE: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"\b(?:include_router|register_blueprint)\(\s*([\w.]+)[^)]*?\b(?:url_)?prefix\s*=\s*["'](/[\w/.-]*)["']"#,
        )
    });
    static OWN: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::new(
            r#"(?m)^\s*(\w+)\s*=\s*(?:APIRouter|Blueprint)\([^)]*?\b(?:url_)?prefix\s*=\s*["'](/[\w/.-]*)["']"#,
        )
    });
    static IMPORT: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(r"(?m)^\s*from\s+([\w.]+)\s+import\s+([^\n]+)"));
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for found in IMPORT.find_all(text) {
        let from = found.text(1).rsplit('.').next().unwrap_or_default().to_owned();
        for name in found.text(2).trim_matches(['(', ')']).split(',') {
            let (original, alias) = name.split_once(" as ").unwrap_or((name, name));
            // `from routes import health` brings a module, `from routes.health import router` an object of one.
            let original = original.trim();
            let module = if original.ends_with("router")
                || original.ends_with("bp")
                || original.ends_with("blueprint")
            {
                from.clone()
            } else {
                original.to_owned()
            };
            modules.insert(alias.trim().to_owned(), module);
        }
    }
    let mut found = Vec::new();
    for captures in INCLUDE.find_all(text) {
        let name = captures.text(1).split('.').next().unwrap_or_default().to_owned();
        let module = modules.get(&name).cloned().unwrap_or(name);
        found.push(Mount {
            prefix: captures.text(2).to_owned(),
            module: Some(module),
            object: None,
            file: file.to_owned(),
        });
    }
    for captures in OWN.find_all(text) {
        found.push(Mount {
            prefix: captures.text(2).to_owned(),
            module: None,
            object: Some(captures.text(1).to_owned()),
            file: file.to_owned(),
        });
    }
    found
}

/// The last part of a path or module, without its ending.
fn stem(path: &str) -> String {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/index").or_else(|| path.strip_suffix("/index.js")).unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(family: &str, text: &str) -> Vec<(String, Option<String>)> {
        find(family, text, "src/app.x").into_iter().map(|mount| (mount.prefix, mount.module)).collect()
    }

    #[test]
    fn express_fastify_and_nest() {
        let text = "import health from './routes/health.js';\nimport { users as u } from '@/routes/users/index';\napp.use('/api', auth, health);\napp.use('/u', u);\napp.use('/x', require('./x'));\nfastify.register(health, { prefix: '/v1' });\napp.setGlobalPrefix('rest');\n";
        let pair = |prefix: &str, module: Option<&str>| (prefix.to_owned(), module.map(str::to_owned));
        assert_eq!(
            seen("javascript", text),
            [
                pair("/api", Some("health")),
                pair("/u", Some("users")),
                pair("/x", Some("x")),
                pair("/v1", Some("health")),
                pair("/rest", None)
            ]
        );
    }

    #[test]
    fn fastapi_and_flask() {
        let text = "from app.routes import health\nfrom app.users import router as users_router\napp.include_router(health.router, prefix=\"/api\")\napp.include_router(users_router, tags=['x'], prefix='/u')\n";
        let pair = |prefix: &str, module: &str| (prefix.to_owned(), Some(module.to_owned()));
        assert_eq!(seen("python", text), [pair("/api", "health"), pair("/u", "users")]);
        let own = find("python", "bp = Blueprint('h', __name__, url_prefix='/h')", "h.py").remove(0);
        assert_eq!((own.prefix.as_str(), own.object.as_deref()), ("/h", Some("bp")));
    }
}
