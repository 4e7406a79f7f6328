//! No good release is aborted beyond chance: the simulation table.
//!
//! 400 canaries a cell, each watched for its whole soak of five minutes (200 requests/s: one minute). The judge
//! promises at most 1 %, so a cell may have 4 aborts on average; 11 or more of 400 have a chance of 0.3 % when the
//! true rate is exactly 1 %, and that is where a cell fails. All seeds are fixed.

use seaworthy_rollout::judge::JudgeConfig;

use crate::simulator::{Cell, Errors, runs};

const CANARIES: u64 = 400;
const MOST: usize = 10;

fn check(name: &str, cell: Cell, seconds: u64) {
    // Without promotion on a bound every canary is watched to the end: more looks, more chances to go wrong.
    let config = JudgeConfig { bound: 0.0, ..JudgeConfig::default() };
    let aborted = runs(&cell, &config, seconds, CANARIES).iter().filter(|outcome| outcome.aborted()).count();
    println!(
        "{name:<44} {:>5} requests/s {:>4} %: {aborted} of {CANARIES} aborted",
        cell.rate,
        cell.share * 100.0
    );
    assert!(aborted <= MOST, "{name}: {aborted} of {CANARIES} good canaries were aborted");
}

fn alone(alone: f64) -> Errors {
    Errors { alone, ..Errors::default() }
}

#[test]
fn errors_alone() {
    for (rate, share, errors) in [
        (1.0, 0.5, 0.01),
        (1.0, 0.1, 0.05),
        (5.0, 0.1, 0.001),
        (5.0, 0.1, 0.05),
        (20.0, 0.01, 0.01),
        (20.0, 0.1, 0.001),
        (20.0, 0.1, 0.005),
        (20.0, 0.1, 0.05),
        (20.0, 0.5, 0.005),
        (20.0, 0.5, 0.05),
    ] {
        check(
            &format!("errors {} %", errors * 100.0),
            Cell { rate, share, errors: alone(errors), ..Cell::default() },
            300,
        );
    }
}

#[test]
fn much_traffic() {
    for (share, errors) in [(0.01, 0.001), (0.1, 0.05), (0.5, 0.01)] {
        let cell = Cell { rate: 200.0, share, errors: alone(errors), ..Cell::default() };
        check(&format!("errors {} %", errors * 100.0), cell, 60);
    }
}

/// What is held against a canary in its first step stays in its second, and alpha is for both.
#[test]
fn two_steps() {
    check("errors 0.5 %, then 50 %", Cell { next_share: Some(0.5), ..Cell::default() }, 600);
}

#[test]
fn bursts() {
    for (rate, share) in [(2.0, 0.5), (20.0, 0.01), (20.0, 0.1), (20.0, 0.5)] {
        let errors = Errors { alone: 0.005, bursts: true, ..Errors::default() };
        check("errors 0.5 %, bursts of 50 %", Cell { rate, share, errors, ..Cell::default() }, 300);
    }
}

#[test]
fn clustered_errors() {
    for share in [0.1, 0.5] {
        let pages = Errors { alone: 0.001, pages: 0.002, ..Errors::default() };
        check("pages of six failures", Cell { share, errors: pages, ..Cell::default() }, 300);
        let broken = Errors { alone: 0.002, broken_accounts: 0.02, ..Errors::default() };
        check("2 % of accounts broken", Cell { share, errors: broken, ..Cell::default() }, 300);
        let busy = Cell { share, errors: broken, session_every: 2.0, ..Cell::default() };
        check("2 % of few, busy accounts broken", busy, 300);
    }
}

/// Why a session is muted on all routes: with one event for each session and route, pages that fail as a whole abort
/// good releases.
#[test]
fn muting_by_route_would_abort_good_releases() {
    let errors = Errors { alone: 0.001, pages: 0.002, ..Errors::default() };
    let cell = Cell { muted_by_route: true, errors, ..Cell::default() };
    let config = JudgeConfig { bound: 0.0, sessions: 1, ..JudgeConfig::default() };
    let aborted = runs(&cell, &config, 300, CANARIES).iter().filter(|outcome| outcome.aborted()).count();
    println!("muted by session and route: {aborted} of {CANARIES} aborted");
    assert!(aborted > MOST, "{aborted}");
}
