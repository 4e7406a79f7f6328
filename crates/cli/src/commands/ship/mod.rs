//! `sea ship`: from a commit to promoted, step by step.

mod build;
mod follow;
mod known;
mod order;
mod place;
mod prepare;

use seaworthy_engine::serve::{Ship, Shipped};
use seaworthy_rollout::ReleaseId;
use seaworthy_server::host::ShipRequest;

use build::Built;

use crate::args::{Global, ShipArgs};
use crate::exit;

pub(crate) use order::{maintenance, rollback, scale};
pub(crate) use place::{Place, place};

pub(crate) fn run(global: &Global, args: &ShipArgs) -> anyhow::Result<u8> {
    if args.pause || args.resume || args.promote || args.abort {
        return order::run(global, args);
    }
    let place = place(global, &args.state)?;
    let known = known::find(global, args, &place).map(|record| Built { record, relation: None });
    let built = match known {
        Some(known) => Some(known),
        None => build::build(global, args, &place)?,
    };
    let Some(built) = built else { return Ok(exit::NO) };
    let ship = Ship {
        release: ReleaseId::new(&built.record.release),
        actor: place.actor.clone(),
        retry: args.retry,
        automatic: std::env::var_os("CI").is_some(),
        relation: built.relation,
        strategy: args.strategy.map(build::strategy),
        breaking: args.breaking,
        back: false,
    };
    let request = ShipRequest { record: built.record, ship };
    place.talk(async {
        let (app, environment) = (place.app.as_str(), place.environment.as_str());
        let answer = place.client.ship(app, environment, &request).await?;
        let release = ReleaseId::new(&answer.release);
        if answer.shipped == Shipped::Serves {
            follow::serves(&place, &release, args.json);
            return Ok(exit::DONE);
        }
        if args.no_wait {
            return Ok(exit::DONE);
        }
        follow::follow(&place, &release, answer.after, args.json).await
    })
}
