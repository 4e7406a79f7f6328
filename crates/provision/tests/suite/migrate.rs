use std::fs;
use std::path::Path;

use seaworthy_model::{Job, JobTrigger, Layer, Origin};
use seaworthy_provision::migrate::{self, Action, Database, SqlFiles};
use seaworthy_provision::task::LocalTasks;
use seaworthy_provision::{Error, resource};

use super::support::{Server, Worktree, app, name};

/// What is planned, and what came of running it.
async fn run(
    database: &mut Database<'_>,
    root: &Path,
    files: [Option<&str>; 3],
) -> Result<Vec<String>, Error> {
    let [schema, migrations, seed] = files;
    let files = SqlFiles::read(root, schema, migrations, seed)?;
    let mut said = Vec::new();
    for step in database.plan(&files).await? {
        said.push(match &step.action {
            Action::Run(reason) => format!("{}: {reason}", step.file.path),
            Action::Refuse(reason) => format!("refused: {reason}"),
        });
        database.run(&step, &LocalTasks, &|_| {}).await?;
    }
    Ok(said)
}

#[tokio::test]
async fn files_run_once_and_again_only_where_that_loses_nothing() {
    let worktree = Worktree::new();
    let app = app("postgres", None);
    let mut prepared = worktree.prepare(&app).await.unwrap();
    let server = Server::start(&mut prepared).await;
    prepared.settle().await.unwrap();
    let root = worktree.dir.path();
    let (db, target) = (name("db"), prepared.target.clone().unwrap());
    let psql = migrate::psql(&worktree.machine);
    let mut database = Database::open(&db, &target, root, psql).await.unwrap();
    fs::create_dir(root.join("migrations")).unwrap();
    let write = |path: &str, text: &str| fs::write(root.join(path), text).unwrap();

    let schema = [Some("schema.sql"), None, None];
    write("schema.sql", "CREATE TABLE artists (id int PRIMARY KEY);\n");
    assert_eq!(run(&mut database, root, schema).await.unwrap(), ["schema.sql: the database is empty"]);
    assert_eq!(run(&mut database, root, schema).await.unwrap(), [""; 0]);
    write("schema.sql", "-- more\nCREATE TABLE artists (id int PRIMARY KEY, name text);\n");
    let refused = run(&mut database, root, schema).await.unwrap();
    assert!(
        refused[0]
            .starts_with("refused: schema.sql changed, the database has tables, and schema.sql:2 cannot"),
        "{refused:?}"
    );
    write("schema.sql", "ALTER TABLE artists ADD COLUMN IF NOT EXISTS name text;\n");
    assert_eq!(
        run(&mut database, root, schema).await.unwrap(),
        ["schema.sql: it changed, and may run again"]
    );

    let migrations = [None, Some("migrations"), None];
    write("migrations/10_b.sql", "INSERT INTO albums VALUES (1);\n");
    write("migrations/2_a.sql", "CREATE TABLE albums (id int PRIMARY KEY);\n");
    let both = ["migrations/2_a.sql: it never ran here", "migrations/10_b.sql: it never ran here"];
    assert_eq!(run(&mut database, root, migrations).await.unwrap(), both);
    assert_eq!(run(&mut database, root, migrations).await.unwrap(), [""; 0]);
    write("migrations/2_a.sql", "CREATE TABLE albums (id bigint);\n");
    assert!(
        run(&mut database, root, migrations).await.unwrap()[0]
            .starts_with("refused: migrations/2_a.sql was edited")
    );

    // An error names the line, whether the server gives a position or not, and leaves nothing half done.
    write("migrations/11_c.sql", "CREATE TABLE half ();\n\nSELECT nonsense;\n");
    let error = run(&mut database, root, migrations).await.unwrap_err();
    assert_eq!(error.to_string(), "migrations/11_c.sql:3: column \"nonsense\" does not exist");
    write("migrations/11_c.sql", "CREATE TABLE half ();\nSELECT 1;\n  INSERT INTO albums\n  VALUES (1);\n");
    let error = run(&mut database, root, migrations).await.unwrap_err();
    assert!(error.to_string().starts_with("migrations/11_c.sql:3: duplicate key value"), "{error}");
    write("migrations/11_c.sql", "CREATE TABLE half ();\n");
    let last = run(&mut database, root, migrations).await.unwrap();
    assert_eq!(last.last().unwrap(), "migrations/11_c.sql: it never ran here");

    // What no transaction may hold runs on its own.
    write("migrations/12_d.sql", "CREATE INDEX CONCURRENTLY a ON albums (id);\nSELECT 1;\n");
    let last = run(&mut database, root, migrations).await.unwrap();
    assert_eq!(last.last().unwrap(), "migrations/12_d.sql: it never ran here");

    let seed = [None, None, Some("seed.sql")];
    write("seed.sql", "INSERT INTO artists (id) VALUES (1);\n");
    assert_eq!(run(&mut database, root, seed).await.unwrap(), ["seed.sql: it never ran here"]);
    assert_eq!(run(&mut database, root, seed).await.unwrap(), [""; 0]);
    // As pg_dump writes it, which only psql reads.
    write("seed.sql", "\\set x 1\nCOPY artists (id, name) FROM stdin;\n2\ttwo\n\\.\n");
    assert_eq!(run(&mut database, root, seed).await.unwrap(), ["seed.sql: it changed"]);
    let mut without = Database::open(&db, &target, root, None).await.unwrap();
    write("seed.sql", "-- x\n\\set x 1\n");
    let error = run(&mut without, root, seed).await.unwrap_err();
    assert_eq!(error.to_string(), "seed.sql:2: `\\set` needs `psql`, and none was found");
    drop((database, without));
    server.stop().await;
}

#[test]
fn jobs_run_once_for_their_data_and_again_when_what_they_run_changed() {
    let worktree = Worktree::new();
    let root = worktree.dir.path();
    let mut app = app("postgres", None);
    let job = |run: &str, on| {
        let mut job = Job::default();
        job.run.propose(run.to_owned(), Origin::detected("test"));
        job.on.propose(on, Origin::detected("test"));
        job
    };
    app.jobs.insert(name("migrate"), job("npx prisma migrate deploy", JobTrigger::Release));
    app.jobs.insert(name("seed"), job("node seed.js", JobTrigger::Manual));
    app.jobs.insert(name("report"), job("node report.js", JobTrigger::Manual));
    fs::create_dir_all(root.join("prisma/migrations/1")).unwrap();
    fs::write(root.join("prisma/migrations/1/migration.sql"), "SELECT 1").unwrap();
    let plan = |app: &_| {
        let steps = migrate::plan_jobs(app, &worktree.state).unwrap();
        let said: Vec<_> = steps.iter().map(|step| format!("{}: {}", step.name, step.reason)).collect();
        for step in &steps {
            migrate::done(step, &worktree.state).unwrap();
        }
        said
    };
    assert_eq!(plan(&app), ["migrate: it never ran here", "seed: it never ran here"]);
    assert_eq!(plan(&app), [""; 0]);
    fs::write(root.join("prisma/migrations/1/migration.sql"), "SELECT 2").unwrap();
    assert_eq!(plan(&app), ["migrate: it changed"]);
    resource::forget(&name("db"), &worktree.state).unwrap();
    assert_eq!(plan(&app), ["migrate: the data is new", "seed: the data is new"]);
    fs::remove_dir_all(root.join("prisma")).unwrap();
    assert_eq!(plan(&app), ["migrate: it changed"]);
    assert_eq!(plan(&app), ["migrate: what it runs is not known"]);
}

#[test]
fn a_folder_that_a_tool_owns_is_left_to_it() {
    let worktree = Worktree::new();
    let root = worktree.dir.path();
    fs::create_dir(root.join("db")).unwrap();
    fs::write(root.join("db/1.sql"), "SELECT 1").unwrap();
    let mut app = app("postgres", None);
    let propose = |app: &mut seaworthy_model::App, origin| {
        app.resources.get_mut(&name("db")).unwrap().migrations.propose("db".to_owned(), origin);
    };
    propose(&mut app, Origin::detected("Flyway keeps migrations there"));
    assert!(migrate::sql_files(&app, &name("db"), root).unwrap().is_empty());
    propose(&mut app, Origin::new(Layer::Config, "seaworthy.toml"));
    assert!(!migrate::sql_files(&app, &name("db"), root).unwrap().is_empty());
}
