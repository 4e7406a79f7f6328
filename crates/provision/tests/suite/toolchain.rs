use std::collections::BTreeMap;

use seaworthy_model::Runtime;
use seaworthy_provision::toolchain::{Fit, Toolchains};

use super::support::{Worktree, name};

#[tokio::test]
async fn what_is_there_is_found_and_what_is_not_is_offered() {
    let mut worktree = Worktree::new();
    let bin = worktree.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink("/bin/true", bin.join("apt-get")).unwrap();
    worktree.machine.path.push(bin);
    let mut old = Runtime::new("node", Some("4".to_owned()));
    old.requirement = Some("^4".to_owned());
    let wants = BTreeMap::from([
        (name("any"), Runtime::new("node", None)),
        (name("other"), old),
        (name("python"), Runtime::new("python", Some("3".to_owned()))),
        (name("none"), Runtime::new("zola", None)),
        (name("exact"), Runtime::new("rust", Some("1.50".to_owned()))),
    ]);
    let mut toolchains = Toolchains::open(worktree.machine.clone(), &worktree.state);
    let found = toolchains.find(&wants).await;
    let any = found[&name("any")].as_ref().unwrap();
    assert!(any.program.is_file() && any.fit == Fit::Exact && any.warning().is_none());
    let other = found[&name("other")].as_ref().unwrap();
    let warning = other.warning().unwrap();
    assert!(
        warning.starts_with("node ^4 is asked for, node ")
            && warning.contains("apt-get install -y nodejs npm"),
        "{warning}"
    );
    assert_eq!(found[&name("python")].as_ref().unwrap().fit, Fit::Exact);
    assert_eq!(found[&name("exact")].as_ref().unwrap().fit, Fit::Exact, "a newer Rust runs older code");
    if let Err(missing) = &found[&name("none")] {
        assert!(missing.to_string().starts_with("zola is not on this machine; type `"), "{missing}");
    }

    // The second time nothing is asked.
    assert!(worktree.state.cache().join("toolchains.json").is_file());
    let again = Toolchains::open(worktree.machine.clone(), &worktree.state).find(&wants).await;
    assert_eq!(again, found);
}

#[cfg(unix)]
#[tokio::test]
async fn the_version_that_fits_goes_before_the_first_on_the_path() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut worktree = Worktree::new();
    let home = worktree.dir.path().join("home");
    let program = |path: &str, version: &str| {
        let path = home.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\necho v{version}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    program("bin/node", "22.1.0");
    program(".nvm/versions/node/v20.3.0/bin/node", "20.3.0");
    program(".nvm/versions/node/v20.9.0/bin/node", "20.9.0");
    program(".nvm/versions/node/v18.0.0/bin/node", "18.0.0");
    worktree.machine.home = Some(home.clone());
    worktree.machine.moved.clear();
    worktree.machine.brew = None;
    worktree.machine.path = vec![home.join("bin")];
    let wants: BTreeMap<_, _> = [("a", "20"), ("b", "22"), ("c", "19"), ("d", "23"), ("e", "20.3.0")]
        .map(|(service, version)| (name(service), Runtime::new("node", Some(version.to_owned()))))
        .into();
    let found = Toolchains::open(worktree.machine.clone(), &worktree.state).find(&wants).await;
    let chosen: Vec<_> = found
        .values()
        .map(|found| {
            let toolchain = found.as_ref().unwrap();
            format!("{} {} {:?}", toolchain.keeper, toolchain.version.as_ref().unwrap(), toolchain.fit)
        })
        .collect();
    assert_eq!(
        chosen,
        [
            "nvm 20.9.0 Exact",
            "PATH 22.1.0 Exact",
            "nvm 20.3.0 Other",
            "PATH 22.1.0 Other",
            "nvm 20.3.0 Exact"
        ]
    );
}
