//! Prometheus: what is scraped, recorded and alerted on, and the tests of its rules; for each environment its own, since
//! limits, namespaces and replicas differ between them.

mod losses;
mod rules;
mod scrape;
mod trials;

use crate::monitor::Monitor;
use crate::print::yaml;
use crate::{Comment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target = Target {
    id: "prometheus",
    title: "Prometheus: scrape configuration, recording and alerting rules, tests of the rules",
    by_default: true,
    make,
};

#[allow(clippy::unnecessary_wraps, reason = "every target may fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    for monitor in Monitor::all(input) {
        let folder = monitor.folder();
        for (name, body) in [
            ("prometheus.yaml", scrape::configuration(&monitor)),
            ("recording.yaml", rules::recording(&monitor)),
            ("alerts.yaml", rules::alerting(&monitor)),
            ("tests.yaml", trials::tests(&monitor)),
        ] {
            output.file(&header, Comment::Hash, format!("{folder}/{name}"), &yaml(&body));
        }
        losses::tell(&monitor, output);
    }
    Ok(())
}
