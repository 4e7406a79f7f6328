//! A dashboard as Grafana's classic schema has it: `@grafana/schema`, `raw/dashboard/x`, version 42.

use super::panel::Panel;
use crate::names::label;
use crate::node;
use crate::print::Node;

/// The version of the schema of dashboards; Grafana brings older ones up to date when it loads them.
const SCHEMA: i64 = 41;

/// Columns of Grafana's grid.
const COLUMNS: i64 = 24;

/// A choice at the top of a dashboard.
pub(super) struct Chooser {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) values: Vec<String>,
}

/// A row of panels under a title, side by side.
pub(super) struct Row {
    pub(super) title: String,
    /// How tall the panels are.
    pub(super) height: i64,
    pub(super) panels: Vec<Panel>,
}

/// A dashboard.
pub(super) struct Dashboard {
    /// The end of its file's name and of its address.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) choosers: Vec<Chooser>,
    pub(super) rows: Vec<Row>,
}

impl Dashboard {
    /// Adds a row.
    pub(super) fn row(&mut self, title: impl Into<String>, height: i64, panels: Vec<Panel>) {
        self.rows.push(Row { title: title.into(), height, panels });
    }

    /// The dashboard as data.
    pub(super) fn print(&self, app: &str, note: &str) -> Node {
        let mut panels = Vec::new();
        let mut y = 0;
        let mut id = 0;
        let mut next = || {
            id += 1;
            id
        };
        for row in &self.rows {
            panels.push(node!({
                "id": (next()),
                "type": "row",
                "title": (row.title.as_str()),
                "collapsed": false,
                "gridPos": { "h": 1, "w": COLUMNS, "x": 0, "y": (y) },
                "panels": [],
            }));
            y += 1;
            // No row has more panels than the grid has columns.
            let count = i64::try_from(row.panels.len()).unwrap_or(COLUMNS).max(1);
            let width = COLUMNS / count;
            let mut x = 0;
            for panel in &row.panels {
                panels.push(panel.print(next(), (x, y), (width, row.height)));
                x += width;
            }
            y += row.height;
        }
        let mut variables = vec![node!({
            "type": "datasource",
            "name": "datasource",
            "label": "Environment",
            "query": "prometheus",
            "hide": 0,
            "refresh": 1,
        })];
        variables.extend(self.choosers.iter().map(Chooser::print));
        node!({
            "uid": (format!("{}-{}", label(app, 28), self.name)),
            "title": (format!("{app}: {}", self.title)),
            "description": note,
            "tags": [(label(app, 50)), "sea"],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": false,
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "30s",
            "time": { "from": "now-3h", "to": "now" },
            "templating": { "list": variables },
            "annotations": { "list": [] },
            "links": [{
                "title": "Other dashboards",
                "type": "dashboards",
                "tags": [(label(app, 50))],
                "asDropdown": true,
                "includeVars": false,
                "keepTime": true,
                "targetBlank": false,
                "icon": "external link",
                "tooltip": "",
                "url": "",
            }],
            "panels": panels,
        })
    }
}

impl Chooser {
    fn print(&self) -> Node {
        let first = self.values.first().cloned().unwrap_or_default();
        let options: Vec<Node> = self
            .values
            .iter()
            .map(|value| {
                node!({ "text": (value.as_str()), "value": (value.as_str()), "selected": (*value == first) })
            })
            .collect();
        node!({
            "type": "custom",
            "name": (self.name),
            "label": (self.title),
            "query": (self.values.join(",")),
            "hide": 0,
            "multi": false,
            "includeAll": false,
            "current": { "text": (first.as_str()), "value": (first.as_str()), "selected": true },
            "options": options,
        })
    }
}
