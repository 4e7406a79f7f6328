use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use seaworthy_model::Runtime;
use seaworthy_provision::install::{self, InstallStep, Reason, Wanted};
use seaworthy_provision::task::{LocalTasks, Program, Task, Tasks as _};
use seaworthy_provision::toolchain::{Toolchain, Toolchains};

use super::support::{Worktree, keep, name};

async fn toolchain(worktree: &Worktree, runtime: &str) -> Toolchain {
    let wants = BTreeMap::from([(name("x"), Runtime::new(runtime, None))]);
    let mut found = Toolchains::open(worktree.machine.clone(), &worktree.state).find(&wants).await;
    found.remove(&name("x")).unwrap().unwrap()
}

fn plan(
    worktree: &Worktree,
    manager: &str,
    command: &str,
    paths: &[&str],
    toolchain: &Toolchain,
) -> Vec<InstallStep> {
    let services: Vec<_> =
        paths.iter().enumerate().map(|(index, path)| (name(&format!("s{index}")), *path)).collect();
    let wanted: Vec<_> = services
        .iter()
        .map(|(service, path)| Wanted {
            service,
            dir: worktree.state.folder(path),
            manager,
            command,
            toolchain: Some(toolchain),
            tool_dir: None,
        })
        .collect();
    install::plan(&wanted, &worktree.state)
}

#[tokio::test]
async fn npm_installs_once_for_a_workspace_and_again_when_something_changed() {
    let worktree = Worktree::new();
    let write = |path: &str, text: &str| {
        let path = worktree.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("package.json", r#"{"private": true, "workspaces": ["apps/*", "libs/*"]}"#);
    write("apps/web/package.json", r#"{"name": "web", "version": "1.0.0", "dependencies": {"lib": "*"}}"#);
    write("apps/api/package.json", r#"{"name": "api", "version": "1.0.0"}"#);
    write("libs/lib/package.json", r#"{"name": "lib", "version": "1.0.0", "bin": {"lib-says": "says.js"}}"#);
    write("libs/lib/says.js", "#!/usr/bin/env node\nconsole.log('hello from lib');\n");
    let node = toolchain(&worktree, "node").await;
    let plan = || plan(&worktree, "npm", "npm install", &["apps/api", "apps/web"], &node);
    let steps = plan();
    assert_eq!(steps.len(), 1, "both services share the workspace");
    assert_eq!((steps[0].services.len(), &steps[0].reason), (2, &Some(Reason::First)));
    install::run(&steps[0], "npm", &LocalTasks, &|_| {}).await.unwrap();
    assert!(worktree.dir.path().join("package-lock.json").is_file());
    assert_eq!(plan()[0].reason, None, "the lockfile that it wrote is no reason to install again");

    // Programs of the workspace are found from a service's folder.
    let web = worktree.state.folder("apps/web");
    let lines = Mutex::new(Vec::new());
    let task = Task {
        name: "try".to_owned(),
        program: Program::Shell("lib-says".to_owned()),
        bin_dirs: steps[0].bin_dirs(&web),
        dir: web,
        env: BTreeMap::new(),
        user: None,
    };
    LocalTasks.run(&task, &keep(&lines)).await.unwrap();
    assert_eq!(*lines.lock().unwrap(), ["hello from lib"]);

    write("apps/api/package.json", r#"{"name": "api", "version": "1.0.1"}"#);
    assert_eq!(plan()[0].reason, Some(Reason::File("apps/api/package.json".to_owned())));
    write("apps/api/package.json", r#"{"name": "api", "version": "1.0.0"}"#);
    fs::remove_dir_all(worktree.dir.path().join("node_modules")).unwrap();
    assert_eq!(plan()[0].reason, Some(Reason::Gone("node_modules".to_owned())));
}

#[tokio::test]
async fn pip_installs_into_an_environment_of_the_folder() {
    let worktree = Worktree::new();
    let service = worktree.dir.path().join("api");
    fs::create_dir_all(service.join("local/pkg")).unwrap();
    // A package of the repository: nothing has to be fetched.
    fs::write(service.join("local/pkg/__init__.py"), "word = 'from the environment'\n").unwrap();
    fs::write(service.join("requirements.txt"), "").unwrap();
    let python = toolchain(&worktree, "python").await;
    let command = "pip install --no-index -r requirements.txt && python -c 'import sys; print(sys.prefix)'";
    let steps = plan(&worktree, "pip", command, &["api"], &python);
    let environment = steps[0].python.clone().unwrap();
    assert!(environment.create.is_some());
    let lines = Mutex::new(Vec::new());
    install::run(&steps[0], "pip", &LocalTasks, &keep(&lines)).await.unwrap();
    let prefix = service.join(".venv").canonicalize().unwrap();
    assert_eq!(lines.lock().unwrap().last().unwrap(), prefix.to_str().unwrap());
    assert_eq!(fs::read_to_string(prefix.join(".gitignore")).unwrap(), "*\n");

    let again = plan(&worktree, "pip", command, &["api"], &python);
    assert_eq!(again[0].reason, None);
    assert_eq!(again[0].python.as_ref().unwrap().create, None);
    fs::write(service.join("requirements.txt"), "# changed\n").unwrap();
    assert_eq!(
        plan(&worktree, "pip", command, &["api"], &python)[0].reason,
        Some(Reason::File("requirements.txt".to_owned()))
    );
    fs::remove_dir_all(&prefix).unwrap();
    assert!(plan(&worktree, "pip", command, &["api"], &python)[0].python.as_ref().unwrap().create.is_some());
}

#[tokio::test]
async fn a_failed_install_shows_the_tools_own_output_and_is_not_remembered() {
    let worktree = Worktree::new();
    fs::write(worktree.dir.path().join("package.json"), "{ broken").unwrap();
    let node = toolchain(&worktree, "node").await;
    let steps = plan(&worktree, "npm", "npm install", &["."], &node);
    let error = install::run(&steps[0], "npm", &LocalTasks, &|_| {}).await.unwrap_err();
    assert!(error.to_string().contains("EJSONPARSE"), "{error}");
    assert!(error.help().unwrap().contains("&& npm install"));
    assert_eq!(plan(&worktree, "npm", "npm install", &["."], &node)[0].reason, Some(Reason::First));
}
