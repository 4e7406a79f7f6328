//! Limits of the system, and more than it can tell.

use std::fs;

use seaworthy_watch::{Event, LimitKind};

use crate::bench::{Bench, modified};

#[tokio::test]
async fn folders_beyond_the_limit_are_looked_at() {
    let files = ["a/a.py", "b/b.py", "c/c.py", "d/d.py"];
    let mut bench = Bench::configured(&files, |mut config| {
        config.most_watches = 2;
        config
    })
    .await;
    let Event::Limited(limit) = bench.next().await else { panic!("the limit is told") };
    assert_eq!(
        (limit.kind, limit.watched, limit.polled, limit.unwatched),
        (LimitKind::Configured(2), 2, 3, 0)
    );
    for file in files {
        bench.write(file, "after");
        loop {
            let batch = bench.batch().await;
            if batch.concerns(file.as_ref()) {
                break;
            }
        }
    }
    fs::remove_file(bench.path("d/d.py")).unwrap();
    assert!(bench.batch().await.concerns("d/d.py".as_ref()));
}

#[test]
fn the_limit_names_the_command() {
    let command = |kind: LimitKind| kind.command().unwrap();
    assert_eq!(command(LimitKind::Watches(Some(8192))), "sudo sysctl fs.inotify.max_user_watches=524288");
    assert_eq!(command(LimitKind::Watches(Some(524_288))), "sudo sysctl fs.inotify.max_user_watches=1048576");
    assert_eq!(command(LimitKind::Instances(Some(128))), "sudo sysctl fs.inotify.max_user_instances=1024");
    assert_eq!(LimitKind::Configured(2).command(), None);
}

#[tokio::test]
async fn more_than_can_be_told_apart_is_everything() {
    let mut bench = Bench::new(&["app.py"]).await;
    let busy = bench.events.busy();
    for number in 0..6000 {
        bench.write(&format!("many/{number}.py"), "new");
    }
    drop(busy);
    loop {
        if bench.batch().await.overflow {
            break;
        }
    }
    bench.batches().await;
    bench.write("many/17.py", "after");
    assert_eq!(bench.changes().await, modified("many/17.py"));
}
