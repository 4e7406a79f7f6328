//! Units and the install script, judged by systemd's own tools and by `ShellCheck`, and the script really run.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_generate::{Output, Target, find};

use crate::apps::{self, Sample};
use crate::validators;

fn target() -> &'static Target {
    find("systemd").unwrap()
}

/// systemd's tool, which does not need a running systemd; where it is not installed, that is said.
fn analyze(test: &str) -> Option<Command> {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("NOT TRIED: {test}: there is no systemd-analyze on this machine");
        return None;
    }
    let mut command = Command::new("systemd-analyze");
    command.env("LC_ALL", "C.UTF-8");
    Some(command)
}

/// Writes the units of an app as systemd would find them: templates with an instance each.
fn units(dir: &Path, output: &Output) -> Vec<PathBuf> {
    std::fs::create_dir_all(dir).unwrap();
    let mut units = Vec::new();
    for file in &output.files {
        let Some(name) = file.path.strip_prefix("deploy/systemd/") else { continue };
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !["service", "timer", "target"].contains(&ending) {
            continue;
        }
        std::fs::write(dir.join(name), &file.text).unwrap();
        units.push(dir.join(name.replace("@.service", "@1.service")));
    }
    units
}

#[test]
fn systemd_accepts_every_unit() {
    let Some(mut command) = analyze("systemd-analyze verify") else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut count = 0;
    command.args(["verify", "--man=no", "--recursive-errors=no"]);
    for sample in apps::all() {
        let units = units(&dir.path().join(&sample.name), &sample.generate(&[target()]));
        count += units.len();
        command.args(units);
    }
    assert!(count > 250, "{count} units");
    let (content, said) = validators::run(&mut command);
    let about_us: Vec<_> =
        said.lines().filter(|line| line.contains(&*dir.path().to_string_lossy())).collect();
    assert!(content && about_us.is_empty(), "{said}");
}

#[test]
fn services_may_do_little() {
    let Some(mut command) = analyze("systemd-analyze security") else { return };
    let dir = tempfile::tempdir().unwrap();
    command.args(["security", "--offline=true", "--no-pager", "--threshold=20"]);
    for name in ["shop", "stores"] {
        for unit in units(dir.path(), &apps::own(name).generate(&[target()])) {
            let Some(file) = unit.file_name().and_then(|name| name.to_str()) else { continue };
            let ending = Path::new(file).extension();
            if ending.is_some_and(|ending| ending == "service") {
                // It reads templates only under the name of an instance.
                if file.contains('@') {
                    std::fs::copy(dir.path().join(file.replace("@1", "@")), dir.path().join(file)).unwrap();
                }
                command.arg(dir.path().join(file));
            }
        }
    }
    let (content, said) = validators::run(&mut command);
    assert!(content, "a unit is exposed by more than 2.0 of 10:\n{said}");
}

#[test]
fn timers_run_when_the_model_says() {
    let Some(mut command) = analyze("systemd-analyze calendar") else { return };
    let output = apps::own("stores").generate(&[target()]);
    let timer = output.files.iter().find(|file| file.path.ends_with("report.timer")).unwrap();
    let times: Vec<_> = timer.text.lines().filter_map(|line| line.strip_prefix("OnCalendar=")).collect();
    // Cron runs it on the first of the month, and on every working day.
    assert_eq!(times, ["*-*-01 04:30:00 UTC", "Mon..Fri *-*-* 04:30:00 UTC"]);
    let (content, said) = validators::run(command.arg("calendar").args(times));
    assert!(content, "{said}");
}

#[test]
fn shellcheck_finds_nothing_in_the_script() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(validators::tool("shellcheck"));
    command.arg("--norc");
    let mut count = 0;
    // Scripts differ in few places; ShellCheck takes most of a second for each.
    let own = [apps::own("shop"), apps::own("stores"), apps::example("artist-dashboard")];
    for sample in apps::all().into_iter().step_by(12).chain(own) {
        let home = validators::write(dir.path(), &sample, &sample.generate(&[target()]));
        let script = home.join("deploy/systemd/install.sh");
        if script.exists() {
            command.arg(script);
            count += 1;
        }
    }
    assert!(count > 10, "{count} scripts");
    let (content, said) = validators::run(&mut command);
    assert!(content, "{said}");
}

/// Copies the shop with its derived files, as a checkout has them.
fn checkout(dir: &Path) -> Sample {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/shop");
    let (content, said) = validators::run(Command::new("cp").arg("-R").arg(&shop).arg(dir));
    assert!(content, "{said}");
    let sample = apps::own("shop");
    let home = validators::write(dir, &sample, &sample.generate(&[target()]));
    let script = home.join("deploy/systemd/install.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    sample
}

fn install(dir: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new("sh");
    command.arg(dir.join("shop/deploy/systemd/install.sh")).args(arguments);
    validators::run(command.env("DESTDIR", dir.join("root")))
}

/// Every file and link below a folder with its mode, and what it holds.
fn tree(dir: &Path) -> BTreeMap<String, String> {
    let (content, said) = validators::run(
        Command::new("sh")
            .current_dir(dir)
            .args(["-c", "find . -printf '%p %M %l\\n' -type f -exec cksum {} \\;"]),
    );
    assert!(content, "{said}");
    said.lines().map(|line| (line.to_owned(), String::new())).collect()
}

#[test]
fn the_script_installs_and_may_be_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    checkout(dir);
    let root = dir.join("root");
    assert!(!install(dir, &["moon", "r1"]).0, "there is no such environment");
    assert!(!install(dir, &["production", "../r1"]).0, "that is no name of a release");

    let (content, said) = install(dir, &["production", "r1"]);
    assert!(!content, "it cannot run without its secrets");
    assert!(said.contains("DB_PASSWORD in /etc/shop/api.secrets.env"), "{said}");
    assert!(!root.join("opt/shop/current").exists(), "what is not complete takes over nothing");
    let secrets = root.join("etc/shop/api.secrets.env");
    assert_eq!(std::fs::metadata(&secrets).unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::write(root.join("etc/shop/mailer.secrets.env"), "SENDER=shop@example.org\n").unwrap();
    std::fs::write(&secrets, "DB_PASSWORD=one\nSTRIPE_KEY=two\n").unwrap();
    let (content, said) = install(dir, &["production", "r1"]);
    assert!(content, "{said}");
    assert_eq!(std::fs::read_link(root.join("opt/shop/current")).unwrap(), Path::new("releases/r1"));
    assert!(root.join("opt/shop/current/api/server.js").exists());
    assert!(root.join("etc/systemd/system/shop-api@.service").exists());
    let first = tree(&root);

    let (content, said) = install(dir, &["production", "r1"]);
    assert!(content, "{said}");
    assert_eq!(tree(&root), first, "a second run changes nothing");
    assert_eq!(std::fs::read_to_string(&secrets).unwrap(), "DB_PASSWORD=one\nSTRIPE_KEY=two\n");

    for release in ["r2", "r3", "r4", "r5"] {
        let (content, said) = install(dir, &["production", release]);
        assert!(content, "{said}");
    }
    assert_eq!(std::fs::read_link(root.join("opt/shop/current")).unwrap(), Path::new("releases/r5"));
    assert!(!root.join("opt/shop/releases/r1").exists(), "old releases go");
    let (content, said) = install(dir, &["production", "r4"]);
    assert!(content, "{said}");
    assert_eq!(
        std::fs::read_link(root.join("opt/shop/current")).unwrap(),
        Path::new("releases/r4"),
        "back again"
    );
}

#[test]
fn commands_and_values_reach_the_program_as_the_model_has_them() {
    let output = apps::own("stores").generate(&[target()]);
    let unit = output.files.iter().find(|file| file.path.ends_with("stores-site.service")).unwrap();
    let line = |start: &str| unit.text.lines().find(|line| line.starts_with(start)).unwrap();
    // systemd takes %% for %, and $ for itself in an environment.
    assert_eq!(
        line("Environment=\"GREETING"),
        "Environment=\"GREETING=it's \\\"50%%\\\" off $HOME ${x} %%{y} `now`\""
    );
    // It expands $NAME in commands; $$ leaves it to the shell.
    assert!(line("ExecStart=").contains("password=$${LEDGER_PASSWORD}"), "{}", line("ExecStart="));
    let job = output.files.iter().find(|file| file.path.ends_with("report.service")).unwrap();
    assert!(job.text.contains("gzip > \\\"$$HOME/report.gz\\\""), "{}", job.text);
}

#[test]
fn no_secret_is_in_any_file() {
    for name in ["shop", "stores"] {
        for file in apps::own(name).generate(&[target()]).files {
            assert!(!file.path.ends_with(".secrets.env"), "{}", file.path);
            for line in
                file.text.lines().filter(|line| line.contains("PASSWORD") || line.contains("STRIPE_KEY"))
            {
                let refers = line.contains("$${") || line.starts_with("secrets ");
                assert!(refers, "{}: {line}", file.path);
            }
        }
    }
}

#[test]
fn what_a_host_cannot_express_is_told() {
    for name in ["shop", "stores"] {
        let output = apps::own(name).generate(&[target()]);
        let losses: Vec<_> = output
            .losses
            .iter()
            .map(|loss| format!("{}: {} => {}\n", loss.subject, loss.lost, loss.instead))
            .collect();
        insta::assert_snapshot!(format!("losses-{name}-systemd"), losses.concat());
    }
}

#[test]
fn files_are_what_an_expert_would_write() {
    for sample in [apps::own("shop"), apps::example("artist-dashboard")] {
        let output = sample.generate(&[target()]);
        let files: Vec<_> =
            output.files.iter().map(|file| format!("==> {}\n{}\n", file.path, file.text)).collect();
        insta::assert_snapshot!(format!("{}-systemd", sample.name), files.concat());
    }
}
