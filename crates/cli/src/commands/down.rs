//! `sea down`: ends the run.

use std::time::{Duration, Instant};

use seaworthy_engine::host::find;

use crate::args::{DownArgs, Global};
use crate::commands::connect::{block_on, connect};
use crate::exit::{self, Outside};

pub(crate) fn run(global: &Global, args: &DownArgs) -> anyhow::Result<u8> {
    let running = connect(global)?;
    block_on(async {
        running.client.down().await?;
        let state = running.record.state_folder();
        let end = Instant::now() + Duration::from_secs(args.timeout);
        while find(&state).is_some() {
            if Instant::now() > end {
                return Err(Outside {
                    message: format!("it has not ended after {} s", args.timeout),
                    help: Some(format!("kill {}", running.record.pid)),
                }
                .into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if args.json {
            println!("{}", serde_json::json!({ "down": true, "run": running.record.run }));
        }
        Ok(exit::DONE)
    })
}
