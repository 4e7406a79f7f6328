//! Limits through control groups, where this machine lets us; said where not.

use seaworthy_supervise::exit::Exit;
use seaworthy_supervise::machine::{Phase, Restart};
use seaworthy_supervise::spec::Limits;

use crate::field::{Field, block_on};

#[test]
fn a_process_over_its_memory_is_killed_and_said_or_the_missing_limit_is() {
    block_on(async {
        let field = Field::new();
        let script =
            "exec python3 -c 'import time; x = b\"x\" * (200 << 20); print(len(x)); time.sleep(0.2)'";
        let mut job = field.define("job", script);
        job.restart = Restart::Never;
        job.spec.limits = Limits { memory: Some(32 << 20), cpu: Some(0.5), ..Limits::default() };
        field.start(vec![job]);
        let status = field
            .until("job", |status| {
                status.unlimited.is_some() || !status.phase.is_running() && status.last_exit.is_some()
            })
            .await;
        if let Some(reason) = status.unlimited {
            assert!(reason.contains("control group") || reason.contains("may not limit"), "{reason}");
            field.until_phase("job", Phase::Completed).await;
        } else {
            assert_eq!(status.last_exit, Some(Exit::OutOfMemory));
            field.until_phase("job", Phase::Failed).await;
        }
        field.end().await;
    });
}
