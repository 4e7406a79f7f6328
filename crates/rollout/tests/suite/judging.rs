//! Hard stops, policies and explanations of the judge, second by second.

use std::time::Duration;

use seaworthy_rollout::count::{Second, Stream};
use seaworthy_rollout::judge::{
    Cause, Doubt, Ground, HardStop, Incident, Judge, JudgeConfig, OnInconclusive, Verdict,
};
use seaworthy_rollout::{Arm, Moment, Weight};

fn judge(config: JudgeConfig) -> Judge {
    Judge::new(config, Weight::percent(10), Moment(0))
}

/// A second with 90 requests of the stable arm and 10 of the canary, so many of which fail, each of another session.
fn second(at: u64, stable_fails: u32, canary_fails: u32) -> Second {
    let mut second = Second { at: Moment(at * 1000), ..Second::default() };
    for (arm, requests, fails) in [(Arm::Stable, 90, stable_fails), (Arm::Canary, 10, canary_fails)] {
        let counts = second.arm(arm);
        (counts.requests, counts.failed) = (requests, fails);
        counts.exposure[Stream::ServerError] = requests;
        counts.events[Stream::ServerError] = fails;
        counts.first_events[Stream::ServerError] = fails;
    }
    second
}

const HARD: fn(HardStop) -> Verdict = |stop| Verdict::Abort(Cause::HardStop(stop));

#[test]
fn hard_stops_of_incidents() {
    for (incident, stop) in
        [(Incident::Exited, HardStop::Exited), (Incident::OutOfMemory, HardStop::OutOfMemory)]
    {
        let mut judge = judge(JudgeConfig::default());
        judge.incident(Arm::Stable, incident);
        assert_eq!(judge.verdict(Moment(0)), Verdict::Wait);
        judge.incident(Arm::Canary, incident);
        assert_eq!(judge.verdict(Moment(0)), HARD(stop));
        judge.incident(Arm::Canary, Incident::ProbePassed);
        assert_eq!(judge.verdict(Moment(0)), HARD(stop), "an abort stands");
    }
}

#[test]
fn three_failed_probes_running_that_the_stable_arm_passes() {
    let mut alone = judge(JudgeConfig::default());
    for incident in
        [Incident::ProbeFailed, Incident::ProbeFailed, Incident::ProbePassed, Incident::ProbeFailed]
    {
        alone.incident(Arm::Canary, incident);
    }
    alone.incident(Arm::Canary, Incident::ProbeFailed);
    assert_eq!(alone.verdict(Moment(0)), Verdict::Wait);
    alone.incident(Arm::Canary, Incident::ProbeFailed);
    assert_eq!(alone.verdict(Moment(0)), HARD(HardStop::ProbesFailed));

    let mut both = judge(JudgeConfig::default());
    for _ in 0..5 {
        both.incident(Arm::Stable, Incident::ProbeFailed);
        both.incident(Arm::Canary, Incident::ProbeFailed);
    }
    assert_eq!(both.verdict(Moment(0)), Verdict::Wait, "the database is away for both");
    both.incident(Arm::Stable, Incident::ProbePassed);
    assert_eq!(both.verdict(Moment(0)), HARD(HardStop::ProbesFailed), "and comes back for one");
}

#[test]
fn the_first_twenty_requests() {
    let mut alone = judge(JudgeConfig { alpha: 1e-9, ..JudgeConfig::default() });
    alone.second(&second(0, 0, 10));
    assert_eq!(alone.verdict(Moment(1000)), Verdict::Wait);
    alone.second(&second(1, 0, 10));
    assert_eq!(alone.verdict(Moment(2000)), HARD(HardStop::FirstRequestsFailed));
    for seconds in [[(90, 10), (90, 10)], [(0, 10), (0, 9)]] {
        let mut judge = judge(JudgeConfig { alpha: 1e-30, ..JudgeConfig::default() });
        for (at, (stable, canary)) in seconds.into_iter().enumerate() {
            judge.second(&second(at as u64, stable, canary));
        }
        assert_eq!(judge.verdict(Moment(2000)), Verdict::Wait, "{seconds:?}");
    }
}

#[test]
fn the_report_says_which_stream_and_the_two_numbers() {
    let mut judge = judge(JudgeConfig::default());
    for at in 0..10 {
        judge.second(&second(at, u32::from(at % 5 == 0), u32::from(at > 2)));
    }
    assert_eq!(judge.verdict(Moment(10_000)), Verdict::Abort(Cause::Evidence(Stream::ServerError)));
    let report = judge.report();
    assert_eq!(report.cause, Some(Cause::Evidence(Stream::ServerError)));
    assert_eq!(report.first_event, Some(Moment(3000)));
    assert!(report.evidence >= report.aborts_at && report.requests == 100);
    let errors = report.streams[0];
    assert_eq!((errors.canary.events, errors.canary.of), (7, 100));
    assert_eq!((errors.stable.events, errors.stable.of), (2, 900));
    assert!(errors.odds_ratio.is_some_and(|ratio| ratio > 20.0));
    assert_eq!(report.timeline.len(), 10);
    assert!(report.timeline[9].evidence > report.timeline[2].evidence);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["streams"][0]["stream"], "server-error");
    assert!(json["streams"][3]["bound"].is_null());
}

#[test]
fn one_or_two_sessions_are_no_reason() {
    let mut judge = judge(JudgeConfig::default());
    for at in 0..20 {
        let mut second = second(at, 0, 1);
        second.canary.first_events[Stream::ServerError] = u32::from(at < 2);
        judge.second(&second);
    }
    assert!(judge.report().evidence > 1e6);
    assert_eq!(judge.verdict(Moment(20_000)), Verdict::Wait);
    assert_eq!(
        judge.verdict(Moment(300_000)),
        Verdict::Inconclusive(Doubt::Suspicion, OnInconclusive::Extend(1)),
        "and no reason to promote"
    );
}

#[test]
fn new_log_errors_and_restarts_abort_too() {
    for stream in [Stream::LogError, Stream::Restart] {
        let mut judge = judge(JudgeConfig::default());
        for at in 0..60 {
            let mut second = second(at, 0, 0);
            second.instances(Arm::Stable, 9, 0);
            let once = u32::from(at % 4 == 0);
            second.instances(Arm::Canary, 1, if stream == Stream::Restart { once } else { 0 });
            second.log_errors(0, if stream == Stream::LogError { once } else { 0 });
            judge.second(&second);
        }
        assert_eq!(judge.verdict(Moment(60_000)), Verdict::Abort(Cause::Evidence(stream)));
    }
}

#[test]
fn what_becomes_of_doubt_is_configured() {
    for (configured, verdicts) in [
        (OnInconclusive::Pause, vec![(300, OnInconclusive::Pause)]),
        (OnInconclusive::PromoteAndWatch, vec![(300, OnInconclusive::PromoteAndWatch)]),
        (
            OnInconclusive::Extend(2),
            vec![
                (300, OnInconclusive::Extend(1)),
                (600, OnInconclusive::Extend(0)),
                (900, OnInconclusive::PromoteAndWatch),
            ],
        ),
    ] {
        let mut judge = judge(JudgeConfig { inconclusive: configured, ..JudgeConfig::default() });
        for (at, then) in verdicts {
            assert_eq!(judge.verdict(Moment(at * 1000 - 1)), Verdict::Wait, "{configured:?}");
            let expected = Verdict::Inconclusive(Doubt::TooFewRequests, then);
            assert_eq!(judge.verdict(Moment(at * 1000)), expected, "{configured:?}");
        }
    }
}

#[test]
fn a_soak_with_enough_requests_promotes_and_a_step_soaks_anew() {
    let mut judge = judge(JudgeConfig::default());
    for at in 0..300 {
        judge.second(&second(at, 0, 0));
        assert_eq!(judge.verdict(Moment(at * 1000)), Verdict::Wait);
    }
    assert_eq!(judge.verdict(Moment(300_000)), Verdict::Promote(Ground::Soaked));
    judge.step(Weight::percent(50), Moment(300_000));
    assert_eq!(judge.verdict(Moment(300_000)), Verdict::Wait);
}

#[test]
fn enough_events_bound_the_odds_before_the_soak_is_over() {
    let mut judge = judge(JudgeConfig { soak: Duration::from_hours(1), ..JudgeConfig::default() });
    let bounded = (0..3600).find(|at| {
        judge.second(&second(*at, 9, 1));
        judge.verdict(Moment(at * 1000)) != Verdict::Wait
    });
    let bounded = bounded.unwrap();
    assert!((30..600).contains(&bounded), "{bounded}");
    assert_eq!(judge.verdict(Moment(bounded * 1000)), Verdict::Promote(Ground::Bounded));
}
