//! One function a format that is read: whatever the input, it must return, and what it found must make sense.

use std::path::{Component, Path};

use seaworthy_detect::document::{Format, Node, parse, parse_yaml_stream};
use seaworthy_detect::{CONFIG_FILE, Overrides, Repository, fuzzing, load};
use seaworthy_model::config::{Config, Source, line_column};
use seaworthy_model::placeholder::Template;
use seaworthy_model::plan::Plan;
use seaworthy_model::quantity::{Bytes, Cpu, Duration, Percent, Retention};
use seaworthy_model::validate::{Site, ValidationContext, validate};
use seaworthy_model::{App, init, start_order};

/// `seaworthy.toml`: every place lies within the text, and what `init` writes of it can be read.
pub fn config(text: &str) {
    let (config, diagnostics) = Config::parse(text);
    for diagnostic in &diagnostics {
        for span in diagnostic.secondary.iter().map(|(span, _)| span).chain([&diagnostic.span]) {
            assert!(text.get(span.clone()).is_some(), "{span:?} is no part of {text:?}");
            line_column(text, span.start);
        }
    }
    let mut app = App::default();
    let source = Source::file(CONFIG_FILE, text);
    config.apply(&mut app, &source);
    for name in config.environments.iter().flat_map(|environments| environments.value.keys()) {
        config.apply_environment(name, &mut app.clone(), &source);
    }
    for problem in validate(&app, &ValidationContext::new(CONFIG_FILE, text)) {
        for site in &problem.sites {
            if let Site::Config { span, .. } = site {
                assert!(text.get(span.clone()).is_some(), "{span:?} is no part of {text:?}");
            }
        }
        problem.to_diagnostic();
    }
    Config::parse_override(text);
    holds_together(&app);
}

/// What can be done with any app.
fn holds_together(app: &App) {
    start_order(app);
    serde_json::to_string(&Plan::new(app)).expect("a plan is always JSON");
    for written in [init::minimal(app), init::full(app)] {
        let (_, refused) = Config::parse(&written);
        assert!(refused.is_empty(), "init wrote what is refused: {refused:?}\n{written}");
    }
}

/// Placeholders: parts cover the text; what is escaped stands for itself.
pub fn placeholders(text: &str) {
    match Template::parse(text) {
        Ok(template) => {
            for (placeholder, span) in template.placeholders() {
                assert_eq!(&text[span], placeholder.to_string());
            }
            template.resolve(|_| Some(String::new()));
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(text.get(error.span.clone()).is_some(), "{:?} in {text:?}", error.span);
                assert!(error.help().is_some() && !error.to_string().is_empty());
            }
        }
    }
    let literal = Template::parse(&Template::escape(text)).expect("an escaped text is a template");
    assert_eq!(literal.resolve(|_| None).as_deref(), Some(text));
}

/// Quantities: what was read is written so that it reads the same.
pub fn quantities(text: &str) {
    if let Ok(value) = Duration::parse(text) {
        assert_eq!(Duration::parse(&value.to_string()), Ok(value));
    }
    if let Ok(value) = Bytes::parse(text) {
        assert_eq!(Bytes::parse(&value.to_string()), Ok(value));
    }
    if let Ok(value) = Percent::parse(text) {
        assert_eq!(Percent::parse(&value.to_string()), Ok(value));
    }
    if let Ok(value) = Cpu::parse(text) {
        assert_eq!(Cpu::parse(&value.to_string()), Ok(value));
    }
    if let Ok(value) = Retention::parse(text) {
        assert_eq!(Retention::parse(&value.to_string()), Ok(value));
    }
}

/// JSON, with comments.
pub fn json(text: &str) {
    document(Format::Json, text);
}

/// TOML.
pub fn toml(text: &str) {
    document(Format::Toml, text);
}

/// YAML, and streams of it.
pub fn yaml(text: &str) {
    document(Format::Yaml, text);
    for node in parse_yaml_stream(text).unwrap_or_default() {
        check_lines(&node, most_lines(text));
    }
}

fn document(format: Format, text: &str) {
    match parse(format, text) {
        Ok(node) => check_lines(&node, most_lines(text)),
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!(error.line.is_none_or(|line| line <= most_lines(text)), "{error:?} in {text:?}");
        }
    }
}

/// Lines end with `\n`, `\r\n` or, in YAML, a lone `\r`; an end of file may be told as the line after the last.
fn most_lines(text: &str) -> u32 {
    u32::try_from(text.matches(['\n', '\r']).count()).unwrap_or(u32::MAX - 2) + 2
}

fn check_lines(node: &Node, most: u32) {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        assert!(node.line <= most, "line {} of {most}", node.line);
        waiting.extend(node.items());
        for entry in node.entries() {
            assert!(entry.line <= most, "line {} of {most}", entry.line);
            waiting.push(&entry.node);
        }
    }
}

/// XML.
pub fn xml(text: &str) {
    if let Some(line) = fuzzing::xml(text) {
        assert!(line >= 1 && line <= most_lines(text));
    }
}

/// Env files.
pub fn env_file(text: &str) {
    for line in fuzzing::env_file(text) {
        assert!(line >= 1 && line <= most_lines(text));
    }
    repository(&[(".env.example", text.as_bytes()), ("package.json", EXPRESS)]);
}

const EXPRESS: &[u8] = br#"{"name":"x","scripts":{"start":"node x.js"},"dependencies":{"express":"4"}}"#;

/// A Dockerfile beside an app.
pub fn dockerfile(text: &str) {
    repository(&[("Dockerfile", text.as_bytes()), ("package.json", EXPRESS)]);
}

/// A Compose file above an app.
pub fn compose(text: &str) {
    repository(&[("compose.yaml", text.as_bytes()), ("api/package.json", EXPRESS)]);
}

/// A Procfile beside an app.
pub fn procfile(text: &str) {
    repository(&[("Procfile", text.as_bytes()), ("package.json", EXPRESS)]);
}

/// A package.json, with a source file that it may name.
pub fn package_json(text: &str) {
    repository(&[("package.json", text.as_bytes()), ("server.js", b"app.listen(process.env.PORT || 3000)")]);
}

/// A pyproject.toml, with a source file that it may name.
pub fn pyproject(text: &str) {
    repository(&[("pyproject.toml", text.as_bytes()), ("main.py", b"app = FastAPI()\nos.environ['A']")]);
}

/// A requirements.txt, with a source file.
pub fn requirements(text: &str) {
    repository(&[("requirements.txt", text.as_bytes()), ("main.py", b"app = Flask(__name__)\n")]);
}

/// Source code of every language: what is found lies within the file.
pub fn source(data: &[u8]) {
    for (family, extension) in fuzzing::source_families() {
        let name = format!("server.{extension}");
        let dir = written(&[(&name, data)]);
        let repo = Repository::open(dir.path()).expect("the folder is there");
        let most = most_lines(&String::from_utf8_lossy(data));
        for line in fuzzing::source(&repo, family) {
            assert!(line >= 1 && line <= most, "{family}: line {line} of {most}");
        }
    }
}

/// Names of files that something is read from.
const NAMES: [&str; 32] = [
    "package.json",
    "package-lock.json",
    "pnpm-workspace.yaml",
    "server.js",
    "src/index.ts",
    "index.html",
    "vite.config.ts",
    "next.config.js",
    "svelte.config.js",
    "deno.json",
    "prisma/schema.prisma",
    ".nvmrc",
    ".tool-versions",
    "mise.toml",
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "setup.py",
    "setup.cfg",
    "uv.lock",
    ".python-version",
    "runtime.txt",
    "main.py",
    "app/settings.py",
    "manage.py",
    "alembic.ini",
    "Procfile",
    "Dockerfile",
    "compose.yaml",
    ".env",
    ".env.example",
    "seaworthy.toml",
];

const FOLDERS: [&str; 4] = ["", "api/", "web/", "packages/a/"];

/// A whole repository: each file is one byte that names it, and its text up to the next byte 0xFF.
pub fn tree(data: &[u8]) {
    let mut files: Vec<(String, &[u8])> = Vec::new();
    for part in data.split(|byte| *byte == 0xff).filter(|part| !part.is_empty()).take(12) {
        let index = usize::from(part[0]);
        let name = format!("{}{}", FOLDERS[index / 64 % 4], NAMES[index % 32]);
        files.push((name, &part[1..]));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    repository(&files);
}

/// Plans a repository of these files: nothing panics, every place it names is there, twice gives the same.
pub fn repository(files: &[(&str, &[u8])]) {
    let dir = written(files);
    let loaded = load(dir.path(), &Overrides::default()).expect("the folder is there");
    let app = &loaded.app;
    let plan = Plan::new(app);
    let is_there = |file: &str| dir.path().join(file).exists();
    for service in &plan.services {
        for origin in service.origins.values() {
            assert!(
                origin.file.as_deref().is_none_or(is_there),
                "{} has an origin nowhere: {origin:?}",
                service.name
            );
        }
        let within = Path::new(&service.path).components().all(|part| part != Component::ParentDir);
        assert!(within || loaded.has_errors(), "{} leads out: {}", service.name, service.path);
        for variable in service.env.iter().filter(|variable| variable.secret) {
            let shown = [&variable.value, &variable.default];
            for shown in shown.into_iter().flatten() {
                assert!(
                    shown.contains("${") || has_no_password(shown),
                    "{} is shown: {shown}",
                    variable.name
                );
            }
        }
    }
    for warning in &plan.warnings {
        assert!(!warning.code.is_empty() && !warning.message.is_empty());
    }
    let first = serde_json::to_string(&plan).expect("a plan is always JSON");
    let again = load(dir.path(), &Overrides::default()).expect("the folder is there");
    assert_eq!(serde_json::to_string(&Plan::new(&again.app)).ok().as_ref(), Some(&first));
    if !loaded.has_errors() {
        holds_together(app);
    }
}

/// The files in a temporary folder; one that cannot be written (a file is where its folder should be) is left out.
fn written(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let dir = tempfile::Builder::new().prefix("sea-fuzz-").tempdir_in(base).expect("a temporary folder");
    for (path, text) in files {
        let path = dir.path().join(path);
        if let Some(parent) = path.parent() {
            let _ = std::fs::create_dir_all(parent);
        }
        let _ = std::fs::write(path, text);
    }
    dir
}

/// A secret variable may show an address, never a password in it.
fn has_no_password(shown: &str) -> bool {
    let Some((_, rest)) = shown.split_once("://") else { return false };
    let address = rest.split('?').next().unwrap_or(rest);
    match address.rsplit_once('@') {
        Some((credentials, _)) => credentials.split_once(':').is_none_or(|(_, password)| password == "***"),
        None => true,
    }
}
