//! From a commit to an artifact: real repositories of git, real installs, real builds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy_artifact::Store;
use seaworthy_check::Catalogue;
use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_provision::state::State;
use seaworthy_release::pipeline::{Cancel, Options, Outcome, Pipeline, Stage, Workshop, derive, select};
use seaworthy_release::ship::{
    Checkout, Findings, Package, Parts, Provenance, ShipError, Wanted, package, sbom, secrets,
};

/// A service that is installed (a dependency out of the repository itself, so nothing is fetched) and built; the build
/// makes one folder that it is known for, and one program that it is not.
const SHOP: [(&str, &str); 7] = [
    (
        "seaworthy.toml",
        "name = \"shop\"\n\n[services.api]\npath = \".\"\nruntime = \"node@20\"\nstart = \"node server.js\"\nport = 3000\nreadiness = \"/readyz\"\ninstall = \"npm ci --offline --no-audit --no-fund\"\nbuild = \"sh build.sh\"\ntest = \"echo once > leftover.txt\"\n",
    ),
    (
        "package.json",
        "{\"name\": \"shop\", \"version\": \"1.0.0\", \"dependencies\": {\"greet\": \"file:./lib\"}}\n",
    ),
    (
        "package-lock.json",
        "{\"name\": \"shop\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"requires\": true, \"packages\": {\"\": {\"name\": \"shop\", \"version\": \"1.0.0\", \"dependencies\": {\"greet\": \"file:./lib\"}}, \"lib\": {\"name\": \"greet\", \"version\": \"1.0.0\"}, \"node_modules/greet\": {\"resolved\": \"lib\", \"link\": true}}}\n",
    ),
    ("lib/package.json", "{\"name\": \"greet\", \"version\": \"1.0.0\", \"main\": \"index.js\"}\n"),
    ("lib/index.js", "module.exports = 'hello'\n"),
    (
        "server.js",
        "console.log(require('greet'), require('fs').readFileSync(__dirname + '/dist/page', 'utf8').trim())\n",
    ),
    (
        "build.sh",
        "mkdir -p dist tools\ncp page.txt dist/page\npwd > dist/where\nprintf '#!/bin/sh\\necho tool\\n' > tools/run\nchmod +x tools/run\n",
    ),
];

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn commit(root: &Path, subject: &str) -> String {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", subject]);
    git(root, &["rev-parse", "HEAD"])
}

/// A repository with one commit.
fn shop(root: &Path) {
    fs::create_dir_all(root).unwrap();
    git(root, &["init", "--quiet", "--initial-branch=main"]);
    for (path, text) in SHOP {
        write(root, path, text);
    }
    write(root, "page.txt", "first\n");
    write(root, ".gitignore", "node_modules\ndist\n.env\n");
    commit(root, "The first page");
}

fn open(root: &Path, wanted: Wanted<'_>) -> Result<Checkout, ShipError> {
    Checkout::open(root, wanted, || panic!("nobody else is here"))
}

struct Shipped {
    package: Package,
    outcomes: BTreeMap<String, Outcome>,
    /// Rules of findings in what was built.
    secrets: Vec<String>,
}

/// What `sea ship` does before it hands an artifact to a host.
fn ship(root: &Path, wanted: Wanted<'_>, store: &Store) -> Shipped {
    let checkout = open(root, wanted).unwrap();
    let repository = Repository::open(checkout.root()).unwrap();
    let loaded = load_from(&repository, &Overrides::default());
    assert!(!loaded.has_errors(), "{:?} {:?}", loaded.diagnostics, loaded.problems);
    let state = State::open(checkout.root()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let workshop = runtime.block_on(Workshop::open(&loaded.app, &state));
    let steps =
        derive(&loaded.app, &workshop.workspaces, &|path| repository.text(path).map(|text| text.to_string()));
    let steps = steps.unwrap();
    let outputs: BTreeSet<String> =
        steps.iter().flat_map(|step| step.outputs.iter().map(|output| output.path.clone())).collect();
    checkout.clean(&outputs).unwrap();
    let chosen = select(&steps, &[], None).unwrap();
    let options = Options {
        jobs: 2,
        cache: true,
        trace: true,
        today: "2026-11-21".to_owned(),
        sea: PathBuf::from("/bin/true"),
        environment: std::env::vars().filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME")).collect(),
    };
    let mut pipeline = Pipeline::open(&repository, &state, &steps, options).unwrap();
    let report = pipeline.run(&chosen, &workshop, &Cancel::default(), &mut |_| {}).unwrap();
    assert!(report.ok, "{report:#?}");
    let provenance = Provenance {
        commit: checkout.commit().clone(),
        dirty: checkout.is_dirty(),
        steps: Provenance::steps(&chosen, &report),
        tests: None,
        findings: Some(Findings::default()),
        builder: "sea 0.1.0".to_owned(),
        // Of another moment each time, as it is.
        times: Some((format!("{:?}", std::time::Instant::now()), "later".to_owned())),
    };
    let projects = &loaded.manifests;
    let products = &report.products(&chosen);
    let parts = Parts {
        app: "shop",
        checkout: &checkout,
        repository: &repository,
        projects,
        products,
        provenance: &provenance,
    };
    let package = package(store, &parts).unwrap();
    let found = secrets(&loaded.app, &steps, &repository, &Catalogue::embedded());
    Shipped {
        package,
        outcomes: report.steps.iter().map(|step| (step.step.to_string(), step.outcome)).collect(),
        secrets: found.into_iter().map(|finding| format!("{} {}", finding.file, finding.rule)).collect(),
    }
}

fn store(place: &Path) -> Store {
    Store::open(&place.join("store")).unwrap()
}

#[test]
fn one_commit_is_one_artifact_wherever_and_whenever_it_is_built() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    let store = store(&root);
    let (here, there) = (root.join("here"), root.join("quite/elsewhere"));
    shop(&here);
    fs::create_dir(root.join("quite")).unwrap();
    git(&root, &["clone", "--quiet", here.to_str().unwrap(), there.to_str().unwrap()]);
    let first = ship(&here, Wanted::Revision("HEAD"), &store);
    let elsewhere = ship(&there, Wanted::Revision("main"), &store);
    assert_eq!(first.package.digest, elsewhere.package.digest);
    // Again, with results that are known: what the build made without declaring it is there all the same.
    let again = ship(&here, Wanted::Revision("HEAD"), &store);
    assert_eq!(again.outcomes["api:install"], Outcome::Hit);
    assert_eq!(again.outcomes["api:build"], Outcome::Hit);
    assert_eq!(again.package.digest, first.package.digest);
    let paths: Vec<&str> = again.package.manifest.entries().iter().map(|entry| entry.path.as_str()).collect();
    for path in ["dist/page", "tools/run", "node_modules/greet", "server.js", "package-lock.json"] {
        assert!(paths.contains(&path), "{path} is not in {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.starts_with(".git/") || path.contains("leftover")), "{paths:?}");
    // It runs from another folder, where the one it was built in is gone.
    let target = root.join("releases/r1");
    store.materialise(&again.package.manifest, &target).unwrap();
    git(&here, &["worktree", "remove", "--force", ".seaworthy/ship/checkout"]);
    let said = Command::new("node").arg("server.js").current_dir(&target).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&said.stdout),
        "hello first\n",
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    assert_eq!(fs::read_to_string(target.join("dist/where")).unwrap().trim(), target.to_str().unwrap());
    // Its provenance names it, the commit and the steps.
    let statement = store.document(&again.package.manifest.provenance()).unwrap();
    let statement: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    assert_eq!(statement["subject"][0]["digest"]["sha256"], first.package.digest.hex());
    let definition = &statement["predicate"]["buildDefinition"];
    assert_eq!(definition["externalParameters"]["commit"], git(&there, &["rev-parse", "HEAD"]));
    let steps = definition["internalParameters"]["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(names, ["api:install", "api:test", "check", "scan", "api:build"]);
    // Another commit is another artifact; an older one can be had again.
    write(&here, "page.txt", "second\n");
    commit(&here, "The second page");
    let second = ship(&here, Wanted::Revision("HEAD"), &store);
    assert_ne!(second.package.digest, first.package.digest);
    assert_eq!(ship(&here, Wanted::Revision("HEAD~1"), &store).package.digest, first.package.digest);
}

#[test]
fn changes_that_are_not_committed_are_shipped_when_asked_and_marked() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap().join("shop");
    let store = store(place.path());
    shop(&root);
    let head = git(&root, &["rev-parse", "HEAD"]);
    let clean = ship(&root, Wanted::WorkingTree, &store);
    assert!(!clean.package.manifest.is_dirty(), "nothing changed");
    write(&root, "page.txt", "changed\n");
    write(&root, "new.js", "new\n");
    write(&root, ".env", "SECRET=1\n");
    fs::remove_file(root.join("lib/index.js")).unwrap();
    let before = git(&root, &["status", "--porcelain"]);
    let dirty = ship(&root, Wanted::WorkingTree, &store);
    assert_eq!(git(&root, &["status", "--porcelain"]), before, "the repository's own index is as it was");
    let manifest = &dirty.package.manifest;
    assert!(manifest.is_dirty() && manifest.commit() == head);
    let has = |path: &str| manifest.entries().iter().any(|entry| entry.path.as_str() == path);
    assert!(has("new.js") && !has(".env") && !has("lib/index.js"));
    // Without being asked for, they are not in it.
    assert_eq!(ship(&root, Wanted::Revision("HEAD"), &store).package.digest, clean.package.digest);
}

#[test]
fn what_is_neither_tracked_nor_an_output_is_removed() {
    let place = tempfile::tempdir().unwrap();
    // An app in a folder of its repository, with names that are patterns elsewhere.
    let top = place.path().canonicalize().unwrap().join("mono repo");
    let root = top.join("apps/[shop]");
    fs::create_dir_all(&root).unwrap();
    git(&top, &["init", "--quiet"]);
    write(&top, "README.md", "mono\n");
    write(&root, "a.js", "a\n");
    commit(&top, "All");
    let checkout = open(&root, Wanted::Revision("HEAD")).unwrap();
    assert_eq!(checkout.commit().subject, "All");
    assert_eq!(checkout.commit().author, "Ana <ana@example.com>");
    let there = checkout.root().to_owned();
    assert!(there.ends_with(".seaworthy/ship/checkout/apps/[shop]") && there.join("a.js").is_file());
    for path in ["node_modules/x/y.js", "web/dist/page", "stray.js", "web/stray.js", ".cache/z"] {
        write(&there, path, "made");
    }
    write(&there, "a.js", "altered by a step\n");
    checkout.clean(&["node_modules".to_owned(), "web/dist".to_owned()].into()).unwrap();
    let is = |path: &str| there.join(path).exists();
    assert!(is("node_modules/x/y.js") && is("web/dist/page") && is("a.js"));
    assert!(!is("stray.js") && !is("web/stray.js") && !is(".cache"));
    write(&there, "stray.js", "made");
    drop(checkout);
    // As a killed process leaves it: locked, and half switched.
    let index = git(&there, &["rev-parse", "--path-format=absolute", "--git-path", "index.lock"]);
    fs::write(index, "").unwrap();
    let checkout = open(&root, Wanted::Revision("HEAD")).unwrap();
    assert!(!is("stray.js") && is("node_modules/x/y.js"), "the outputs of the last time stay");
    assert_eq!(fs::read_to_string(there.join("a.js")).unwrap(), "a\n");
    drop(checkout);
    fs::remove_dir_all(root.join(".seaworthy/ship/checkout")).unwrap();
    assert!(open(&root, Wanted::Revision("HEAD")).unwrap().root().join("a.js").is_file(), "it is made again");
}

#[test]
fn what_cannot_be_checked_out_is_told() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    let code = |wanted| open(&root, wanted).unwrap_err().code();
    assert_eq!(code(Wanted::Revision("HEAD")), "ship-no-repository");
    git(&root, &["init", "--quiet"]);
    assert_eq!(code(Wanted::Revision("HEAD")), "ship-no-commit");
    assert_eq!(code(Wanted::WorkingTree), "ship-no-commit");
    write(&root, "a.js", "a\n");
    commit(&root, "One");
    for unknown in ["nowhere", "--help", "HEAD~7", "HEAD:a.js"] {
        assert_eq!(code(Wanted::Revision(unknown)), "ship-unknown-revision", "{unknown}");
    }
    write(&root, ".gitattributes", "*.png filter=lfs diff=lfs merge=lfs -text\n");
    write(&root, "logo.png", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n");
    commit(&root, "Pointers");
    let error = open(&root, Wanted::Revision("HEAD")).unwrap_err();
    assert_eq!(error.code(), "ship-large-files");
    assert!(error.to_string().contains("1 files are pointers of git-lfs, logo.png among them"), "{error}");
    write(&root, ".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ./nowhere\n");
    git(&root, &["rm", "--quiet", "--cached", "logo.png"]);
    fs::remove_file(root.join("logo.png")).unwrap();
    git(
        &root,
        &["update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,x"],
    );
    git(&root, &["add", ".gitmodules"]);
    git(&root, &["commit", "--quiet", "--message", "A submodule that is nowhere"]);
    assert_eq!(open(&root, Wanted::Revision("HEAD")).unwrap_err().code(), "ship-submodule");
}

#[test]
fn a_shallow_clone_ships_what_it_has() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    shop(&root.join("full"));
    write(&root.join("full"), "page.txt", "second\n");
    commit(&root.join("full"), "Second");
    let url = format!("file://{}", root.join("full").display());
    git(&root, &["clone", "--quiet", "--depth=1", &url, "shallow"]);
    let shallow = root.join("shallow");
    let checkout = open(&shallow, Wanted::Revision("HEAD")).unwrap();
    assert_eq!(fs::read_to_string(checkout.root().join("page.txt")).unwrap(), "second\n");
    drop(checkout);
    let error = open(&shallow, Wanted::Revision("HEAD~1")).unwrap_err();
    assert_eq!(error.code(), "ship-unknown-revision");
    assert!(error.help().unwrap().contains("--unshallow"));
}

#[test]
fn a_secret_that_a_build_puts_into_its_output_is_found() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap().join("shop");
    shop(&root);
    // In two parts, so that no file of the repository holds it.
    write(
        &root,
        "build.sh",
        "mkdir -p dist\ncp page.txt dist/page\nprintf 'key=AKIA%s\\n' 'Q3EGRZ7NTPLW5XVB' > dist/bundle.js\n",
    );
    commit(&root, "A build that embeds a key");
    let shipped = ship(&root, Wanted::Revision("HEAD"), &store(place.path()));
    assert_eq!(shipped.secrets, ["dist/bundle.js cloud-key"]);
}

#[test]
fn a_list_of_components_is_valid() {
    let lock = "{\"name\": \"shop\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"a\": \"^1\", \"@s/b\": \"1\"}}, \"node_modules/a\": {\"version\": \"1.0.0\", \"dependencies\": {\"@s/b\": \"1\"}}, \"node_modules/@s/b\": {\"version\": \"1.2.0\", \"dev\": true}}}";
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    write(root, "package.json", "{\"name\": \"shop\", \"dependencies\": {\"a\": \"^1\", \"@s/b\": \"1\"}}");
    write(root, "package-lock.json", lock);
    write(root, "worker/requirements.txt", "Flask==3.0.0\nrequests==2.31.0\n");
    let repository = Repository::open(root).unwrap();
    let loaded = load_from(&repository, &Overrides::default());
    let locked = seaworthy_check::lockfile::read_all(&repository, &loaded.manifests);
    let bom = sbom("shop", "3f9a2c1", &locked);
    let urls: Vec<&str> = bom["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["purl"].as_str().unwrap())
        .collect();
    assert_eq!(
        urls,
        ["pkg:npm/%40s/b@1.2.0", "pkg:npm/a@1.0.0", "pkg:pypi/flask@3.0.0", "pkg:pypi/requests@2.31.0"]
    );
    assert_eq!(bom["components"][0]["scope"], "excluded");
    assert_eq!(bom["dependencies"][2]["dependsOn"], serde_json::json!(["pkg:npm/%40s/b@1.2.0"]));
    let file = root.join("bom.json");
    fs::write(&file, bom.to_string()).unwrap();
    let validate = "import sys\nfrom cyclonedx.schema import SchemaVersion\nfrom cyclonedx.validation.json import JsonStrictValidator\nerror = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())\nprint(error or 'valid')\n";
    let python = validators().join("python/bin/python");
    let said = Command::new(&python).args(["-c", validate]).arg(&file).output();
    let said =
        said.unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask validators`", python.display()));
    let text = String::from_utf8_lossy(&said.stdout);
    assert_eq!(text.trim(), "valid", "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(sbom("shop", "3f9a2c1", &locked).to_string(), bom.to_string());
}

/// Where `cargo xtask validators` installs them.
fn validators() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors()
        .find(|path| path.ends_with("debug") || path.ends_with("release"))
        .unwrap()
        .with_file_name("validators")
}

#[test]
fn every_stage_has_its_place() {
    let order: Vec<&str> = Stage::ALL.iter().map(|stage| stage.as_str()).collect();
    assert_eq!(order, ["install", "lint", "test", "check", "scan", "build"]);
}
