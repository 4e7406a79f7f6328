//! Any sequence of inputs, failures and crashes, for any plan: what must hold holds between any two effects.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use seaworthy_rollout::judge::{self, Doubt, Ground, HardStop, OnInconclusive, Verdict};
use seaworthy_rollout::machine::{Command, Input, Plan, State, Strategy};
use seaworthy_rollout::schema::Migration;
use seaworthy_rollout::{Arm, ReleaseId};

use crate::world::{World, canary, plan};

#[derive(Clone, Debug)]
enum Event {
    Work(u8),
    Fail,
    Pass(u16),
    Ready(u32),
    GateFailed,
    Verdict(Verdict),
    Command(Command),
    Crash(u16),
}

fn events() -> impl proptest::strategy::Strategy<Value = Event> {
    prop_oneof![
        12 => (1..12_u8).prop_map(Event::Work),
        1 => Just(Event::Fail),
        4 => (1..200_u16).prop_map(Event::Pass),
        6 => (1..5_u32).prop_map(Event::Ready),
        1 => Just(Event::GateFailed),
        6 => prop_oneof![
            6 => Just(Verdict::Promote(Ground::Soaked)),
            1 => Just(Verdict::Abort(judge::Cause::HardStop(HardStop::Exited))),
            1 => Just(Verdict::Inconclusive(Doubt::TooFewRequests, OnInconclusive::PromoteAndWatch)),
            1 => Just(Verdict::Inconclusive(Doubt::Suspicion, OnInconclusive::Pause)),
            1 => Just(Verdict::Inconclusive(Doubt::Suspicion, OnInconclusive::Extend(1))),
            1 => Just(Verdict::Wait),
        ].prop_map(Event::Verdict),
        2 => prop_oneof![
            Just(Command::Pause), Just(Command::Resume), Just(Command::Promote),
            Just(Command::Abort), Just(Command::RollBack), Just(Command::Interrupt),
        ].prop_map(Event::Command),
        1 => (0..60_u16).prop_map(Event::Crash),
    ]
}

fn plans() -> impl proptest::strategy::Strategy<Value = Plan> {
    let strategies = prop_oneof![
        Just(Strategy::Rolling),
        Just(Strategy::BlueGreen { watch: Duration::from_mins(1) }),
        Just(Strategy::BlueGreen { watch: Duration::ZERO }),
        Just(canary()),
    ];
    let migrations =
        prop_oneof![3 => Just(Migration::None), 1 => Just(Migration::Expand), 1 => Just(Migration::Breaking)];
    (strategies, migrations, 1..5_u32, 1..5_u32, any::<[bool; 5]>()).prop_map(
        |(strategy, migration, instances, stable_instances, [first, workers, exclusive, smoke, back])| Plan {
            stable: (!first).then(|| ReleaseId::new("old")),
            instances,
            stable_instances,
            migration,
            workers,
            exclusive,
            smoke,
            can_roll_back: back && migration != Migration::Breaking,
            ..plan(strategy)
        },
    )
}

fn happen(world: &mut World, event: &Event) {
    match event {
        Event::Work(times) => (0..*times).for_each(|_| world.work()),
        Event::Fail => world.fail(),
        Event::Pass(seconds) => world.pass(Duration::from_secs(u64::from(*seconds) / 8)),
        Event::Ready(instances) => world.ready(*instances),
        Event::GateFailed => world.tell(Input::GateFailed("503".to_owned())),
        Event::Verdict(verdict) => world.tell(Input::Verdict(*verdict)),
        Event::Command(command) => world.command(*command),
        Event::Crash(away) => world.crash(Duration::from_secs(u64::from(*away))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(plan in plans(), events in prop::collection::vec(events(), 0..60)) {
        let mut world = World::new(plan);
        for event in &events {
            happen(&mut world, event);
        }
        world.finish();
        world.check_end();
        let ended = world.states.clone();
        // What is over stays over, whatever is said.
        if world.machine.state() != State::Frozen {
            for event in &events {
                happen(&mut world, event);
            }
            prop_assert_eq!(world.states, ended);
        }
    }
}

/// All goes well; `crash_after` pieces of work (an effect, a confirmation) the control process dies once.
fn run(plan: Plan, crash_after: Option<usize>) -> World {
    let mut world = World::new(plan);
    for work in 0..200 {
        if crash_after == Some(work) {
            world.crash(Duration::from_secs(1));
        }
        world.work();
        if world.doing.is_none() && !world.machine.is_over() {
            world.ready(world.running[Arm::Canary as usize]);
            if world.doing.is_none() {
                world.tell(Input::Verdict(Verdict::Promote(Ground::Soaked)));
            }
            world.pass(Duration::from_secs(5));
        }
    }
    world.finish();
    world.check_end();
    world
}

/// The matrix: a crash after every single effect and every confirmation, of every strategy.
#[test]
fn a_crash_at_every_transition() {
    let watch = Duration::from_secs(30);
    for strategy in [Strategy::Rolling, Strategy::BlueGreen { watch }, canary()] {
        for exclusive in [false, true] {
            let plan = Plan { exclusive, migration: Migration::Expand, ..plan(strategy.clone()) };
            let whole = run(plan.clone(), None);
            assert_eq!(whole.machine.state(), State::Retained, "{:?}", whole.machine);
            let (mut aborted, mut finished) = (0, 0);
            for work in 0..200 {
                let world = run(plan.clone(), Some(work));
                let promoted = world.states.contains(&State::Promoted);
                match world.machine.state() {
                    State::Aborted if !promoted => aborted += 1,
                    State::Retained if promoted => finished += 1,
                    other => panic!("{strategy:?}: {other:?} after a crash at {work}: {:?}", world.states),
                }
            }
            assert!(aborted > 5 && finished > 5, "{strategy:?}: {aborted} {finished}");
        }
    }
}
