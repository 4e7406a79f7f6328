//! Routes that change data without asking who calls, in an app that knows its users.

use std::sync::OnceLock;

use ast_grep_core::Node;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use regex::bytes::Regex;

use super::regex;
use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, name};
use crate::finding::Draft;
use crate::pattern::tree;

const RULE: &str = "write-without-auth";

pub(super) const FACT: FileFact = FileFact { rules: &[RULE], wants, check };

/// Packages of apps that know their users.
const PACKAGES: [&str; 26] = [
    "jsonwebtoken",
    "jose",
    "passport",
    "express-session",
    "cookie-session",
    "next-auth",
    "better-auth",
    "lucia",
    "@clerk/nextjs",
    "@clerk/express",
    "@supabase/ssr",
    "@supabase/auth-helpers-nextjs",
    "@auth/core",
    "iron-session",
    "firebase-admin",
    "express-jwt",
    "@fastify/jwt",
    "bcrypt",
    "bcryptjs",
    "python-jose",
    "pyjwt",
    "PyJWT",
    "flask-login",
    "Flask-Login",
    "flask-jwt-extended",
    "fastapi-users",
];

/// Words of checks.
const CHECKS: &str = r"auth|session|require_?user|current_?user|get_?user\b|req\.user|\bjwt|token|passport|protect|ensure|is_?admin|admin_?(only|required)|login_?required|permission|api_?key|signature|clerk|guard|verify|bearer|require_|isOwner|isLoggedIn|loggedIn|acl\b|role";

/// Routes that are for people who are not signed in, or for machines with signatures.
const OPEN: &str = r"log-?in|sign-?in|sign-?up|register|log-?out|sign-?out|forgot|reset|hook|callback|contact|subscribe|newsletter|health|public|verify|refresh|token|auth|feedback|waitlist|search|track|analytics|metrics|csp|webauthn|oauth|invite|preview|chat|generate|revalidate|cron";

/// What changes data.
const WRITES: &str = r"\b(create|insert|update|delete|remove|save|add|destroy|upsert|write)\w*\s*\(|\.(create|insert|update|delete|remove|save|add|destroy|upsert|commit|push)\w*\(|insert into|delete from|\bupdate\s+\w+\s+set\b";

/// Middleware that is about something else.
const OTHERS: &str =
    r"^(upload|validat|limit|rate|json|multer|express\.|body|parse|async|schema|z[A-Z]|celebrate|check\()";

struct Patterns {
    checks: Regex,
    open: Regex,
    writes: Regex,
    others: Regex,
    express: Regex,
    python: Regex,
    guards: Regex,
}

fn patterns() -> Option<&'static Patterns> {
    static READY: OnceLock<Option<Patterns>> = OnceLock::new();
    READY
        .get_or_init(|| {
            Some(Patterns {
                checks: regex(CHECKS)?,
                open: regex(OPEN)?,
                writes: regex(WRITES)?,
                others: regex(OTHERS)?,
                express: regex(r"^(app|server|fastify|\w*router|\w*routes|api)\.(post|put|patch|delete)$")?,
                python: regex(r#"^@\w+\.(post|put|patch|delete)\(|^@\w+\.route\([^\n]*methods *= *[\[(][^\])]*["'](POST|PUT|PATCH|DELETE)"#)?,
                guards: regex(&format!(
                    r"(\.use\(|addHook\(|before_request|dependencies *=|middleware)[^;\n]*({CHECKS})|@\w+\.before_request|APIRouter\([^)]*dependencies"
                ))?,
            })
        })
        .as_ref()
}

fn wants(file: &SourceFile<'_>) -> bool {
    use SupportLang as L;
    file.role == Role::App
        && matches!(file.language, Some(L::JavaScript | L::TypeScript | L::Tsx | L::Python))
        && ([".post(", ".put(", ".patch(", ".delete(", ".route("].iter().any(|text| file.has(text))
            || is_handler_file(file.path))
}

/// A route handler of Next.
fn is_handler_file(path: &str) -> bool {
    path.contains("/api/") && matches!(name(path), "route.ts" | "route.js" | "route.tsx")
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(patterns) = patterns() else { return };
    let knows_users = PACKAGES.iter().any(|package| context.depends_on(file.path, package));
    if !knows_users || patterns.guards.is_match(file.text.as_bytes()) {
        return;
    }
    let Some(tree) = tree(file) else { return };
    let mut found = Vec::new();
    for node in tree.root().dfs() {
        let place = match &*node.kind() {
            "call_expression" => express(patterns, &node),
            "decorated_definition" => python(patterns, &node),
            "export_statement" if is_handler_file(file.path) => next(patterns, &node, file),
            _ => None,
        };
        found.extend(place);
    }
    if found.is_empty() || is_guarded_elsewhere(context, file, patterns) {
        return;
    }
    for (node, what) in found {
        let message = format!("{what} changes data and nothing asks who calls it");
        sink.report_in(file, Draft::bytes(RULE, file.path, node.range()).says(message));
    }
}

type Place<'t> = (Node<'t, StrDoc<SupportLang>>, String);

/// `router.post('/posts', handler)`.
fn express<'t>(patterns: &Patterns, call: &Node<'t, StrDoc<SupportLang>>) -> Option<Place<'t>> {
    let function = call.field("function")?;
    let is_method = |name: &str| matches!(name, "post" | "put" | "patch" | "delete");
    if !function.field("property").is_some_and(|property| is_method(&property.text())) {
        return None;
    }
    let arguments: Vec<_> =
        call.field("arguments")?.named_children().filter(|node| node.kind() != "comment").collect();
    let (path, handlers) = arguments.split_first()?;
    let (handler, between) = handlers.split_last()?;
    // A router can have any name; then its handler has to look like one.
    let is_router = patterns.express.is_match(function.text().as_bytes())
        || handler.field("parameters").is_some_and(|list| list.text().starts_with("(req"));
    let is_known = is_router
        && matches!(&*path.kind(), "string" | "template_string")
        && between.iter().all(|middleware| patterns.others.is_match(middleware.text().as_bytes()));
    let text = call.text();
    let is_silent = !is_known
        || patterns.open.is_match(path.text().as_bytes())
        || patterns.checks.is_match(text.as_bytes())
        || !(patterns.writes.is_match(text.as_bytes()) || is_named_write(&handler.text()));
    (!is_silent).then(|| {
        (call.clone(), format!("`{} {}`", function.text(), path.text().trim_matches(['"', '\'', '`'])))
    })
}

/// The handler is written elsewhere, and its name says what it does.
fn is_named_write(handler: &str) -> bool {
    let name = handler.rsplit('.').next().unwrap_or(handler).to_ascii_lowercase();
    handler.len() < 60
        && ["create", "update", "delete", "remove", "add", "destroy", "save"]
            .iter()
            .any(|verb| name.starts_with(verb))
}

/// `@router.post("/posts")`.
fn python<'t>(patterns: &Patterns, definition: &Node<'t, StrDoc<SupportLang>>) -> Option<Place<'t>> {
    let decorator = definition
        .named_children()
        .find(|child| child.kind() == "decorator" && patterns.python.is_match(child.text().as_bytes()))?;
    let text = definition.text();
    let is_silent = patterns.open.is_match(decorator.text().as_bytes())
        || patterns.checks.is_match(text.as_bytes())
        || !patterns.writes.is_match(text.as_bytes());
    (!is_silent).then(|| (definition.clone(), format!("`{}`", decorator.text())))
}

/// `export async function POST()`.
fn next<'t>(
    patterns: &Patterns,
    export: &Node<'t, StrDoc<SupportLang>>,
    file: &SourceFile<'_>,
) -> Option<Place<'t>> {
    let name = export.field("declaration")?.field("name")?.text().into_owned();
    let is_silent = !matches!(&*name, "POST" | "PUT" | "PATCH" | "DELETE")
        || patterns.open.is_match(file.path.as_bytes())
        || patterns.checks.is_match(file.text.as_bytes())
        || !patterns.writes.is_match(export.text().as_bytes());
    (!is_silent).then(|| (export.clone(), format!("`{name}`")))
}

/// Files where apps put their routers together.
const ASSEMBLIES: [&str; 11] =
    ["app", "index", "server", "main", "routes", "router", "api", "__init__", "middleware", "proxy", "deps"];

/// Most files that are looked into for where a router is mounted.
const MOST_FILES: usize = 60;

/// What puts the app together puts a check before it.
fn is_guarded_elsewhere(context: &Context<'_>, file: &SourceFile<'_>, patterns: &Patterns) -> bool {
    let Some(dir) = context.manifests_around(file.path).next().map(|manifest| manifest.dir.clone()) else {
        return true;
    };
    let files = if dir == "." { context.repository.paths() } else { context.repository.under(&dir) };
    let is_assembly = |path: &&str| {
        let name = name(path);
        let stem = name.split('.').next().unwrap_or(name);
        ASSEMBLIES.contains(&stem)
            && [".js", ".ts", ".mjs", ".py"].iter().any(|end| name.ends_with(end))
            && *path != file.path
    };
    files.iter().map(|path| &**path).filter(is_assembly).take(MOST_FILES).any(|path| {
        // Next runs it before every route.
        (is_handler_file(file.path) && name(path).starts_with("middleware."))
            || context.repository.text(path).is_some_and(|text| patterns.guards.is_match(text.as_bytes()))
    })
}
