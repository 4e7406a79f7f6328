//! The members of the demo, and what becomes of them.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_wraps,
    reason = "figures that are made up need not be exact"
)]

use jiff::{SignedDuration, Timestamp};
use seaworthy_engine::Order;
use seaworthy_engine::view::{
    AppState, AppView, MailView, MemberMetrics, MemberView, MetricsView, ProblemView, RequestsView, Role,
    SaveView, StepState, StepView, UsageView, VariableView,
};

fn ago(seconds: i64) -> String {
    (Timestamp::now() - SignedDuration::from_secs(seconds)).to_string()
}

fn member(name: &str, role: Role, kind: &str, phase: &str) -> MemberView {
    MemberView {
        name: name.to_owned(),
        role,
        kind: kind.to_owned(),
        phase: phase.to_owned(),
        detail: String::new(),
        since: ago(1260),
        command: None,
        pid: None,
        port: None,
        urls: Vec::new(),
        started_at: Some(ago(1262)),
        ready_after_ms: None,
        restarts: 0,
        last_exit: None,
        cause: None,
        needs: Vec::new(),
        usage: None,
        requests: None,
        has_log: true,
        unlimited: None,
    }
}

fn used(cpu: f64, mebibytes: u64) -> Option<UsageView> {
    Some(UsageView {
        cpu,
        memory: mebibytes << 20,
        files: 48,
        processes: 3,
        disk_read: 0,
        disk_written: 4096,
    })
}

fn requests(rate: f64, errors: f64, p95_ms: f64) -> Option<RequestsView> {
    let (p50_ms, p99_ms) = (p95_ms / 4.0, p95_ms * 1.8);
    Some(RequestsView { rate, errors, p50_ms, p95_ms, p99_ms, in_flight: 2, total: 18_204 })
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn app(port: u16) -> AppView {
    let url = |host: &str| format!("http://{host}.localhost:4000");
    let members = vec![
        MemberView {
            command: Some("postgres -D .seaworthy/data/db".to_owned()),
            pid: Some(20_114),
            port: Some(5433),
            ready_after_ms: Some(412),
            usage: used(0.012, 46),
            ..member("db", Role::Resource, "postgres", "ready")
        },
        MemberView {
            port: Some(6380),
            pid: Some(20_117),
            ready_after_ms: Some(9),
            usage: used(0.004, 9),
            ..member("cache", Role::Resource, "redis", "ready")
        },
        MemberView {
            port: Some(1025),
            ready_after_ms: Some(1),
            has_log: false,
            ..member("mail", Role::Resource, "smtp", "ready")
        },
        MemberView {
            command: Some("npm run dev".to_owned()),
            pid: Some(20_150),
            port: Some(4010),
            urls: vec![url("artist-dashboard") + "/api", url("api.artist-dashboard")],
            ready_after_ms: Some(1841),
            restarts: 1,
            needs: names(&["db", "cache", "mail"]),
            usage: used(0.137, 164),
            requests: requests(23.4, 0.004, 84.0),
            ..member("api", Role::Service, "web", "ready")
        },
        MemberView {
            command: Some("celery -A app worker --concurrency=1".to_owned()),
            pid: Some(20_162),
            ready_after_ms: Some(2310),
            needs: names(&["db", "cache"]),
            usage: used(0.42, 88),
            unlimited: Some("memory cannot be limited: this user may not write to /sys/fs/cgroup".to_owned()),
            ..member("worker", Role::Service, "worker", "ready")
        },
        MemberView {
            command: Some("python mailer.py".to_owned()),
            phase: "crash-loop".to_owned(),
            detail: "ended 6 times within a minute; the next start is in 8 s".to_owned(),
            since: ago(95),
            restarts: 6,
            last_exit: Some("exited with code 1".to_owned()),
            cause: Some(
                "ConnectionRefusedError: [Errno 111] Connection refused: ('127.0.0.1', 1025)".to_owned(),
            ),
            needs: names(&["db", "mail"]),
            ..member("mailer", Role::Service, "worker", "crash-loop")
        },
        MemberView {
            command: Some("npm run dev".to_owned()),
            pid: Some(20_171),
            port: Some(5174),
            urls: vec![url("artist-dashboard"), url("web.artist-dashboard")],
            ready_after_ms: Some(640),
            needs: names(&["api"]),
            usage: used(0.051, 212),
            requests: requests(4.1, 0.0, 12.0),
            ..member("web", Role::Service, "web", "ready")
        },
        MemberView {
            command: Some("node digest.js".to_owned()),
            detail: "runs again tomorrow at 07:00".to_owned(),
            last_exit: Some("exited with code 0".to_owned()),
            needs: names(&["db"]),
            started_at: None,
            ..member("digest", Role::Job, "schedule", "completed")
        },
    ];
    AppView {
        schema: "sea.status/1".to_owned(),
        name: "artist-dashboard".to_owned(),
        root: "/home/mara/src/artist-dashboard".to_owned(),
        run: "01jd8x".to_owned(),
        started_at: ago(1268),
        state: AppState::Degraded,
        url: Some(url("artist-dashboard")),
        dashboard_url: Some(format!("http://localhost:{port}")),
        members,
        steps: steps(),
        problems: vec![
            ProblemView {
                code: String::from("crash-loop"),
                message: "mailer ends as soon as it is started: ConnectionRefusedError: [Errno 111] Connection refused: ('127.0.0.1', 1025)".to_owned(),
                next: Some("sea logs mailer --level error".to_owned()),
                members: names(&["mailer"]),
            },
            ProblemView {
                code: String::from("missing-variable"),
                message: "STRIPE_KEY is read in services/api/src/billing.ts:12 and set nowhere; payments will fail".to_owned(),
                next: Some("echo STRIPE_KEY=sk_test_... >> .env".to_owned()),
                members: names(&["api"]),
            },
        ],
    }
}

fn step(
    id: &str,
    title: &str,
    state: StepState,
    start: i64,
    took_ms: u64,
    reason: &str,
    members: &[&str],
) -> StepView {
    let began = Timestamp::now() - SignedDuration::from_secs(1268) + SignedDuration::from_millis(start);
    let ran = state != StepState::Skipped;
    StepView {
        id: id.to_owned(),
        title: title.to_owned(),
        members: names(members),
        state,
        reason: reason.to_owned(),
        command: ran.then(|| title.to_owned()),
        started_at: ran.then(|| began.to_string()),
        took_ms: ran.then_some(took_ms),
        detail: String::new(),
        output: Vec::new(),
    }
}

fn steps() -> Vec<StepView> {
    use StepState::{Done, Skipped};
    vec![
        step("1", "npm ci in services/api", Done, 40, 2140, "package-lock.json changed", &["api"]),
        step("2", "npm ci in web", Done, 44, 3275, "package-lock.json changed", &["web"]),
        step("3", "pip install in services/worker", Skipped, 0, 0, "nothing changed", &["worker", "mailer"]),
        step("4", "make database db", Done, 60, 412, "its folder is empty", &["db"]),
        step("5", "migrate db", Done, 480, 890, "2 migrations are new", &["api", "worker"]),
        step("6", "seed db", Done, 1372, 130, "db/seed.sql changed", &["api"]),
    ]
}

/// Figures move a little, and orders are carried out; whether the latter happened.
pub(super) fn second(app: &mut AppView, turn: u64) -> bool {
    let mut changed = false;
    for (at, member) in app.members.iter_mut().enumerate() {
        let wave = ((turn as f64 / 35.0) + at as f64).sin();
        if let Some(usage) = &mut member.usage {
            usage.cpu = (usage.cpu * (1.0 + wave * 0.2)).clamp(0.002, 1.6);
        }
        if let Some(requests) = &mut member.requests {
            requests.rate = (requests.rate * (1.0 + wave * 0.1)).clamp(0.5, 80.0);
            requests.total += requests.rate as u64;
        }
        if member.since > ago(1) {
            // An order takes a second.
            continue;
        }
        if member.phase == "starting" || member.phase == "restarting" {
            changed = true;
            "ready".clone_into(&mut member.phase);
            member.since = Timestamp::now().to_string();
            member.ready_after_ms = Some(812);
            member.usage = used(0.05, 90);
        }
        if member.phase == "stopping" {
            changed = true;
            "stopped".clone_into(&mut member.phase);
            member.since = Timestamp::now().to_string();
            member.usage = None;
            member.pid = None;
        }
    }
    changed
}

/// The service that crashes does so again.
pub(super) fn crash(app: &mut AppView) {
    if let Some(mailer) = app.members.iter_mut().find(|member| member.phase == "crash-loop") {
        mailer.restarts += 1;
        mailer.detail =
            format!("ended {} times within a minute; the next start is in 8 s", mailer.restarts.min(9));
    }
}

/// Carries out an order; none where that cannot be.
pub(super) fn order(app: &mut AppView, at: usize, order: Order) -> Option<()> {
    let member = &mut app.members[at];
    member.command.as_ref()?;
    match order {
        Order::Start => "starting",
        Order::Stop => "stopping",
        Order::Restart => "restarting",
    }
    .clone_into(&mut member.phase);
    member.since = Timestamp::now().to_string();
    member.started_at = Some(Timestamp::now().to_string());
    member.detail = String::new();
    Some(())
}

pub(super) fn environment(reveal: bool) -> Vec<VariableView> {
    let variable = |name: &str, value: &str, secret: bool, source: &str| VariableView {
        name: name.to_owned(),
        value: (!secret || reveal).then(|| value.to_owned()),
        secret,
        source: source.to_owned(),
    };
    vec![
        variable("DATABASE_URL", "postgres://app:hunter2@127.0.0.1:5433/app", true, "resources.db"),
        variable("LOG_LEVEL", "debug", false, ".env:4"),
        variable("NODE_ENV", "development", false, "sea up"),
        variable("PORT", "4010", false, "sea up"),
        variable("REDIS_URL", "redis://127.0.0.1:6380/0", false, "resources.cache"),
        variable("SESSION_SECRET", "3f9c", true, "generated for development"),
        variable("SMTP_HOST", "127.0.0.1", false, "resources.mail"),
        variable("STRIPE_KEY", "sk_test_1", true, ".env:9"),
    ]
}

pub(super) fn metrics(from: i64, to: i64) -> MetricsView {
    let at: Vec<i64> = (from..=to).collect();
    let list = |value: &dyn Fn(f64) -> f64| at.iter().map(|at| Some(value(*at as f64))).collect::<Vec<_>>();
    let noise = |at: f64, seed: f64| ((at * 12.9898 + seed * 78.233).sin() * 43_758.545).fract().abs();
    let of = |name: &str, seed: f64, served: bool, cpu: f64, mebibytes: f64| {
        let wave = |at: f64| 1.0 + (at / 47.0 + seed).sin() * 0.35 + noise(at, seed) * 0.25;
        let spike = |at: f64| if (at as i64 / 8) % 19 == seed as i64 { 4.0 } else { 1.0 };
        let when = |value: &dyn Fn(f64) -> f64| if served { list(value) } else { vec![None; at.len()] };
        MemberMetrics {
            name: name.to_owned(),
            cpu: list(&|at| cpu * wave(at) * spike(at)),
            memory: list(&|at| (mebibytes + (at / 90.0 + seed).sin() * 6.0) * f64::from(1 << 20)),
            rate: when(&|at| 20.0 * wave(at)),
            errors: when(&|at| if spike(at) > 1.0 { noise(at, seed) * 3.0 } else { 0.0 }),
            p50_ms: when(&|at| 18.0 * wave(at)),
            p95_ms: when(&|at| 70.0 * wave(at) * spike(at).sqrt()),
            p99_ms: when(&|at| 120.0 * wave(at) * spike(at)),
        }
    };
    let members = vec![
        of("db", 1.0, false, 0.012, 46.0),
        of("cache", 2.0, false, 0.004, 9.0),
        of("api", 3.0, true, 0.137, 164.0),
        of("worker", 4.0, false, 0.42, 88.0),
        of("web", 5.0, true, 0.051, 212.0),
    ];
    MetricsView { members, at }
}

pub(super) fn saves() -> Vec<SaveView> {
    (0..48_u64)
        .map(|number| {
            let (member, action, file) = match number % 5 {
                0 => ("web", "own", "web/src/pages/Project.tsx"),
                1 => ("worker", "restart", "services/worker/app/tasks.py"),
                2 if number % 15 == 2 => ("api", "install", "services/api/package-lock.json"),
                _ => ("api", "restart", "services/api/src/routes/projects.ts"),
            };
            let failed =
                (number == 11).then(|| "exited with code 1: SyntaxError: Unexpected token '}'".to_owned());
            let base = if action == "install" { 2900 } else { 180 + (number * 37) % 420 };
            SaveView {
                at: ago(i64::try_from(number * 24 + 9).unwrap_or(0)),
                files: names(&[file]),
                count: 1 + number % 3,
                member: member.to_owned(),
                action: action.to_owned(),
                ready_after_ms: (action != "own" && failed.is_none()).then_some(base),
                failed,
            }
        })
        .collect()
}

pub(super) fn mails() -> Vec<MailView> {
    let mail = |id: &str, seconds: i64, subject: &str, html: Option<&str>, attachments: &[&str]| MailView {
        id: id.to_owned(),
        resource: "mail".to_owned(),
        at: ago(seconds),
        from: "Artist Dashboard <hello@artist-dashboard.test>".to_owned(),
        to: names(&["mara@example.test"]),
        subject: subject.to_owned(),
        text: Some(format!(
            "{subject}\n\nHello Mara,\n\nopen http://artist-dashboard.localhost:4000/confirm?token=81f2 to go on.\n"
        )),
        html: html.map(str::to_owned),
        attachments: names(attachments),
    };
    let welcome = "<body style=\"font-family:sans-serif;margin:24px\"><h1 style=\"color:#0b5cad\">Welcome, Mara</h1><p>Confirm your address to publish your first project.</p><p><a href=\"http://artist-dashboard.localhost:4000/confirm?token=81f2\" style=\"background:#0b5cad;color:#fff;padding:8px 16px;border-radius:4px\">Confirm</a></p><img src=\"http://tracker.example/pixel.gif\"><script>document.title = 'owned'</script></body>";
    vec![
        mail("m3", 41, "Confirm your address", Some(welcome), &[]),
        mail("m2", 600, "Invoice 2026-118", None, &["invoice-2026-118.pdf", "terms.txt"]),
        mail("m1", 1100, "Your weekly digest", Some("<h2>Three new projects</h2>"), &[]),
    ]
}
