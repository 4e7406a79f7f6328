//! The private socket and the client that the command line uses.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use seaworthy_engine::Order;
use seaworthy_engine::view::AppState;
use seaworthy_server::client::Client;
use seaworthy_server::{Listeners, LogParams, Server, ServerError};

use crate::fake::Running;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn listener() -> std::net::TcpListener {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap()
}

#[tokio::test]
async fn the_socket_is_for_its_owner_alone() {
    let mut server = Running::start();
    assert_eq!(mode(&server.socket), 0o600);
    assert_eq!(mode(server.socket.parent().unwrap()), 0o700);
    server.stop().await;
    assert!(!server.socket.exists());
}

#[tokio::test]
async fn an_open_folder_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = Running::start_at(folder, run.join("api.sock"));
    assert_eq!(mode(&run), 0o700);
    drop(server);
}

#[tokio::test]
async fn a_socket_that_a_killed_run_left_is_replaced_and_one_in_use_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("run/api.sock");
    std::fs::create_dir(socket.parent().unwrap()).unwrap();
    // Dropped without being removed.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let server = Running::start_at(folder, socket.clone());
    let second = Server::bind(server.fake.clone(), Listeners { tcp: listener(), socket });
    assert!(matches!(second, Err(ServerError::RunsAlready(_))));
    assert_eq!(server.client().app().await.unwrap().name, "shop");
}

#[tokio::test]
async fn a_repository_may_lie_deep() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("very-long-name-of-a-folder/".repeat(8)).join("run/api.sock");
    assert!(socket.as_os_str().len() > 200);
    let server = Running::start_at(folder, socket);
    assert_eq!(server.client().app().await.unwrap().name, "shop");
    assert!(server.folder.path().exists());
}

#[tokio::test]
async fn the_owner_sees_secrets_and_ends_the_run() {
    let server = Running::start();
    let client = server.client();
    let masked = client.environment("web", false).await.unwrap();
    assert_eq!((masked.folder.as_str(), masked.variables[1].value.as_deref()), ("/repo/web", None));
    let revealed = client.environment("web", true).await.unwrap();
    assert_eq!(revealed.variables[1].value.as_deref(), Some("hunter2"));
    client.down().await.unwrap();
    assert!(*server.fake.down.borrow());
}

#[tokio::test]
async fn orders_and_refusals() {
    let server = Running::start();
    let client = server.client();
    client.order("web", Order::Restart).await.unwrap();
    assert_eq!(*server.fake.orders.lock().unwrap(), [("web".to_owned(), Order::Restart)]);
    let ServerError::Refused(problem) = client.order("no/such?name", Order::Stop).await.unwrap_err() else {
        panic!("not refused");
    };
    assert_eq!(problem.status, 404);
    assert!(problem.detail.contains("no/such?name"), "{}", problem.detail);
    assert_eq!(client.metrics(5).await.unwrap().at, [1]);
    assert_eq!(client.mails().await.unwrap().len(), 1);
    assert!(client.saves().await.unwrap().is_empty());
}

#[tokio::test]
async fn log_pages_and_lines_as_they_come() {
    let server = Running::start();
    let client = server.client();
    server.fake.write(["a b+c&d=é".to_owned(), "other".to_owned()]);
    let params = LogParams {
        member: vec!["web".to_owned(), "db".to_owned()],
        grep: Some(r"b\+c&d=".to_owned()),
        limit: Some(10),
        ..LogParams::default()
    };
    let page = client.logs(&params).await.unwrap();
    assert_eq!((page.lines.len(), page.lines[0].text.as_str()), (1, "a b+c&d=é"));
    let mut follow =
        client.follow(&LogParams { after: Some(page.cursor), ..LogParams::default() }).await.unwrap();
    assert!(follow.next().await.unwrap().unwrap().lines.is_empty());
    server.fake.write(["later".to_owned()]);
    assert_eq!(follow.next().await.unwrap().unwrap().lines[0].text, "later");
}

#[tokio::test]
async fn a_batch_of_many_long_lines_arrives_whole() {
    let server = Running::start();
    let mut follow = server.client().follow(&LogParams::default()).await.unwrap();
    follow.next().await.unwrap().unwrap();
    server.fake.write((0..1500).map(|number| format!("{number} {}", "é".repeat(2000))));
    let mut lines = 0;
    while lines < 1500 {
        lines += follow.next().await.unwrap().unwrap().lines.len();
    }
    assert_eq!(lines, 1500);
}

#[tokio::test]
async fn changes_are_waited_for() {
    let mut server = Running::start();
    let mut changes = server.client().changes().await.unwrap();
    assert_eq!(changes.next().await.unwrap().unwrap().state, AppState::Ready);
    server.fake.change(|app| app.state = AppState::Stopping);
    assert_eq!(changes.next().await.unwrap().unwrap().state, AppState::Stopping);
    server.stop().await;
    assert!(changes.next().await.unwrap().is_none());
}

#[tokio::test]
async fn where_nothing_runs_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = Client::new(folder.path().join("run/api.sock")).app().await.unwrap_err();
    assert!(matches!(error, ServerError::NotRunning(_)), "{error}");
    assert!(error.to_string().contains("`sea up` starts it"), "{error}");
}
