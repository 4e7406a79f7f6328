//! Go and Rust: one program, in an image that holds nothing else.

use super::health::Asker;
use super::recipe::{Kitchen, System};
use super::subject::within;

/// Folders that programs read while they run, by their usual names.
const READ_AT_RUN: [&str; 9] =
    ["assets", "config", "locales", "migrations", "public", "static", "templates", "views", "Rocket.toml"];

pub(super) fn go(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "go";
    // These bind to C: https://go.dev/wiki/cgo.
    let modules = subject.text("go.mod").unwrap_or_default();
    let needs_c =
        ["mattn/go-sqlite3", "confluentinc/confluent-kafka-go"].iter().any(|name| modules.contains(name));
    kitchen.base("GO", format!("golang:{}-bookworm", subject.version(3, "1.25")));
    let base = if needs_c { "base" } else { "static" };
    kitchen.base("RUNTIME", format!("gcr.io/distroless/{base}-debian12:nonroot"));
    kitchen.recipe.manifests =
        subject.manifests(|name| ["go.mod", "go.sum", "go.work", "go.work.sum"].contains(&name));
    // Modules of the workspace, and those that stand in for others, have to be there before their dependencies are known.
    if subject.has_in_context("go.work") {
        let below =
            subject.context_paths().filter(|path| path.ends_with("/go.mod") || path.ends_with("/go.sum"));
        kitchen.recipe.manifests = vec!["go.work* ./".to_owned()];
        let lines: Vec<_> =
            below.filter_map(|path| Some(format!("{path} {}/", path.rsplit_once('/')?.0))).collect();
        kitchen.recipe.manifests.extend(lines);
    } else if modules.lines().any(|line| line.contains("=> .")) {
        kitchen.recipe.manifests = vec![". .".to_owned()];
    }
    kitchen.cache(&["/go/pkg/mod", "/root/.cache/go-build"]);
    kitchen.build_env("CGO_ENABLED", if needs_c { "1" } else { "0" });
    kitchen.recipe.install = Some("go mod download".to_owned());
    let build = kitchen.recipe.build.take().unwrap_or_else(|| "go build -o bin/app .".to_owned());
    // Neither paths of the build machine nor symbols for debuggers are in the program.
    kitchen.recipe.build = Some(build.replace("go build ", "go build -trimpath -ldflags=\"-s -w\" "));
    kitchen.recipe.system = System::Distroless;
    program(kitchen);
    let mut command = subject.command();
    own_program(kitchen, &mut command);
    kitchen.run(&command, Asker::Copied);
}

pub(super) fn rust(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "rust";
    let lock = subject.any_text("Cargo.lock");
    let links = |name: &str| lock.as_deref().is_some_and(|text| text.contains(&format!("\"{name}\"")));
    // These want C libraries and pkg-config, which only the larger image has.
    let needs_c = ["openssl-sys", "pq-sys", "libmysqlclient-sys"].iter().any(|name| links(name));
    let variant = if needs_c { "bookworm" } else { "slim-bookworm" };
    kitchen.base("RUST", format!("rust:{}-{variant}", subject.version(3, "1.90")));
    let mut words = vec!["SIGTERM", "SignalKind::terminate", "signal_hook", "ctrlc::"];
    // Their servers ask for it themselves.
    words.extend(["actix_web::", "#[launch]", "rocket::"]);
    let stops = subject.mentions(&[".rs"], &words);
    if stops {
        kitchen.base("RUNTIME", "gcr.io/distroless/cc-debian12:nonroot");
        kitchen.recipe.system = System::Distroless;
    } else {
        kitchen.base("RUNTIME", "debian:bookworm-slim");
        kitchen.init();
    }
    if lock.is_none() {
        kitchen.lose(
            "package_manager",
            "no Cargo.lock is committed: each build may choose other versions",
            "commit the one that `cargo build` writes",
        );
    }
    kitchen.cache(&["/usr/local/cargo/registry", "/usr/local/cargo/git", "/app/target"]);
    let build = kitchen.recipe.build.take().unwrap_or_else(|| "cargo build --release".to_owned());
    let locked = lock.is_some() && !build.contains("--locked");
    kitchen.recipe.build =
        Some(if locked { build.replace("cargo build", "cargo build --locked") } else { build });
    program(kitchen);
    let mut command = subject.command();
    own_program(kitchen, &mut command);
    kitchen.run(&command, Asker::Copied);
}

/// The program that the build makes, and what lies beside it.
fn program(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    let command = subject.command();
    let built = command.words.first().filter(|word| word.contains('/')).map(String::as_str);
    let built = built.unwrap_or("bin/app");
    kitchen.recipe.artefacts = vec![within(&subject.workdir(), built)];
    for name in READ_AT_RUN {
        let folder =
            if subject.build.folder == "." { String::new() } else { format!("{}/", subject.build.folder) };
        let path = format!("{folder}{name}");
        let is_there = subject.context_paths().any(|known| {
            known == path || known.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/'))
        });
        if is_there {
            kitchen.recipe.sources.push(format!("{path} ./{name}"));
        }
    }
}

/// The program has a place of its own in the last stage.
fn own_program(kitchen: &mut Kitchen<'_, '_>, command: &mut super::command::Command) {
    let name = kitchen.recipe.artefacts[0].rsplit('/').next().unwrap_or("app").to_owned();
    if !command.is_shell
        && let Some(first) = command.words.first_mut()
    {
        *first = format!("/usr/local/bin/{name}");
    } else {
        command.words = vec![format!("/usr/local/bin/{name}")];
        command.is_shell = false;
    }
    kitchen.run_at_home();
}
