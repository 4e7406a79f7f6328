//! How soon a bad release is found. Seeds are fixed, so these are exact figures, with some room for tuning.

use seaworthy_rollout::judge::{Doubt, JudgeConfig, OnInconclusive, Verdict};

use crate::simulator::{Cell, Errors, Outcome, runs, watch};

const CANARIES: u64 = 400;

/// The median times to the abort of all canaries, in seconds: since the first traffic, and since the first request that
/// failed. One that was not aborted took for ever.
fn median(name: &str, cell: Cell) -> (u64, u64) {
    let outcomes = runs(&cell, &JudgeConfig::default(), 1200, CANARIES);
    let sorted = |time: fn(&Outcome) -> u64| {
        let mut times: Vec<u64> =
            outcomes.iter().map(|outcome| if outcome.aborted() { time(outcome) } else { u64::MAX }).collect();
        times.sort_unstable();
        times
    };
    let (since_traffic, since_failure) =
        (sorted(|outcome| outcome.seconds), sorted(|outcome| outcome.since_failure));
    let at = |times: &[u64], percent: usize| times[times.len() * percent / 100];
    println!(
        "{name:<32} median {} s ({} s to {} s in 80 of 100), since the first failure {} s; {} missed",
        at(&since_traffic, 50),
        at(&since_traffic, 10),
        at(&since_traffic, 90),
        at(&since_failure, 50),
        since_traffic.iter().filter(|time| **time == u64::MAX).count(),
    );
    (at(&since_traffic, 50), at(&since_failure, 50))
}

#[test]
fn ten_times_the_errors() {
    let by_request = Cell { canary_fails: 0.045, session_every: 1e5, ..Cell::default() };
    let found = median("0.5 % -> 5 %, without cookies", by_request);
    assert!(found.0 <= 55 && found.1 <= 45, "{found:?}");
    let found = median("0.5 % -> 5 %", Cell { canary_fails: 0.045, ..Cell::default() });
    assert!(found.0 <= 55 && found.1 <= 45, "{found:?}");
    let found = median("0.5 % -> 5 % at 50 %", Cell { share: 0.5, canary_fails: 0.045, ..Cell::default() });
    assert!(found.0 <= 30, "{found:?}");
}

#[test]
fn a_third_fails() {
    let found = median("30 % errors", Cell { canary_fails: 0.3, ..Cell::default() });
    assert!(found.0 <= 6 && found.1 < 6, "{found:?}");
}

#[test]
fn one_route_of_ten_fails() {
    // 5 % of one route of ten: half a per cent of all requests, on a stable release that is nearly clean.
    let errors = Errors { alone: 0.0001, ..Errors::default() };
    // At 10 % that is one event in 100 s: the first step may well be soaked through, the second finds it.
    let rare = Cell { errors, canary_fails: 0.005, next_share: Some(0.5), ..Cell::default() };
    let found = median("5 % of one route of ten", rare);
    assert!(found.0 <= 600, "{found:?}");
    let found = median("the same, 200 requests/s", Cell { rate: 200.0, ..rare });
    assert!(found.0 <= 45, "{found:?}");
    let found = median("all of one route of ten", Cell { errors, canary_fails: 0.1, ..Cell::default() });
    assert!(found.0 <= 15, "{found:?}");
}

#[test]
fn a_slow_canary() {
    let found = median("half of the requests slow", Cell { canary_slow: 0.5, ..Cell::default() });
    assert!(found.0 <= 20, "{found:?}");
    let found = median("all requests slow", Cell { canary_slow: 1.0, ..Cell::default() });
    assert!(found.0 <= 10, "{found:?}");
}

/// After promotion there is no stable arm; what it did before stands in for it.
#[test]
fn the_watch_after_promotion() {
    let aborted = |before: f64, after: f64| {
        let mut times: Vec<u64> =
            (0..CANARIES).filter_map(|seed| watch(20.0, before, after, 300, seed)).collect();
        times.sort_unstable();
        println!(
            "watch, {before} -> {after}: {} of {CANARIES} taken back, {:?} s",
            times.len(),
            times.get(200)
        );
        times
    };
    assert!(aborted(0.005, 0.005).len() <= 10);
    assert!(aborted(0.005, 0.01).len() <= 10, "times change by themselves");
    assert!(aborted(0.005, 0.05).get(200).is_some_and(|median| *median <= 70));
    assert!(aborted(0.005, 0.3).get(200).is_some_and(|median| *median <= 8));
}

#[test]
fn a_good_canary_is_promoted() {
    let outcomes = runs(&Cell::default(), &JudgeConfig::default(), 600, 100);
    let promoted = |outcome: &&Outcome| matches!(outcome.verdict, Verdict::Promote(_));
    let count = outcomes.iter().filter(promoted).count();
    println!("good canaries promoted at the first soak: {count} of 100");
    assert!(count >= 95, "{count}");
    let busy = Cell {
        rate: 200.0,
        share: 0.5,
        errors: Errors { alone: 0.02, ..Errors::default() },
        ..Cell::default()
    };
    let early = runs(&busy, &JudgeConfig::default(), 600, 50);
    let early = early.iter().filter(|outcome| outcome.seconds < 300).filter(promoted).count();
    println!("with much traffic promoted before the soak is over: {early} of 50");
    assert!(early >= 25, "{early}");
}

#[test]
fn too_few_requests_are_no_reason_to_take_back() {
    let idle = Cell { rate: 0.05, share: 0.5, ..Cell::default() };
    for outcome in runs(&idle, &JudgeConfig::default(), 1200, 50) {
        let promoted = Verdict::Inconclusive(Doubt::TooFewRequests, OnInconclusive::PromoteAndWatch);
        assert_eq!((outcome.verdict, outcome.seconds), (promoted, 900));
    }
}
