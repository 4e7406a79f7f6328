//! Servers that not every machine has: each is tried where it is.

use super::support::{Server, Worktree, app, output, values};

async fn start(kind: &str) -> Option<(Worktree, Server, std::collections::BTreeMap<String, String>)> {
    let worktree = Worktree::new();
    match worktree.prepare(&app(kind, None)).await {
        Ok(mut prepared) => {
            let server = Server::start(&mut prepared).await;
            let known = values(&prepared).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            Some((worktree, server, known))
        }
        Err(missing @ seaworthy_provision::Error::ResourceMissing { .. }) => {
            println!("skipped: {missing}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn mariadb_has_the_apps_database_and_account() {
    let Some((_worktree, server, known)) = start("mariadb").await else { return };
    let password = format!("--password={}", known["password"]);
    let (port, user) = (format!("--port={}", known["port"]), format!("--user={}", known["username"]));
    let arguments = ["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", &port, &user, &password];
    let query =
        ["--batch", "--skip-column-names", "--execute=SELECT DATABASE(), CURRENT_USER()", &known["database"]];
    let said = output("mariadb", &[&arguments[..], &query].concat(), &[]).await;
    assert_eq!(said.trim(), "shop\tshop@%");
    server.stop().await;
}

#[tokio::test]
async fn memcached_answers() {
    let Some((_worktree, server, known)) = start("memcached").await else { return };
    assert_eq!(known["url"], format!("memcached://127.0.0.1:{}", known["port"]));
    server.stop().await;
}

#[tokio::test]
async fn nats_answers() {
    let Some((_worktree, server, known)) = start("nats").await else { return };
    assert_eq!(known["url"], format!("nats://127.0.0.1:{}", known["port"]));
    server.stop().await;
}

#[tokio::test]
async fn rabbitmq_answers() {
    let Some((worktree, server, known)) = start("rabbitmq").await else { return };
    assert_eq!(known["url"], format!("amqp://guest:guest@127.0.0.1:{}", known["port"]));
    let ports = std::fs::read(worktree.state.cache().join("ports.json")).unwrap();
    let ports: std::collections::BTreeMap<String, u16> = serde_json::from_slice(&ports).unwrap();
    server.stop().await;
    // Erlang's port mapper leaves the session of whoever started it; a supervisor ends it by cgroup.
    output("epmd", &["-port", &ports["resources/db/0"].to_string(), "-kill"], &[]).await;
}
