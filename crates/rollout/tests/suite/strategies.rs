//! What each strategy does, in its order.

use std::time::Duration;

use seaworthy_rollout::judge::{self, Ground, HardStop, Verdict};
use seaworthy_rollout::machine::{Cause, Command, Effect, Input, Plan, Refused, State, Strategy};
use seaworthy_rollout::schema::Migration;
use seaworthy_rollout::{Arm, Weight};

use crate::world::{World, canary, plan};

const PROMOTE: Input = Input::Verdict(Verdict::Promote(Ground::Soaked));
const ABORT: Input = Input::Verdict(Verdict::Abort(judge::Cause::HardStop(HardStop::Exited)));

/// Everything that needs no input is done.
fn settle(world: &mut World) {
    while world.doing.is_some() {
        world.work();
    }
}

fn booted(plan: Plan) -> World {
    let mut world = World::new(plan);
    settle(&mut world);
    world.ready(3);
    settle(&mut world);
    world
}

#[test]
fn a_canary_to_its_end() {
    let mut world = booted(plan(canary()));
    assert_eq!(world.weight, Weight::percent(10));
    world.tell(PROMOTE);
    settle(&mut world);
    assert_eq!(world.weight, Weight::percent(50));
    for _ in 0..10 {
        world.pass(Duration::from_secs(10));
        assert_eq!(world.weight, Weight::percent(50));
    }
    world.tell(PROMOTE);
    world.finish();
    let canary = |percent| State::Canary(Weight::percent(percent));
    assert_eq!(
        world.states,
        [
            State::Built,
            State::Migrated,
            State::Booting,
            State::Ready,
            State::Smoked,
            canary(10),
            canary(50),
            State::Promoted,
            State::Draining,
            State::Retained
        ]
    );
    assert!(world.effects.iter().any(|effect| matches!(effect, Effect::RenewLease { .. })));
}

#[test]
fn an_abort_takes_the_traffic_first() {
    let mut world = booted(plan(canary()));
    world.effects.clear();
    world.tell(ABORT);
    settle(&mut world);
    assert_eq!(world.effects[0], Effect::SetWeight { weight: Weight::NONE, lease: None });
    assert_eq!(world.effects[1], Effect::ExpireCookies);
    assert_eq!(world.effects.last(), Some(&Effect::Run { arm: Arm::Canary, instances: 0 }));
    assert_eq!(world.machine.cause(), Some(&Cause::Judged(judge::Cause::HardStop(HardStop::Exited))));
}

#[test]
fn a_rollback_within_the_watch_starts_nothing() {
    let mut world = booted(plan(Strategy::BlueGreen { watch: Duration::from_mins(10) }));
    assert_eq!((world.machine.state(), world.weight), (State::Promoted, Weight::ALL));
    world.effects.clear();
    world.command(Command::RollBack);
    settle(&mut world);
    assert_eq!(world.effects[0], Effect::SetWeight { weight: Weight::NONE, lease: None });
    assert!(!world.effects.iter().any(|effect| matches!(effect, Effect::Run { arm: Arm::Stable, .. })));
    assert!(world.effects.contains(&Effect::HoldShipping));
    world.check_end();
}

#[test]
fn a_rollback_is_refused_when_the_schema_moved_on() {
    let mut world =
        booted(Plan { can_roll_back: false, ..plan(Strategy::BlueGreen { watch: Duration::from_mins(10) }) });
    for input in [Input::Command(Command::RollBack), ABORT] {
        let decided = world.machine.handle(input, world.now);
        assert_eq!((decided.step, decided.refused), (None, Some(Refused::SchemaMovedOn)));
    }
    world.finish();
    assert_eq!(world.machine.state(), State::Retained);
}

#[test]
fn rolling_replaces_instance_by_instance() {
    let mut world = booted(plan(Strategy::Rolling));
    let mut seen = vec![(world.weight.as_basis_points(), world.running)];
    for ready in [2, 3] {
        world.ready(ready);
        settle(&mut world);
        seen.push((world.weight.as_basis_points(), world.running));
    }
    assert_eq!(seen, [(3333, [2, 2]), (6666, [1, 3]), (10_000, [0, 3])]);
}

#[test]
fn a_rolling_release_that_fails_gives_back_what_it_took() {
    let mut world = booted(plan(Strategy::Rolling));
    world.ready(2);
    settle(&mut world);
    assert_eq!(world.running, [1, 3]);
    world.tell(Input::GateFailed("exit code 1".to_owned()));
    settle(&mut world);
    assert_eq!((world.running, world.weight), ([2, 0], Weight::NONE));
}

#[test]
fn a_volume_has_one_writer_and_requests_wait() {
    let mut world = World::new(Plan { exclusive: true, ..plan(canary()) });
    settle(&mut world);
    assert_eq!((world.running, world.held), ([0, 3], true));
    world.ready(3);
    settle(&mut world);
    assert_eq!((world.machine.state(), world.weight, world.held), (State::Promoted, Weight::ALL, false));
    world.command(Command::RollBack);
    settle(&mut world);
    assert_eq!((world.running, world.weight, world.held), ([2, 0], Weight::NONE, false));
    world.check_end();
}

#[test]
fn a_breaking_migration_that_fails_freezes() {
    let mut world = World::new(Plan { migration: Migration::Breaking, ..plan(canary()) });
    while !world.effects.contains(&Effect::Hold) {
        world.work();
    }
    world.fail();
    settle(&mut world);
    assert_eq!((world.machine.state(), world.held), (State::Frozen, true));
    assert!(world.machine.is_over());
    world.crash(Duration::from_secs(9));
    assert_eq!(world.machine.state(), State::Frozen, "a restart decides nothing either");
    world.command(Command::Abort);
    settle(&mut world);
    world.check_end();
}

#[test]
fn interrupt_aborts_before_promotion_and_detaches_after() {
    let mut early = booted(plan(canary()));
    early.command(Command::Interrupt);
    assert_eq!(early.machine.state(), State::Aborted);
    let mut late = booted(plan(Strategy::BlueGreen { watch: Duration::from_mins(10) }));
    let before = late.states.len();
    late.command(Command::Interrupt);
    assert_eq!((late.machine.state(), late.states.len()), (State::Promoted, before));
}

#[test]
fn a_pause_holds_the_weight_and_not_an_abort() {
    let mut world = booted(plan(canary()));
    world.command(Command::Pause);
    world.tell(PROMOTE);
    assert_eq!(world.machine.state(), State::Canary(Weight::percent(10)));
    world.command(Command::Resume);
    world.tell(PROMOTE);
    settle(&mut world);
    assert_eq!(world.weight, Weight::percent(50));
    world.command(Command::Pause);
    world.tell(ABORT);
    settle(&mut world);
    world.check_end();
}

#[test]
fn a_control_process_that_comes_too_late_finds_the_canary_without_traffic() {
    let mut world = booted(plan(canary()));
    world.pass(Duration::from_secs(29));
    assert_eq!(world.weight, Weight::percent(10), "renewed");
    world.pass(Duration::from_secs(31));
    assert_eq!((world.weight, world.machine.state()), (Weight::NONE, State::Aborted));
    assert_eq!(world.machine.cause(), Some(&Cause::LeaseExpired));
}

#[test]
fn the_first_release_of_an_environment() {
    let mut world = World::new(Plan { stable: None, stable_instances: 0, ..plan(canary()) });
    settle(&mut world);
    world.ready(3);
    settle(&mut world);
    let decided = world.machine.handle(Input::Command(Command::RollBack), world.now);
    assert_eq!((decided.step, decided.refused), (None, Some(Refused::NothingBefore)));
    world.finish();
    assert_eq!(world.machine.state(), State::Retained);
    world.check_end();
}
