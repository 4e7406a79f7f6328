//! MySQL and MariaDB: either runs what was written for the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seaworthy_model::ProbeAction;

use super::binary::{Binary, Search};
use super::{
    Context, Daemon, Kind, Prepared, Preparing, Request, Runs, Settle, StopSignal, place, signed_in,
};
use crate::Error;
use crate::address::Target;
use crate::record::{self, Access};
use crate::task::{Program, Task};
use crate::toolchain::Packages;
use crate::user::{self, User};

pub(super) struct Mysql;

const PLACES: &[&str] = &[
    "/usr/sbin",
    "/usr/libexec",
    "{brew}/opt/mysql/bin",
    "{brew}/opt/mysql@*/bin",
    "{brew}/opt/mariadb/bin",
];

const MYSQL: Search<'static> = Search {
    title: "MySQL",
    programs: &["mysqld", "mariadbd"],
    places: PLACES,
    packages: Packages {
        brew: Some("mysql"),
        apt: Some("default-mysql-server"),
        dnf: Some("mysql-server"),
        apk: Some("mariadb"),
        pacman: Some("mariadb"),
        winget: Some("Oracle.MySQL"),
    },
};

const MARIADB: Search<'static> = Search {
    title: "MariaDB",
    programs: &["mariadbd", "mysqld"],
    packages: Packages {
        brew: Some("mariadb"),
        apt: Some("mariadb-server"),
        dnf: Some("mariadb-server"),
        apk: Some("mariadb"),
        pacman: Some("mariadb"),
        winget: Some("MariaDB.Server"),
    },
    ..MYSQL
};

impl Kind for Mysql {
    fn types(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        Box::pin(prepare(request, context))
    }
}

async fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let search = if request.kind == "mariadb" { MARIADB } else { MYSQL };
    // Versions of the two have nothing to do with one another, and the wire is the same.
    let found = search.all(context).await;
    let binary = found.into_iter().next().ok_or_else(|| search.missing(request, context))?;
    let user = User::unprivileged(&["mysql"], context.state.worktree());
    let root = place::data(&request.name, "mysql", user.as_ref(), context.state)?;
    let dir = root.join("data");
    if !dir.join("mysql").exists() {
        initialise(&binary, &root, &dir, user.as_ref(), context).await?;
    }
    let script = root.join("init.sql");
    record::write(&script, statements(request).as_bytes(), Access::Owner)?;
    if let Some(user) = &user {
        user::give(&script, user)?;
    }
    let port = request.port.port;
    let target = Target {
        host: "127.0.0.1".to_owned(),
        port,
        username: Some(request.username.clone()),
        password: Some(request.password.clone()),
        database: Some(request.database.clone()),
    };
    // A socket's path has at most 107 bytes, which a path below a worktree may exceed.
    let socket = std::env::temp_dir().join(format!("sea-{}-{}.sock", context.state.id(), request.name));
    let argv = [
        binary.path.to_string_lossy().into_owned(),
        "--no-defaults".to_owned(),
        format!("--datadir={}", dir.display()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--socket={}", socket.display()),
        format!("--pid-file={}", root.join("pid").display()),
        format!("--init-file={}", script.display()),
        "--skip-name-resolve".to_owned(),
        "--character-set-server=utf8mb4".to_owned(),
        // Test data: speed goes before surviving a power cut.
        "--innodb-flush-log-at-trx-commit=0".to_owned(),
        "--innodb-doublewrite=0".to_owned(),
        "--skip-log-bin".to_owned(),
    ];
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: signed_in(&request.kind, "mysql", &target),
        target: Some(target),
        runs: Runs::Process(Box::new(Daemon {
            name: request.name.to_string(),
            argv: argv.into(),
            dir: root,
            env: BTreeMap::new(),
            user,
            // It listens before it runs the script that makes the account, and says when it has.
            ready: ProbeAction::Log("ready for connections".to_owned()),
            stop_signal: StopSignal::Terminate,
            stop_grace: Duration::from_secs(20),
        })),
        port: None,
        settle: Settle::Nothing,
        warnings: Vec::new(),
    })
}

async fn initialise(
    binary: &Binary,
    root: &Path,
    dir: &Path,
    user: Option<&User>,
    context: Context<'_>,
) -> Result<(), Error> {
    let datadir = format!("--datadir={}", dir.display());
    let installer = ["mariadb-install-db", "mysql_install_db"]
        .iter()
        .find_map(|name| context.machine.find(name))
        .filter(|_| is_mariadb(&binary.path));
    let argv = match installer {
        Some(installer) => vec![
            installer.to_string_lossy().into_owned(),
            "--no-defaults".to_owned(),
            datadir,
            "--skip-test-db".to_owned(),
            "--auth-root-authentication-method=normal".to_owned(),
        ],
        None => vec![
            binary.path.to_string_lossy().into_owned(),
            "--no-defaults".to_owned(),
            "--initialize-insecure".to_owned(),
            datadir,
        ],
    };
    let task = Task {
        name: "initialise the database".to_owned(),
        program: Program::Argv(argv),
        dir: root.to_owned(),
        env: BTreeMap::new(),
        bin_dirs: Vec::new(),
        user: user.cloned(),
    };
    context.tasks.run(&task, context.lines).await
}

fn is_mariadb(program: &Path) -> bool {
    let real: PathBuf = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    real.file_name().is_some_and(|name| name.to_string_lossy().contains("mariadb"))
}

/// Makes the app's database and account at every start; the server wants one statement a line.
fn statements(request: &Request) -> String {
    let (user, database) = (text(&request.username), request.database.replace('`', "``"));
    let password = text(&request.password);
    let account = format!("{user}@'%'");
    [
        format!("CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4;"),
        format!("CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {password};"),
        format!("ALTER USER {account} IDENTIFIED BY {password};"),
        format!("GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION;"),
        String::new(),
    ]
    .join("\n")
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}
