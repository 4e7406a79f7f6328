//! Orders about what serves: pause, promote, abort, roll back, scale, maintenance.

use seaworthy_model::Name;
use seaworthy_rollout::ReleaseId;
use seaworthy_server::host::{CommandWord, OrderRequest};

use super::{follow, place};
use crate::args::{Global, MaintenanceArgs, RollbackArgs, ScaleArgs, ShipArgs, Switch};
use crate::exit::{self, Mistake};

/// An order to the release under way.
pub(super) fn run(global: &Global, args: &ShipArgs) -> anyhow::Result<u8> {
    let command = match () {
        () if args.pause => CommandWord::Pause,
        () if args.resume => CommandWord::Resume,
        () if args.promote => CommandWord::Promote,
        () => CommandWord::Abort,
    };
    let place = place(global, &args.state)?;
    place.talk(async {
        let order = OrderRequest::Rollout { command, actor: place.actor.clone() };
        place.client.order(place.app.as_str(), place.environment.as_str(), &order).await?;
        Ok(exit::DONE)
    })
}

/// `sea rollback`.
pub(crate) fn rollback(global: &Global, args: &RollbackArgs) -> anyhow::Result<u8> {
    let place = place(global, &args.state)?;
    let (app, environment) = (place.app.as_str(), place.environment.as_str());
    place.talk(async {
        let before = place.client.progress(app, environment, 0, true).await?;
        let after = before.lines.last().map(|line| line.number).unwrap_or_default();
        let to = args.release.as_ref().map(|prefix| {
            let mut known = before.environment.retained.iter().filter(|release| release.starts_with(prefix));
            match (known.next(), known.next()) {
                (Some(one), None) => one.clone(),
                _ => prefix.clone(),
            }
        });
        let under_way = before.environment.rollout.map(|rollout| rollout.release);
        let order = OrderRequest::RollBack { to, actor: place.actor.clone() };
        let answer = place.client.order(app, environment, &order).await?;
        let Some(release) = answer.release else { return Ok(exit::DONE) };
        follow::back(&place, &ReleaseId::new(release), under_way.as_deref(), after, args.json).await
    })
}

/// `sea maintenance`.
pub(crate) fn maintenance(global: &Global, args: &MaintenanceArgs) -> anyhow::Result<u8> {
    let place = place(global, &args.state)?;
    place.talk(async {
        let order = OrderRequest::Maintenance { on: args.switch == Switch::On };
        place.client.order(place.app.as_str(), place.environment.as_str(), &order).await?;
        Ok(exit::DONE)
    })
}

/// `sea scale`.
pub(crate) fn scale(global: &Global, args: &ScaleArgs) -> anyhow::Result<u8> {
    let wrong = || Mistake {
        message: format!("`{}` is no service and count", args.service),
        help: Some("sea scale api=3".to_owned()),
    };
    let (service, count) = match args.service.split_once('=') {
        Some((service, count)) => {
            let count: u32 = count.parse().map_err(|_| wrong())?;
            if count == 0 {
                return Err(Mistake {
                    message: "a service without instances answers nobody".to_owned(),
                    help: Some("sea maintenance on".to_owned()),
                }
                .into());
            }
            (service, Some(count))
        }
        None => (args.service.as_str(), None),
    };
    let service = Name::parse(service).map_err(|_| wrong())?.to_string();
    let place = place(global, &args.state)?;
    place.talk(async {
        let order = OrderRequest::Scale { service, count };
        place.client.order(place.app.as_str(), place.environment.as_str(), &order).await?;
        Ok(exit::DONE)
    })
}
