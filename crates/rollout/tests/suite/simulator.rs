//! A small simulator of users and two releases: sessions that make requests, errors that come alone, in bursts, by the
//! page or with a broken account; counted by the real tally, judged by the real judge.

use seaworthy_rollout::count::{Ended, Failure, Second, Tally};
use seaworthy_rollout::judge::{Baseline, Judge, JudgeConfig, OnInconclusive, Verdict};
use seaworthy_rollout::{Arm, Moment, Weight};

/// How requests fail.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    /// The chance of each request to fail.
    pub(crate) alone: f64,
    /// Now and then (every two minutes) half of all requests fail for five seconds, in both arms.
    pub(crate) bursts: bool,
    /// The chance of each request to be a page whose five further requests fail with it, on five routes.
    pub(crate) pages: f64,
    /// The share of sessions that fail half of the time, whichever release they meet.
    pub(crate) broken_accounts: f64,
}

/// One line of a table: traffic, and what is wrong with whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The canary's share.
    pub(crate) share: f64,
    /// Its share in the second step, where there is one.
    pub(crate) next_share: Option<f64>,
    /// How often each session makes a request, in seconds.
    pub(crate) session_every: f64,
    /// How both arms fail.
    pub(crate) errors: Errors,
    /// The chance of a request of the canary to fail in addition.
    pub(crate) canary_fails: f64,
    /// The chance of a request of the canary to be slow, against 5 % in the stable arm.
    pub(crate) canary_slow: f64,
    /// Events are muted by session and route, not by session.
    pub(crate) muted_by_route: bool,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            rate: 20.0,
            share: 0.1,
            next_share: None,
            session_every: 10.0,
            errors: Errors { alone: 0.005, ..Errors::default() },
            canary_fails: 0.0,
            canary_slow: 0.05,
            muted_by_route: false,
        }
    }
}

/// What became of a canary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// What was said at last.
    pub(crate) verdict: Verdict,
    /// Seconds from the first traffic of the canary.
    pub(crate) seconds: u64,
    /// Seconds from its first failed request.
    pub(crate) since_failure: u64,
}

impl Outcome {
    pub(crate) fn aborted(&self) -> bool {
        matches!(self.verdict, Verdict::Abort(_))
    }
}

/// Runs one canary until the judge ends its last step or aborts, `longest` seconds at most.
pub(crate) fn run(cell: &Cell, config: &JudgeConfig, longest: u64, seed: u64) -> Outcome {
    let mut rng = fastrand::Rng::with_seed(seed);
    let sessions = (cell.rate * cell.session_every).ceil() as u64;
    let salt = rng.u64(..);
    let mut tally = Tally::new(50_000);
    let mut judge = Judge::new(config.clone(), weight(cell.share), Moment(0));
    let mut burst_until = 0;
    let (mut share, mut next_share) = (cell.share, cell.next_share);
    for second in 0..longest {
        if cell.errors.bursts && rng.f64() < 1.0 / 120.0 {
            burst_until = second + 5;
        }
        let now = Moment(second * 1000 + 500);
        for _ in 0..poisson(&mut rng, cell.rate) {
            // A session's arm and fate are fixed for its life.
            let mut session = fastrand::Rng::with_seed(salt ^ rng.u64(..sessions));
            let (id, in_canary, broken) =
                (session.u64(..), session.f64() < share, session.f64() < cell.errors.broken_accounts);
            let arm = if in_canary { Arm::Canary } else { Arm::Stable };
            let page = rng.f64() < cell.errors.pages;
            let fails = page
                || rng.f64() < cell.errors.alone
                || (broken && rng.bool())
                || (second < burst_until && rng.bool())
                || (in_canary && rng.f64() < cell.canary_fails);
            let slow = rng.f64() < if in_canary { cell.canary_slow } else { 0.05 };
            for request in 0..if page { 6 } else { 1 } {
                let route = if page { request } else { rng.u64(..10) };
                let session =
                    if cell.muted_by_route { id ^ route.wrapping_mul(0x9e37_79b9_7f4a_7c15) } else { id };
                let failure = fails.then_some(Failure::ServerError);
                tally.record(now, &Ended { arm, session, fresh: false, failure, slow });
            }
        }
        let next = Moment((second + 1) * 1000);
        for counted in tally.take(next) {
            judge.second(&counted);
        }
        let verdict = judge.verdict(next);
        if let (Verdict::Promote(_), Some(next)) = (verdict, next_share) {
            share = next;
            next_share = None;
            judge.step(weight(next), Moment((second + 1) * 1000));
        } else if !matches!(verdict, Verdict::Wait | Verdict::Inconclusive(_, OnInconclusive::Extend(_))) {
            let failed = judge.report().first_event.unwrap_or(next);
            return Outcome { verdict, seconds: second + 1, since_failure: next.since(failed).as_secs() };
        }
    }
    Outcome { verdict: Verdict::Wait, seconds: longest, since_failure: longest }
}

fn weight(share: f64) -> Weight {
    Weight::basis_points((share * 10_000.0).round() as u16).unwrap()
}

/// A number of arrivals; by Knuth for few, by the normal distribution for many.
fn poisson(rng: &mut fastrand::Rng, mean: f64) -> u32 {
    if mean > 30.0 {
        let normal = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        return (mean + mean.sqrt() * normal).round().max(0.0) as u32;
    }
    let (mut arrivals, mut product, end) = (0, rng.f64(), (-mean).exp());
    while product > end {
        arrivals += 1;
        product *= rng.f64();
    }
    arrivals
}

/// Runs many canaries, each with its own seed.
pub(crate) fn runs(cell: &Cell, config: &JudgeConfig, longest: u64, times: u64) -> Vec<Outcome> {
    (0..times).map(|seed| run(cell, config, longest, 0x5ea_0000 + seed)).collect()
}

/// A watch after promotion: five minutes of the old release, then the new one with all the traffic. The second in which it
/// was taken back, if it was.
pub(crate) fn watch(rate: f64, before: f64, after: f64, longest: u64, seed: u64) -> Option<u64> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::new(10_000);
    let mut count = |second: u64, arm: Arm, fails: f64| {
        for _ in 0..poisson(&mut rng, rate) {
            let failure = (rng.f64() < fails).then_some(Failure::ServerError);
            let ended = Ended { arm, session: rng.u64(..), fresh: false, failure, slow: rng.u8(..) < 13 };
            tally.record(Moment(second * 1000), &ended);
        }
        tally.take(Moment((second + 1) * 1000)).pop().unwrap_or_default()
    };
    let mut baseline = Baseline::default();
    for second in 0..300 {
        baseline.add(&count(second, Arm::Stable, before).stable);
    }
    let mut judge = Judge::new(JudgeConfig::default().of_watch(), Weight::percent(50), Moment(300_000));
    for second in 0..longest {
        let counted = count(300 + second, Arm::Canary, after);
        judge.second(&Second { stable: baseline.replay(), ..counted });
        if matches!(judge.verdict(counted.at), Verdict::Abort(_)) {
            return Some(second + 1);
        }
    }
    None
}
