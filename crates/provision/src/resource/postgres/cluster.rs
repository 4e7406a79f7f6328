//! The data directory of PostgreSQL: made once per machine and version by `initdb`, then copied.
//!
//! Measured on two busy cores: `initdb` 0.7 s (6.7 s with syncing and other work beside it), the copy 0.07 s.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_model::Name;

use super::super::Context;
use super::super::binary::Binary;
use crate::Error;
use crate::record::{self, Access};
use crate::secret::random_hex;
use crate::task::{Program, Task};
use crate::toolchain::Machine;
use crate::user::{self, User};

/// The file with the password with which a new cluster lets its superuser in; it goes when the cluster is settled.
const BOOTSTRAP: &str = "bootstrap-password";

/// Changes when `initdb` is called in another way: templates of the old way are not used any more.
const LAYOUT: &str = "1";

/// The cluster is used by no server, or the error says by which. What a dead server left behind is cleared away.
pub(super) fn free(name: &Name, cluster: &Path) -> Result<(), Error> {
    let lock = cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&lock) else { return Ok(()) };
    let pid = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok());
    if let Some(pid) = pid.filter(|pid| serves(*pid, cluster)) {
        return Err(Error::DataInUse { name: name.clone(), dir: cluster.to_owned(), pid });
    }
    // The next server would refuse to start if another process had the number by now.
    fs::remove_file(&lock).map_err(Error::file("delete", &lock))
}

/// The process is a server on this cluster: PostgreSQL works in its data directory.
#[cfg(target_os = "linux")]
fn serves(pid: u32, cluster: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let works_in = fs::read_link(format!("/proc/{pid}/cwd")).ok();
    works_in.is_some_and(|dir| real(&dir) == real(cluster))
}

/// The process is there: more cannot be seen on this system.
#[cfg(not(target_os = "linux"))]
fn serves(pid: u32, _cluster: &Path) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Where the password is with which the cluster lets its superuser in, until it is settled for the first time.
pub(super) fn bootstrap(cluster: &Path) -> PathBuf {
    cluster.with_file_name(BOOTSTRAP)
}

/// Makes the cluster where there is none.
pub(super) async fn make(
    cluster: &Path,
    binary: &Binary,
    user: Option<&User>,
    context: Context<'_>,
) -> Result<(), Error> {
    if cluster.join("PG_VERSION").exists() {
        return Ok(());
    }
    // What was half made is not used.
    let draft = cluster.with_file_name("draft");
    clear(&draft)?;
    let password_file = bootstrap(cluster);
    let template = template(binary, context.machine);
    let copied = match &template {
        Some(template) => {
            let (from, to) = (template.join("cluster"), draft.clone());
            let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
            let password = fs::read(template.join(BOOTSTRAP)).ok();
            match (copied, password) {
                (Ok(Ok(())), Some(password)) => Some(password),
                _ => None,
            }
        }
        None => None,
    };
    if let Some(password) = copied {
        record::write(&password_file, &password, Access::Owner)?;
        if let Some(user) = user {
            user::give(&draft, user)?;
        }
    } else {
        clear(&draft)?;
        let password = random_hex(16)?;
        record::write(&password_file, password.as_bytes(), Access::Owner)?;
        initialise(&draft, &password_file, binary, user, context).await?;
        if let Some(template) = template {
            let (from, password) = (draft.clone(), password.clone());
            // Without a template the next cluster takes longer; that is all.
            let _ = tokio::task::spawn_blocking(move || keep(&from, &template, &password)).await;
        }
    }
    fs::rename(&draft, cluster).map_err(Error::file("create", cluster))
}

async fn initialise(
    dir: &Path,
    password_file: &Path,
    binary: &Binary,
    user: Option<&User>,
    context: Context<'_>,
) -> Result<(), Error> {
    if let Some(user) = user {
        user::give(password_file, user)?;
    }
    // UTF-8 with byte order and no language: the same everywhere. macOS knows it by another name.
    let locale = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };
    let mut argv = vec![binary.path.with_file_name("initdb").to_string_lossy().into_owned()];
    argv.extend(["-D".to_owned(), dir.to_string_lossy().into_owned()]);
    argv.extend(
        ["--no-sync", "--username=postgres", "--encoding=UTF8", "--auth=scram-sha-256"].map(str::to_owned),
    );
    argv.extend([format!("--locale={locale}"), format!("--pwfile={}", password_file.display())]);
    if binary.version.number(0) >= 11 {
        // 28 MB instead of 43, and quicker to copy.
        argv.push("--wal-segsize=1".to_owned());
    }
    let task = Task {
        name: format!("create a PostgreSQL {} cluster", binary.version),
        program: Program::Argv(argv),
        dir: dir.parent().unwrap_or(dir).to_owned(),
        env: BTreeMap::new(),
        bin_dirs: Vec::new(),
        user: user.cloned(),
    };
    context.tasks.run(&task, context.lines).await
}

/// Where the template of this PostgreSQL is kept: in the user's cache, shared by all repositories.
fn template(binary: &Binary, machine: &Machine) -> Option<PathBuf> {
    let program = binary.path.canonicalize().ok()?;
    let id = crate::install::digest(program.as_os_str().as_encoded_bytes());
    let name = format!("postgres-{}-{LAYOUT}-{}", binary.version, &id[..8]);
    Some(machine.cache.as_ref()?.join("seaworthy").join(name))
}

/// Keeps a new cluster as the template. Whoever comes first wins; a half-made one is never seen.
fn keep(cluster: &Path, template: &Path, password: &str) -> Result<(), Error> {
    let draft = template.with_extension(format!("draft-{}-{}", std::process::id(), random_hex(4)?));
    let kept = copy(cluster, &draft.join("cluster"))
        .and_then(|()| record::write(&draft.join(BOOTSTRAP), password.as_bytes(), Access::Owner))
        .and_then(|()| fs::rename(&draft, template).map_err(Error::file("create", template)));
    if kept.is_err() {
        let _ = fs::remove_dir_all(&draft);
    }
    kept
}

fn clear(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("delete", dir)(error)),
        _ => Ok(()),
    }
}

/// Copies a folder, open to its owner alone as PostgreSQL demands. The file system shares blocks where it can.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(to).map_err(Error::file("create the folder", to))?;
    for entry in fs::read_dir(from).map_err(Error::file("list", from))? {
        let entry = entry.map_err(Error::file("list", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(Error::file("copy", &source))?;
        }
    }
    Ok(())
}
