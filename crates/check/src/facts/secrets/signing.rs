//! What signs sessions and tokens, written into code: whoever knows it is whoever they like to be.

use std::sync::LazyLock;

use ast_grep_language::SupportLang;
use regex::bytes::Regex;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::{evidence, scan};
use crate::file::{Role, SourceFile};
use crate::finding::Draft;
use crate::rule::Severity;

const IN_CODE: &str = "signing-secret-in-code";
const FALLBACK: &str = "secret-with-fallback";

pub(super) static FACT: FileFact = FileFact {
    rules: &[IN_CODE, FALLBACK],
    wants: |file| {
        file.role == Role::App
            && file.language.is_some()
            && [
                "secret",
                "Secret",
                "SECRET",
                "jwt",
                "JWT",
                "HMAC",
                "cookieParser",
                "environ",
                "getenv",
                "process.env",
                "ENV",
                "env(",
            ]
            .iter()
            .any(|word| file.has(word))
    },
    check,
};

/// How code says what signs; the last group is the value.
struct Form {
    languages: &'static [SupportLang],
    regex: Regex,
}

const SCRIPT: &[SupportLang] = &[SupportLang::JavaScript, SupportLang::TypeScript, SupportLang::Tsx];

static SIGNING: LazyLock<Vec<Form>> = LazyLock::new(|| {
    [
        (SCRIPT, r#"\bjwt\.(?:sign|verify)\(\s*(?:\{[^}]{0,400}\}|[^,(){}]{1,120}(?:\([^)]{0,120}\))?)\s*,\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\b(?:session|cookieSession|expressSession|koaSession|NextAuth|betterAuth)\(\s*\{[^}]{0,400}?\b(?:secret|keys?)\s*:\s*\[?\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\bcookieParser\(\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\b(?:secretOrKey|secretOrPrivateKey|cookieSecret|jwtSecret|sessionSecret|authSecret)\s*[:=]\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\bsecret\s*:\s*['"`]([^'"`\r\n]+)['"`],?\s*(?:\r?\n\s*)?(?:resave|saveUninitialized|signOptions|cookie|session|providers|\}\s*\))"#),
        (SCRIPT, r#"\bJwtModule\.register\(\s*\{[^}]{0,200}?\bsecret\s*:\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\b(?:const|let|var)\s+(?:[A-Z_]*(?:JWT|SESSION|TOKEN|COOKIE|AUTH|SIGNING|ENCRYPTION)_(?:SECRET|KEY)(?:_KEY)?|SECRET_KEY|SECRET|jwtKey|secretKey|secret)\s*(?::\s*string\s*)?=\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"new\s+TextEncoder\(\)\.encode\(\s*['"`]([^'"`\r\n]{4,})['"`]\s*\)\s*;?\s*(?://[^\r\n]*)?\r?\n[^\r\n]*(?:SignJWT|jwtVerify)"#),
        (&[SupportLang::Python], r#"(?m)^\s*(?:\w+\.)*(?:config\[\s*['"])?(?:SECRET_KEY|secret_key|JWT_SECRET_KEY|JWT_SECRET|JWT_KEY|SESSION_SECRET|SECURITY_PASSWORD_SALT)(?:['"]\s*\])?\s*(?::\s*str\s*)?=\s*b?['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Python], r#"\bjwt\.(?:encode|decode)\(\s*(?:\{[^}]{0,400}\}|[^,(){}]{1,120}(?:\([^)]{0,120}\))?)\s*,\s*(?:key\s*=\s*)?['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Python], r#"SessionMiddleware\s*,\s*secret_key\s*=\s*['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Go], r#"(?:SignedString\(\s*|NewCookieStore\(\s*|(?:jwt|JWT)(?:Key|Secret|_KEY|_SECRET)\s*:?=\s*|(?:signingKey|secretKey|hmacSecret)\s*:?=\s*)\[\]byte\(\s*["`]([^"`\r\n]+)["`]"#),
        (&[SupportLang::Go], r#"\b(?:const|var)\s+(?:\w*(?:jwt|JWT|session|Session)(?:Key|Secret)|secretKey|SecretKey)\s*(?:string\s*)?=\s*["`]([^"`\r\n]+)["`]"#),
        (&[SupportLang::Ruby], r#"\bsecret_key_base\s*=\s*['"]([^'"\r\n]+)['"]|\bset\s+:session_secret\s*,\s*['"](?P<set>[^'"\r\n]+)['"]"#),
        (&[SupportLang::Ruby], r#"\bJWT\.(?:encode|decode)[\s(]+[^,()]+,\s*['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Ruby], r#"\b(?:JWT_SECRET|SECRET_KEY|SESSION_SECRET|HMAC_SECRET)\s*=\s*['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Php], r#"JWT::(?:encode|decode)\(\s*\$\w+\s*,\s*(?:new\s+Key\(\s*)?['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Php], r#"\$(?:jwt_?|session_?)?secret(?:_?key)?\s*=\s*['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Java], r#"(?:Algorithm\.HMAC(?:256|384|512)|setSigningKey|hmacShaKeyFor)\(\s*"([^"\r\n]+)""#),
        (&[SupportLang::Java], r#"\bString\s+(?:JWT_SECRET|SECRET_KEY|SECRET|jwtSecret|secretKey|SIGNING_KEY)\s*=\s*"([^"\r\n]+)""#),
        (&[SupportLang::CSharp], r#"new\s+SymmetricSecurityKey\(\s*(?:System\.Text\.)?Encoding\.\w+\.GetBytes\(\s*"([^"\r\n]+)""#),
    ]
    .into_iter()
    .map(|(languages, text)| Form { languages, regex: regex(text) })
    .collect()
});

/// How code says what to take where nothing was set: the name, then the value.
static FALLBACKS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    [
        (SCRIPT, r#"\bprocess\.env(?:\.|\[\s*['"])([A-Z][A-Z0-9_]+)(?:['"]\s*\])?\s*(?:\|\||\?\?)\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\b(?:Deno|Bun)\.env(?:\.get\(\s*['"]|\.)([A-Z][A-Z0-9_]+)(?:['"]\s*\))?\s*(?:\|\||\?\?)\s*['"`]([^'"`\r\n]+)['"`]"#),
        (SCRIPT, r#"\bconfigService\.get(?:<\w+>)?\(\s*['"]([A-Za-z][A-Za-z0-9_.]+)['"]\s*(?:,|\)\s*\|\||\)\s*\?\?)\s*['"`]([^'"`\r\n]+)['"`]"#),
        (&[SupportLang::Python], r#"\b(?:environ\.get|getenv|config|env|env\.str)\(\s*['"]([A-Z][A-Z0-9_]+)['"]\s*,\s*(?:default\s*=\s*)?['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Python], r#"\b(?:environ\.get|getenv)\(\s*['"]([A-Z][A-Z0-9_]+)['"]\s*\)\s*or\s*['"]([^'"\r\n]+)['"]"#),
        (&[SupportLang::Ruby], r#"\bENV(?:\.fetch\(\s*['"]([A-Z][A-Z0-9_]+)['"]\s*(?:,|\)\s*\{)|\[\s*['"](?P<name>[A-Z][A-Z0-9_]+)['"]\s*\]\s*\|\|)\s*['"](?P<value>[^'"\r\n]+)['"]"#),
        (&[SupportLang::Php], r#"\benv\(\s*['"]([A-Z][A-Z0-9_]+)['"]\s*,\s*['"]([^'"\r\n]+)['"]|\bgetenv\(\s*['"](?P<name>[A-Z][A-Z0-9_]+)['"]\s*\)\s*\?:\s*['"](?P<value>[^'"\r\n]+)['"]"#),
        (&[SupportLang::Go], r#"\b(?i:getenv|envor|env|getenvordefault|getenvdefault|lookupenv)\(\s*"([A-Z][A-Z0-9_]+)"\s*,\s*"([^"\r\n]+)""#),
        (&[SupportLang::Java], r#"@Value\(\s*"\$\{([A-Za-z][A-Za-z0-9_.-]+):([^}"\r\n]+)\}""#),
        (&[SupportLang::CSharp], r#"(?:GetEnvironmentVariable\(\s*|onfiguration\[\s*)"([A-Za-z][A-Za-z0-9_:.]+)"\s*[\])]\s*\?\?\s*"([^"\r\n]+)""#),
    ]
    .into_iter()
    .map(|(languages, text)| Form { languages, regex: regex(text) })
    .collect()
});

fn regex(text: &str) -> Regex {
    Regex::new(&format!("(?-u){text}"))
        .unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(language) = file.language else { return };
    if !context.is_shared(file.path) {
        return;
    }
    let mut told: Vec<usize> = Vec::new();
    for form in FALLBACKS.iter().filter(|form| form.languages.contains(&language)) {
        for found in form.regex.captures_iter(file.text.as_bytes()) {
            let mut groups = found.iter().skip(1).flatten().map(|group| group.range());
            let (Some(name), Some(range)) = (groups.next(), groups.next()) else { continue };
            let (Some(name), Some(value)) = (file.text.get(name), file.text.get(range.clone())) else {
                continue;
            };
            let variable = evidence::snake(name);
            if !evidence::names_secret(&variable)
                || seaworthy_detect::is_public(&variable)
                || value.contains("://")
                || evidence::is_filled_in_later(value)
                || is_comment(file.text, range.start)
                || scan::is_known(value)
            {
                continue;
            }
            told.push(range.start);
            let severity = if signs(&variable) { Severity::High } else { Severity::Medium };
            let says =
                format!("where `{name}` is not set, a value that everyone with the code knows is used");
            let draft = Draft::bytes(FALLBACK, file.path, range.clone()).hiding(range).weighs(severity);
            sink.report_in(file, draft.says(says));
        }
    }
    for form in SIGNING.iter().filter(|form| form.languages.contains(&language)) {
        for found in form.regex.captures_iter(file.text.as_bytes()) {
            let Some(range) = found.iter().skip(1).flatten().last().map(|group| group.range()) else {
                continue;
            };
            let Some(value) = file.text.get(range.clone()) else { continue };
            if evidence::is_filled_in_later(value)
                || value.contains("BEGIN ")
                || told.contains(&range.start)
                || is_comment(file.text, range.start)
                || scan::is_known(value)
            {
                continue;
            }
            told.push(range.start);
            sink.report_in(file, Draft::bytes(IN_CODE, file.path, range.clone()).hiding(range));
        }
    }
}

/// What it names lets its holder be anyone.
fn signs(name: &str) -> bool {
    [
        "JWT",
        "SESSION",
        "COOKIE",
        "SIGNING",
        "NEXTAUTH",
        "AUTH_SECRET",
        "SECRET_KEY",
        "APP_KEY",
        "TOKEN_SECRET",
        "ENCRYPTION",
        "HMAC",
    ]
    .iter()
    .any(|word| name.contains(word))
        || name == "SECRET"
}

fn is_comment(text: &str, at: usize) -> bool {
    let line = scan::line_around(text, at).trim_start();
    ["#", "//", "*", "/*"].iter().any(|start| line.starts_with(start))
}
