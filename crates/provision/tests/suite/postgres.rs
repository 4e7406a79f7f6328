use seaworthy_model::{Condition, Origin, Service, Variable};
use seaworthy_provision::resource::{self, Prepared, Settle};
use seaworthy_provision::{Error, user};
use tokio_postgres::NoTls;

use super::support::{Server, Worktree, app, name, values};

async fn ask(prepared: &Prepared, query: &str) -> String {
    let url = &prepared.attributes["url"].value;
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let running = tokio::spawn(connection);
    let answer = client.query_one(query, &[]).await.unwrap().get(0);
    drop(client);
    running.await.unwrap().unwrap();
    answer
}

async fn execute(prepared: &Prepared, statement: &str) {
    let (client, connection) =
        tokio_postgres::connect(&prepared.attributes["url"].value, NoTls).await.unwrap();
    let running = tokio::spawn(connection);
    client.batch_execute(statement).await.unwrap();
    drop(client);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_cluster_is_made_settled_and_kept_between_runs() {
    let worktree = Worktree::new();
    let mut app = app("postgres", None);
    // What the app calls its own is what the cluster has.
    let mut service = Service::default();
    service.depend_on(name("db"), Condition::ServiceHealthy, Origin::detected("test"));
    let mut variable = Variable::default();
    variable
        .default
        .propose("postgres://dashboard:***@localhost:5432/store".to_owned(), Origin::detected("test"));
    service.env.insert("DATABASE_URL".to_owned(), variable);
    app.services.insert(name("api"), service);

    let mut prepared = worktree.prepare(&app).await.unwrap();
    let server = Server::start(&mut prepared).await;
    prepared.settle().await.unwrap();
    prepared.settle().await.unwrap();
    // A log that begins with refused sign-ins would alarm who reads it. What it wrote before this line was read by then.
    execute(&prepared, "DO $$ BEGIN RAISE LOG 'settled'; END $$").await;
    server.until_said("settled").await;
    assert!(!server.said().contains("FATAL"), "{}", server.said());
    let known = values(&prepared);
    assert_eq!((known["username"].as_str(), known["database"].as_str()), ("dashboard", "store"));
    assert_eq!(ask(&prepared, "SELECT current_user::text").await, "dashboard");
    assert_eq!(
        ask(&prepared, "SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = 'store'")
            .await,
        "UTF8"
    );
    assert_eq!(ask(&prepared, "SHOW fsync").await, "off");
    assert_eq!(ask(&prepared, "SELECT lower('É')").await, "é");
    execute(&prepared, "CREATE TABLE kept (x text); INSERT INTO kept VALUES ('yes')").await;

    let generation = resource::generation(&name("db"), &worktree.state).unwrap();
    // Nobody gets in without the password.
    let url = known["url"].replace(&known["password"], "wrong");
    let refused = tokio_postgres::connect(&url, NoTls).await.err().unwrap();
    assert_eq!(refused.code().unwrap().code(), "28P01");

    // Another run while this one is there is refused, by the name of the process.
    let busy = worktree.prepare(&app).await.unwrap_err();
    assert!(matches!(busy, Error::DataInUse { .. }), "{busy}");

    // After `kill -9` the data is there, and what the server left behind is no matter.
    server.kill().await;
    let mut prepared = loop {
        // Its children end by themselves when they miss it.
        match worktree.prepare(&app).await {
            Ok(prepared) => break prepared,
            Err(error) => assert!(matches!(error, Error::DataInUse { .. }), "{error}"),
        }
    };
    let server = Server::start(&mut prepared).await;
    prepared.settle().await.unwrap();
    assert_eq!(ask(&prepared, "SELECT x FROM kept").await, "yes");
    execute(&prepared, "DO $$ BEGIN RAISE LOG 'settled'; END $$").await;
    server.until_said("settled").await;
    assert!(!server.said().contains("FATAL"), "{}", server.said());
    assert_eq!(values(&prepared)["url"], known["url"], "the address stays");
    server.stop().await;

    // Starting over is another generation, from the template this time.
    resource::forget(&name("db"), &worktree.state).unwrap();
    assert_ne!(resource::generation(&name("db"), &worktree.state).unwrap(), generation);
    let mut prepared = worktree.prepare(&app).await.unwrap();
    let server = Server::start(&mut prepared).await;
    prepared.settle().await.unwrap();
    assert_eq!(ask(&prepared, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'").await, "0");
    server.stop().await;
}

#[tokio::test]
async fn two_worktrees_run_side_by_side_from_one_template() {
    let one = Worktree::new();
    let mut other = Worktree::new();
    other.machine.cache.clone_from(&one.machine.cache);
    let app = app("postgres", None);
    let mut first = one.prepare(&app).await.unwrap();
    let mut second = other.prepare(&app).await.unwrap();
    let servers = [Server::start(&mut first).await, Server::start(&mut second).await];
    first.settle().await.unwrap();
    second.settle().await.unwrap();
    execute(&first, "CREATE TABLE only_here ()").await;
    assert_eq!(ask(&second, "SELECT count(*)::text FROM pg_tables WHERE tablename = 'only_here'").await, "0");
    assert_ne!(values(&first)["password"], values(&second)["password"]);
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test]
async fn data_of_another_version_is_named_with_what_to_type() {
    let worktree = Worktree::new();
    let cluster = worktree.state.data(&name("db")).join("postgres/cluster");
    std::fs::create_dir_all(&cluster).unwrap();
    std::fs::write(cluster.join("PG_VERSION"), "9.4\n").unwrap();
    let error = worktree.prepare(&app("postgres", Some("15"))).await.unwrap_err();
    assert!(error.to_string().contains("was written by version 9.4"), "{error}");
    assert!(error.help().unwrap().contains("sea up --fresh=db"));
}

#[tokio::test]
async fn without_a_binary_or_an_engine_the_error_says_what_to_type() {
    let mut worktree = Worktree::new();
    let bin = worktree.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink("/bin/true", bin.join("apt-get")).unwrap();
    worktree.machine.path = vec![bin];
    let error = worktree.prepare(&app("cassandra", None)).await.unwrap_err();
    assert!(
        error.to_string().contains("needs the image cassandra:5, and this machine has no container engine"),
        "{error}"
    );
    assert!(error.help().unwrap().contains("apt-get install -y docker.io"));
    let error = worktree.prepare(&app("mongodb", Some("7"))).await;
    if let Err(error) = error {
        assert!(error.to_string().contains("needs MongoDB 7"), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worktree_that_is_closed_to_the_servers_user_keeps_its_data_elsewhere() {
    use std::os::unix::fs::PermissionsExt as _;
    let worktree = Worktree::new();
    std::fs::set_permissions(worktree.dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    if user::User::unprivileged(&["postgres"], worktree.dir.path()).is_none() {
        println!("skipped: only root needs another user");
        return;
    }
    let app = app("postgres", None);
    let mut prepared = worktree.prepare(&app).await.unwrap();
    let link = worktree.state.data(&name("db")).join("postgres");
    let elsewhere = std::fs::read_link(&link).unwrap();
    let server = Server::start(&mut prepared).await;
    prepared.settle().await.unwrap();
    assert!(matches!(prepared.settle, Settle::Postgres(_)));
    server.stop().await;
    resource::forget(&name("db"), &worktree.state).unwrap();
    assert!(!elsewhere.exists() && !link.exists(), "starting over leaves nothing behind");
    let _ = std::fs::remove_dir(elsewhere.parent().unwrap());
    let _ = std::fs::remove_dir(elsewhere.parent().unwrap().parent().unwrap());
}
