//! Processes that run to their end.

use seaworthy_supervise::task::run;

use crate::field::{Field, block_on};

#[test]
fn a_task_streams_its_lines_and_tells_how_it_ended() {
    block_on(async {
        let field = Field::new();
        let mut lines = Vec::new();
        let spec = field.spec("install", "echo one; sleep 0.1; echo two");
        let outcome =
            run(field.supervisor.launcher(), spec, |record| lines.push(record.text.clone())).await.unwrap();
        assert!(outcome.is_success());
        assert_eq!(lines, ["one", "two"]);
        let spec = field.spec("install", "echo first; echo 'error: no such package' >&2; exit 1");
        let outcome = run(field.supervisor.launcher(), spec, |_| {}).await.unwrap();
        assert_eq!(outcome.cause, "error: no such package");
        assert_eq!(outcome.tail.len(), 2);
        field.end().await;
    });
}

#[test]
fn a_dropped_task_is_stopped() {
    block_on(async {
        let field = Field::new();
        let spec = field.spec("install", "echo up; sleep 60");
        {
            let (sender, mut up) = tokio::sync::mpsc::unbounded_channel();
            let task = run(field.supervisor.launcher(), spec, move |_| sender.send(()).unwrap());
            tokio::select! {
                _ = task => panic!("it ended"),
                _ = up.recv() => {}
            }
        }
        let run = field.run.clone();
        crate::field::until("it is gone", || crate::field::survivors(&run).is_empty()).await;
        field.end().await;
    });
}
