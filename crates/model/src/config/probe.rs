//! Probes: `"/healthz"`, or a table that says more.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::decode::{Decode, Decoder, Value};
use super::table::table;
use super::{Command, Diagnostic, HttpPath, Phrase, Port, Threshold};
use crate::quantity::Duration;
use crate::{Probe, ProbeAction};

table! {
    /// A probe with all that can be said about it: exactly one of `http`, `tcp`, `exec` and `log`.
    pub struct ProbeConfig {
        /// GET of this path answers 2xx or 3xx.
        http: HttpPath,
        /// This port accepts a connection; `true` means the port of the service.
        tcp: TcpPort,
        /// This command exits with 0.
        exec: Command,
        /// A line of the log matches this pattern.
        log: Phrase,
        /// How often it asks; below a second is allowed.
        period: Duration,
        /// How long one answer may take.
        timeout: Duration,
        /// How long after the start it asks first.
        initial_delay: Duration,
        /// Failures in a row that make it failed.
        failure_threshold: Threshold,
        /// Successes in a row that make it passed.
        success_threshold: Threshold,
    }
}

/// The port of a TCP probe; 0 is the service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpPort(pub u16);

impl Decode for TcpPort {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Boolean(true) => Some(Self(0)),
            DeValue::Boolean(false) => {
                decoder.wrong_type(
                    value,
                    "a port, or `true` for the port of the service",
                    "write `tcp = true`, or leave it out".into(),
                );
                None
            }
            _ => Port::decode(value, decoder).map(|port| Self(port.0)),
        }
    }
}

impl JsonSchema for TcpPort {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TcpPort".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Port>(), { "const": true }] })
    }
}

impl Decode for Probe {
    fn decode(value: &Value<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if value.get_ref().is_str() {
            return HttpPath::decode(value, decoder).map(|path| Self::http(String::from(path)));
        }
        if !value.get_ref().is_table() {
            let help = format!("write `{} = \"/healthz\"`", decoder.key());
            decoder.wrong_type(value, "a path or a table", help);
            return None;
        }
        let known = decoder.count();
        let config = ProbeConfig::decode(value, decoder)?;
        let actions = [
            config.http.map(|path| ("http", path.span, ProbeAction::Http(path.value.into()))),
            config.tcp.map(|port| ("tcp", port.span, ProbeAction::Tcp(port.value.0))),
            config.exec.map(|command| ("exec", command.span, ProbeAction::Exec(command.value.into()))),
            config.log.map(|pattern| ("log", pattern.span, ProbeAction::Log(pattern.value.into()))),
        ];
        let mut actions = actions.into_iter().flatten();
        let Some((first, span, action)) = actions.next() else {
            // A probe whose only action was refused has been told about already.
            if decoder.count() == known {
                let message = format!("`{}` does not say what to ask", decoder.path());
                decoder.report(
                    Diagnostic::error("missing-key", value.span(), message).help(
                        "add one of `http = \"/healthz\"`, `tcp = true`, `exec = \"...\"`, `log = \"...\"`"
                            .to_owned(),
                    ),
                );
            }
            return None;
        };
        for (other, other_span, _) in actions {
            let message = format!("`{}` asks two things: `{first}` and `{other}`", decoder.path());
            decoder.report(
                Diagnostic::error("conflicting-keys", other_span, message)
                    .and(span.clone(), "the first")
                    .help(format!("keep `{first}` or `{other}`")),
            );
        }
        Some(Self {
            action,
            period: config.period.map(|period| period.value),
            timeout: config.timeout.map(|timeout| timeout.value),
            initial_delay: config.initial_delay.map(|delay| delay.value),
            failure_threshold: config.failure_threshold.map(|threshold| threshold.value.0),
            success_threshold: config.success_threshold.map(|threshold| threshold.value.0),
        })
    }
}

impl JsonSchema for Probe {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Probe".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [generator.subschema_for::<HttpPath>(), generator.subschema_for::<ProbeConfig>()],
        })
    }
}
