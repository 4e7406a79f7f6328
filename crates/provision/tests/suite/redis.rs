use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::{Server, Worktree, app, values};

async fn ask(port: &str, command: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn data_is_kept_when_it_is_stopped() {
    let worktree = Worktree::new();
    let app = app("redis", Some("7"));
    let mut prepared = worktree.prepare(&app).await.unwrap();
    let server = Server::start(&mut prepared).await;
    let port = values(&prepared)["port"].clone();
    assert_eq!(values(&prepared)["url"], format!("redis://127.0.0.1:{port}"));
    assert_eq!(ask(&port, "SET greeting hello").await, "+OK\r\n+OK\r\n");
    server.stop().await;
    let mut prepared = worktree.prepare(&app).await.unwrap();
    let server = Server::start(&mut prepared).await;
    assert_eq!(ask(&port, "GET greeting").await, "$5\r\nhello\r\n+OK\r\n");
    server.stop().await;
}

#[tokio::test]
async fn another_version_than_the_wanted_one_is_said() {
    let worktree = Worktree::new();
    let prepared = worktree.prepare(&app("redis", Some("3"))).await.unwrap();
    assert!(prepared.warnings[0].starts_with("`db` asks for Redis 3; "), "{:?}", prepared.warnings);
}
