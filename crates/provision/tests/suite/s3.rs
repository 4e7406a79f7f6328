use seaworthy_provision::resource::Runs;
use tokio::sync::oneshot;

use super::support::{Worktree, app, output, values};

/// curl signs requests by itself, as another implementation of the protocol.
async fn curl(key: &str, arguments: &[&str]) -> String {
    let mut all = vec![
        "--silent",
        "--show-error",
        "--fail-with-body",
        "--aws-sigv4",
        "aws:amz:us-east-1:s3",
        "--user",
        key,
    ];
    all.extend(["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]);
    all.extend(arguments);
    output("curl", &all, &[]).await
}

#[tokio::test]
async fn objects_are_put_listed_read_and_kept() {
    let worktree = Worktree::new();
    let app = app("s3", None);
    for run in 0..2 {
        let prepared = worktree.prepare(&app).await.unwrap();
        let known = values(&prepared);
        let key = format!("{}:{}", known["access_key"], known["secret_key"]);
        let object = format!("{}/{}/folder/a.txt", known["endpoint"], known["bucket"]);
        assert_eq!(known["url"], format!("{}/shop", known["endpoint"]));
        let list = format!("{}?list-type=2", known["url"]);
        let Runs::S3(store) = prepared.runs else { panic!("it runs elsewhere") };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(store.serve(async { drop(stopped.await) }));
        if run == 0 {
            curl(&key, &["--request", "PUT", "--data-binary", "hello", &object]).await;
        }
        assert_eq!(curl(&key, &[&object]).await, "hello");
        assert!(curl(&key, &[&list]).await.contains("<Key>folder/a.txt</Key>"));
        let unsigned = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", &object];
        assert_eq!(output("curl", &unsigned, &[]).await, "403", "nobody gets in without the key");
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
    }
}
