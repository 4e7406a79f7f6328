//! What npm and pip really install, packaged in one folder and run in another.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{Place, files, pack};

fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_remove("VIRTUAL_ENV")
        .env_remove("PYTHONPATH")
        .output()
        .unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// Makes a wheel with a command and without dependencies, so that nothing has to be built or fetched.
const WHEEL: &str = r#"
import zipfile
files = {
    'greet/__init__.py': 'def main():\n    import sys\n    print("hello from", sys.prefix)\n',
    'greet-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n',
    'greet-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    'greet-1.0.dist-info/entry_points.txt': '[console_scripts]\ngreet = greet:main\n',
}
record = ''.join(name + ',,\n' for name in files) + 'greet-1.0.dist-info/RECORD,,\n'
with zipfile.ZipFile('greet-1.0-py3-none-any.whl', 'w') as wheel:
    for name, text in {**files, 'greet-1.0.dist-info/RECORD': record}.items():
        wheel.writestr(zipfile.ZipInfo(name), text)
"#;

#[test]
fn a_virtual_environment_runs_elsewhere() {
    let place = Place::new();
    let mut digests = Vec::new();
    for at in ["first/place/to/build", "second/place"] {
        let root = place.tree(at, &[]);
        run("python3", &["-c", WHEEL], &root);
        run("python3", &["-m", "venv", ".venv"], &root);
        let pip = ["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"];
        let wheel = ["./greet-1.0-py3-none-any.whl"];
        run(root.join(".venv/bin/python").to_str().unwrap(), &[&pip[..], &wheel].concat(), &root);
        fs::remove_file(root.join(wheel[0])).unwrap();
        let (manifest, packed) = pack(&place.store, &root).unwrap();
        assert_eq!(packed.warnings, []);
        digests.push(manifest.digest());
        let target = place.path(&format!("releases/of/{}", digests.len()));
        let done = place.store.materialise(&manifest, &target).unwrap();
        assert_eq!(done.dangling, []);
        fs::remove_dir_all(&root).unwrap();
        let said = run(target.join(".venv/bin/greet").to_str().unwrap(), &[], &target);
        assert_eq!(said.trim(), format!("hello from {}/.venv", target.display()));
        for file in files(&target) {
            let content = fs::read(&file).unwrap();
            let origin = root.to_str().unwrap().as_bytes();
            let names_it = content.windows(origin.len()).any(|window| window == origin);
            assert!(!names_it, "{} names the folder it came from", file.display());
        }
    }
    assert_eq!(digests[0], digests[1], "it was built in two folders, and is the same artifact");
}

#[test]
fn a_project_of_npm_runs_elsewhere() {
    let place = Place::new();
    let mut digests = Vec::new();
    for at in ["first/place/to/build", "second/place"] {
        let root = place.tree(
            at,
            &[
                ("package.json", "{\"name\": \"shop\", \"version\": \"1.0.0\", \"dependencies\": {\"greet\": \"file:./lib\"}}\n"),
                ("lib/package.json", "{\"name\": \"greet\", \"version\": \"1.0.0\", \"bin\": {\"greet\": \"cli.js\"}, \"main\": \"cli.js\"}\n"),
                ("lib/cli.js", "#!/usr/bin/env node\nconsole.log('hello from', __dirname)\n"),
                ("server.js", "require('greet')\n"),
            ],
        );
        run("npm", &["install", "--no-audit", "--no-fund", "--offline", "--loglevel=error"], &root);
        let (manifest, packed) = pack(&place.store, &root).unwrap();
        assert_eq!(packed.warnings, []);
        digests.push(manifest.digest());
        let target = place.path(&format!("releases/of/{}", digests.len()));
        place.store.materialise(&manifest, &target).unwrap();
        fs::remove_dir_all(&root).unwrap();
        for said in [
            run("node", &["server.js"], &target),
            run(target.join("node_modules/.bin/greet").to_str().unwrap(), &[], &target),
        ] {
            assert_eq!(said.trim(), format!("hello from {}/lib", target.display()));
        }
    }
    assert_eq!(digests[0], digests[1]);
}
