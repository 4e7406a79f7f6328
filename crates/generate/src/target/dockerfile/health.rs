//! Health checks that need nothing but what the image has: its own language, or a program of `BusyBox`.

use seaworthy_model::quantity::Duration;
use seaworthy_model::{Probe, ProbeAction};

use super::recipe::plain_duration;
use crate::Instance;

/// What an image can ask a port with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// `node -e`.
    Node,
    /// `bun -e`.
    Bun,
    /// `deno eval`.
    Deno,
    /// `python -c`.
    Python,
    /// `ruby -e`.
    Ruby,
    /// `php -r`.
    Php,
    /// `wget` and `nc` of `BusyBox`, as Alpine has them.
    BusyBox,
    /// The same, copied as one static file into an image that has neither.
    Copied,
}

/// The words that ask the readiness probe of a service from inside its container; `None` where it has none that can
/// be asked there.
pub(crate) fn check(instance: &Instance<'_>, asker: Asker) -> Option<Vec<String>> {
    let probe = instance.probes.readiness.as_ref()?;
    let own = instance.port?;
    match &probe.action {
        ProbeAction::Http(path) => Some(http(asker, own, path, seconds(probe.timeout))),
        ProbeAction::Tcp(0) => Some(tcp(asker, own, seconds(probe.timeout))),
        ProbeAction::Tcp(port) => Some(tcp(asker, *port, seconds(probe.timeout))),
        ProbeAction::Exec(command) => Some(
            super::command::Command::read(command, &|name| (name == "PORT").then(|| own.to_string())).words,
        ),
        ProbeAction::Log(_) => None,
    }
}

/// The options of `HEALTHCHECK`: how often, how long, how many.
pub(crate) fn timing(instance: &Instance<'_>) -> String {
    let Some(probe) = &instance.probes.readiness else { return String::new() };
    let start = start_period(instance);
    format!(
        "--interval={}s --timeout={}s --start-period={start} --retries={}",
        period(probe),
        seconds(probe.timeout),
        probe.failure_threshold.unwrap_or(3)
    )
}

/// How often it is asked: in whole seconds, since not every reader of a Dockerfile knows parts of them.
fn period(probe: &Probe) -> u64 {
    seconds(probe.period.or(Some(Duration::from_millis(5_000))))
}

/// It is to be asked more often than an image can say.
pub(crate) fn is_rounded(instance: &Instance<'_>) -> bool {
    let period = instance.probes.readiness.as_ref().and_then(|probe| probe.period);
    period.is_some_and(|period| period.as_millis() % 1_000 != 0)
}

/// How long a start may take before failures count.
pub(crate) fn start_period(instance: &Instance<'_>) -> String {
    let millis = instance.probes.startup.as_ref().map_or(60_000, |probe| {
        let period = probe.period.map_or(1_000, Duration::as_millis);
        period.saturating_mul(probe.failure_threshold.unwrap_or(60).into())
    });
    plain_duration(Duration::from_millis(millis))
}

/// Whole seconds, at least one.
pub(crate) fn seconds(duration: Option<Duration>) -> u64 {
    duration.map_or(2, |duration| duration.as_millis().div_ceil(1_000).max(1))
}

/// Any answer below 400 will do, and no redirect is followed, as the probes of Kubernetes have it.
fn http(asker: Asker, port: u16, path: &str, timeout: u64) -> Vec<String> {
    let url = format!("http://127.0.0.1:{port}{path}");
    match asker {
        Asker::Node => words([
            "node",
            "-e",
            &format!(
                "require('http').get('{url}', r => process.exit(r.statusCode < 400 ? 0 : 1)).on('error', () => process.exit(1))"
            ),
        ]),
        Asker::Bun => words([
            "bun",
            "-e",
            &format!("process.exit((await fetch('{url}', {{ redirect: 'manual' }})).status < 400 ? 0 : 1)"),
        ]),
        Asker::Deno => words([
            "deno",
            "eval",
            &format!("Deno.exit((await fetch('{url}', {{ redirect: 'manual' }})).status < 400 ? 0 : 1)"),
        ]),
        Asker::Python => words([
            "python",
            "-c",
            &format!(
                "import http.client as h; c = h.HTTPConnection('127.0.0.1', {port}, timeout={timeout}); \
             c.request('GET', '{path}'); raise SystemExit(c.getresponse().status >= 400)"
            ),
        ]),
        Asker::Ruby => words([
            "ruby",
            "-rnet/http",
            "-e",
            &format!("exit Net::HTTP.get_response('127.0.0.1', '{path}', {port}).code.to_i < 400"),
        ]),
        Asker::Php => words(["php", "-r", &format!("exit(@file_get_contents('{url}') === false ? 1 : 0);")]),
        Asker::BusyBox | Asker::Copied => words(["wget", "-q", "-O", "/dev/null", &url]),
    }
}

fn tcp(asker: Asker, port: u16, timeout: u64) -> Vec<String> {
    match asker {
        Asker::Node => words([
            "node",
            "-e",
            &format!(
                "require('net').connect({port}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
            ),
        ]),
        Asker::Bun => words([
            "bun",
            "-e",
            &format!(
                "await Bun.connect({{ hostname: '127.0.0.1', port: {port}, socket: {{ data() {{}} }} }}); process.exit(0)"
            ),
        ]),
        Asker::Deno => words(["deno", "eval", &format!("(await Deno.connect({{ port: {port} }})).close()")]),
        Asker::Python => words([
            "python",
            "-c",
            &format!("import socket; socket.create_connection(('127.0.0.1', {port}), {timeout})"),
        ]),
        Asker::Ruby => words(["ruby", "-rsocket", "-e", &format!("TCPSocket.new('127.0.0.1', {port})")]),
        Asker::Php => words(["php", "-r", &format!("exit(@fsockopen('127.0.0.1', {port}) ? 0 : 1);")]),
        Asker::BusyBox | Asker::Copied => words(["nc", "-z", "127.0.0.1", &port.to_string()]),
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}
