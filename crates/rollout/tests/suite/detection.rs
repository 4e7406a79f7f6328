//! How soon a bad release is found. Seeds are fixed, so these are exact figures, with some room for tuning.

use seaworthy_rollout::judge::{JudgeConfig, Verdict};

use crate::simulator::{Cell, Errors, Outcome, runs};

const CANARIES: u64 = 400;

/// The median time to the abort, in seconds, of all canaries: one that was not aborted took for ever.
fn median(name: &str, cell: Cell) -> u64 {
    let mut times: Vec<u64> = runs(&cell, &JudgeConfig::default(), 1200, CANARIES)
        .iter()
        .map(|outcome| if outcome.aborted() { outcome.seconds } else { u64::MAX })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100];
    let missed = times.iter().filter(|seconds| **seconds == u64::MAX).count();
    println!("{name:<36} median {} s, 10 % {} s, 90 % {} s, missed {missed}", at(50), at(10), at(90));
    at(50)
}

#[test]
fn ten_times_the_errors() {
    // 0.5 % -> 5 %.
    let found = median("0.5 % -> 5 %", Cell { canary_fails: 0.045, ..Cell::default() });
    assert!(found <= 50, "{found} s");
    let found = median("0.5 % -> 5 % at 50 %", Cell { share: 0.5, canary_fails: 0.045, ..Cell::default() });
    assert!(found <= 30, "{found} s");
}

#[test]
fn a_third_fails() {
    let found = median("30 % errors", Cell { canary_fails: 0.3, ..Cell::default() });
    assert!(found <= 6, "{found} s");
}

#[test]
fn one_route_of_ten_fails() {
    // 5 % of one route of ten: half a per cent of all requests, on a stable release that is nearly clean.
    let errors = Errors { alone: 0.0001, ..Errors::default() };
    // At 10 % that is one event in 100 s: the first step may well be soaked through, the second finds it.
    let rare = Cell { errors, canary_fails: 0.005, next_share: Some(0.5), ..Cell::default() };
    let found = median("5 % of one route of ten", rare);
    assert!(found <= 600, "{found} s");
    let found = median("the same, 200 requests/s", Cell { rate: 200.0, ..rare });
    assert!(found <= 45, "{found} s");
    let found = median("all of one route of ten", Cell { errors, canary_fails: 0.1, ..Cell::default() });
    assert!(found <= 15, "{found} s");
}

#[test]
fn a_slow_canary() {
    let found = median("half of the requests slow", Cell { canary_slow: 0.5, ..Cell::default() });
    assert!(found <= 20, "{found} s");
    let found = median("all requests slow", Cell { canary_slow: 1.0, ..Cell::default() });
    assert!(found <= 10, "{found} s");
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
    for outcome in runs(&idle, &JudgeConfig::default(), 2000, 50) {
        assert!(matches!(outcome.verdict, Verdict::Inconclusive(..)), "{outcome:?}");
    }
}
