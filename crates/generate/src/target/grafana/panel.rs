//! One panel.

use crate::node;
use crate::print::Node;

/// How a panel shows its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lines over time.
    Lines,
    /// One figure for each series.
    Figures,
    /// The alerts that fire.
    Alerts,
}

/// What figures count, in Grafana's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Anything.
    Count,
    /// Something a second.
    PerSecond,
    /// A share from 0 to 1.
    Share,
    /// A length of time.
    Seconds,
}

impl Unit {
    fn id(self) -> &'static str {
        match self {
            Self::Count => "short",
            Self::PerSecond => "reqps",
            Self::Share => "percentunit",
            Self::Seconds => "s",
        }
    }
}

/// A panel.
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// What it means, for whoever sees it for the first time.
    pub(super) help: &'static str,
    pub(super) shape: Shape,
    pub(super) unit: Unit,
    /// `PromQL`, and what its series are called.
    pub(super) queries: Vec<(String, &'static str)>,
    /// From this figure on it is bad.
    pub(super) bad_from: Option<f64>,
}

impl Panel {
    /// Lines over time.
    pub(super) fn lines(title: &'static str, unit: Unit, help: &'static str) -> Self {
        Self { title, help, shape: Shape::Lines, unit, queries: Vec::new(), bad_from: None }
    }

    /// One figure for each series.
    pub(super) fn figures(title: &'static str, unit: Unit, help: &'static str) -> Self {
        Self { shape: Shape::Figures, ..Self::lines(title, unit, help) }
    }

    /// The alerts that fire.
    pub(super) fn alerts(title: &'static str, help: &'static str) -> Self {
        Self { shape: Shape::Alerts, ..Self::lines(title, Unit::Count, help) }
    }

    /// Adds a query.
    pub(super) fn query(mut self, expr: impl Into<String>, legend: &'static str) -> Self {
        self.queries.push((expr.into(), legend));
        self
    }

    /// Says from where on it is bad.
    pub(super) fn bad_from(mut self, value: f64) -> Self {
        self.bad_from = Some(value);
        self
    }

    pub(super) fn print(&self, id: i64, (x, y): (i64, i64), (w, h): (i64, i64)) -> Node {
        let source = node!({ "type": "prometheus", "uid": "${datasource}" });
        let targets: Vec<Node> = self
            .queries
            .iter()
            .zip('A'..='Z')
            .map(|((expr, legend), letter)| {
                node!({
                    "refId": (letter.to_string()),
                    "datasource": (source.clone()),
                    "expr": (expr.as_str()),
                    "legendFormat": (*legend),
                    "range": (self.shape == Shape::Lines),
                    "instant": (self.shape != Shape::Lines),
                    "format": (if self.shape == Shape::Alerts { "table" } else { "time_series" }),
                })
            })
            .collect();
        let mut steps = vec![node!({ "value": null, "color": "green" })];
        steps.extend(self.bad_from.map(|value| node!({ "value": value, "color": "red" })));
        let mut defaults = node!({
            "unit": (self.unit.id()),
            "min": 0,
            "thresholds": { "mode": "absolute", "steps": steps },
        });
        if self.shape == Shape::Lines {
            let style = if self.bad_from.is_some() { "line" } else { "off" };
            defaults.set(
                "custom",
                node!({
                    "drawStyle": "line",
                    "lineWidth": 1,
                    "fillOpacity": 10,
                    "showPoints": "never",
                    "spanNulls": false,
                    "thresholdsStyle": { "mode": style },
                }),
            );
        }
        let (kind, options) = match self.shape {
            Shape::Lines => (
                "timeseries",
                node!({
                    "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
                    "tooltip": { "mode": "multi", "sort": "desc" },
                }),
            ),
            Shape::Figures => (
                "stat",
                node!({
                    "reduceOptions": { "values": false, "calcs": ["lastNotNull"], "fields": "" },
                    "orientation": "auto",
                    "textMode": "value_and_name",
                    "colorMode": "background",
                    "graphMode": "none",
                    "justifyMode": "auto",
                    "showPercentChange": false,
                    "percentChangeColorMode": "standard",
                    "wideLayout": true,
                }),
            ),
            Shape::Alerts => ("table", node!({ "showHeader": true, "cellHeight": "sm" })),
        };
        node!({
            "id": id,
            "type": kind,
            "title": (self.title),
            "description": (self.help),
            "gridPos": { "h": h, "w": w, "x": x, "y": y },
            "datasource": source,
            "targets": targets,
            "fieldConfig": { "defaults": defaults, "overrides": [] },
            "options": options,
        })
    }
}
