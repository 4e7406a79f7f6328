//! What a release changes, as it is told later; and a secret that changes makes a release.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::app::{BLUE_GREEN, config, with};
use crate::host::Host;
use crate::load::{Load, more};

/// A package of npm as a file of the repository, so that no registry is asked; and the files that name it.
fn rope(host: &Host, version: &str) -> [(&'static str, String); 2] {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("package")).unwrap();
    let manifest = format!("{{\"name\": \"rope\", \"version\": \"{version}\"}}");
    fs::write(folder.path().join("package/package.json"), manifest).unwrap();
    let to = host.repository.path().join(format!("rope-{version}.tgz"));
    let packed =
        Command::new("tar").arg("-czf").arg(&to).arg("-C").arg(folder.path()).arg("package").status();
    assert!(packed.unwrap().success());
    let needs = format!("\"dependencies\": {{\"rope\": \"file:rope-{version}.tgz\"}}");
    let package = format!("{{\"name\": \"shop\", \"version\": \"1.0.0\", {needs}}}");
    let lock = format!(
        "{{\"name\": \"shop\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"requires\": true, \"packages\": {{\"\": \
         {{\"name\": \"shop\", \"version\": \"1.0.0\", {needs}}}, \"node_modules/rope\": {{\"version\": \"{version}\", \
         \"resolved\": \"file:rope-{version}.tgz\"}}}}}}"
    );
    [("package.json", package), ("package-lock.json", lock)]
}

#[test]
fn show_tells_what_a_release_changes_when_the_repository_is_gone() {
    let host = Host::new(&config(BLUE_GREEN));
    let [package, lock] = rope(&host, "1.0.0");
    host.commit(&[(package.0, &package.1), (lock.0, &lock.1), (".gitignore", "node_modules\n")]);
    host.ship(&[]);
    let [package, lock] = rope(&host, "1.1.0");
    host.commit(&[(package.0, &package.1), (lock.0, &lock.1)]);
    host.commit(&[("word", "two")]);
    let more = with("env = { HARBOUR = \"north\" }", BLUE_GREEN);
    host.commit(&[("seaworthy.toml", &more), ("ask.js", "module.exports = () => 1;\n")]);
    let told = host.ship(&[]);
    let release = told["release"].as_str().unwrap();
    fs::remove_dir_all(host.repository.path().join(".git")).unwrap();
    let shown = host.sea(&["show", release]);
    for line in
        ["package.json (Ana", "word (Ana", "seaworthy.toml (Ana", "rope 1.0.0 -> 1.1.0", "web.HARBOUR, new"]
    {
        assert!(shown.out.contains(line), "{line}: {}", shown.out);
    }
    assert!(shown.out.contains("file-unreachable at ask.js:1, new"), "{}", shown.out);
    assert!(!shown.out.contains("north"), "{}", shown.out);
    let json: Value = serde_json::from_str(&host.sea(&["show", release, "--json"]).out).unwrap();
    let changes = &json["changes"];
    assert_eq!(changes["commits"].as_array().unwrap().len(), 3, "{changes}");
    assert_eq!(changes["dependencies"][0]["to"], "1.1.0", "{changes}");
    assert_eq!(changes["configuration"][0]["change"], "added", "{changes}");
    host.end();
}

/// Files that hold a text, below a folder.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                let bytes = fs::read(entry.path()).unwrap_or_default();
                if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                    found.push(entry.path().display().to_string());
                }
            }
        }
    }
    found
}

#[test]
fn a_secret_that_changed_is_a_release_of_the_same_artifact() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.env");
    fs::write(&file, "HARBOUR_TOKEN=deep-water-4711\n").unwrap();
    let place = format!("{BLUE_GREEN}\nsecrets = {{ file = \"{}\" }}", file.display());
    let host = Host::new(&with("env = { TOKEN = \"${secrets.HARBOUR_TOKEN}\" }", &place));
    let first = host.ship(&[]);
    let same = host.ship(&[]);
    assert_eq!((&same["outcome"], &same["release"]), (&"serves".into(), &first["release"]));
    let before = host.pids_of(first["release"].as_str().unwrap());

    fs::write(&file, "HARBOUR_TOKEN=shallow-water-4712\n").unwrap();
    let load = Load::start(host.port());
    more(&load, 50);
    let second = host.ship(&[]);
    more(&load, 50);
    let went = load.end();
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{}", host.log());
    assert_eq!(second["outcome"], "promoted", "{second}");
    assert_ne!(second["release"], first["release"]);
    let release = second["release"].as_str().unwrap();
    let after = host.pids_of(release);
    assert!(!after.is_empty() && after.iter().all(|pid| !before.contains(pid)), "{after:?}");
    let show = |release: &str| -> Value {
        serde_json::from_str(&host.sea(&["show", release, "--json"]).out).unwrap()
    };
    let (one, two) = (show(first["release"].as_str().unwrap()), show(release));
    assert_eq!(one["made"]["artifact"], two["made"]["artifact"]);
    assert_ne!(one["made"]["configuration"], two["made"]["configuration"]);
    let changed = &two["changes"]["configuration"];
    assert_eq!(changed[0]["key"], "secrets.HARBOUR_TOKEN", "{changed}");
    assert_eq!(changed[0]["change"], "changed", "{changed}");
    assert_eq!(two["changes"]["commits"].as_array().unwrap().len(), 0);
    for value in ["deep-water-4711", "shallow-water-4712"] {
        assert_eq!(holding(host.state(), value), Vec::<String>::new());
    }
    host.end();
}
