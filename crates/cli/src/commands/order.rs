//! `sea start`, `sea stop`, `sea restart`.

use std::time::Duration;

use seaworthy_engine::Order;

use crate::args::{Global, OrderArgs};
use crate::commands::connect::{block_on, connect};
use crate::commands::wait;
use crate::exit;

pub(crate) fn run(global: &Global, args: &OrderArgs, order: Order) -> anyhow::Result<u8> {
    let running = connect(global)?;
    block_on(async {
        let before = running.client.app().await?;
        for name in &args.service {
            running.client.order(name, order).await?;
        }
        if args.no_wait {
            return Ok(exit::DONE);
        }
        let wanted = if order == Order::Stop { wait::Wanted::Stopped } else { wait::Wanted::Ready };
        let timeout = Duration::from_secs(args.timeout);
        wait::until(&running.client, &args.service, wanted, timeout, Some(&before), args.json).await
    })
}
