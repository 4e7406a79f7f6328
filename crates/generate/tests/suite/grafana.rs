//! Dashboards, judged by Grafana's own types and by Prometheus' parser.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use seaworthy_generate::find;
use serde_json::Value;

use crate::apps;
use crate::validators::{npm, run, system, tool};

/// Every dashboard of every app.
fn dashboards() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for sample in apps::all() {
        let output = sample.generate(&[find("grafana").unwrap()]);
        for file in output.files.iter().filter(|file| file.path.ends_with(".json")) {
            let value = serde_json::from_str(&file.text).unwrap();
            all.push((format!("{} {}", sample.name, file.path), value));
        }
    }
    assert!(all.len() > 300, "{} dashboards are too few", all.len());
    all
}

/// Grafana publishes no JSON Schema of the classic dashboard, but the types that it is made from. Every dashboard is
/// written down as a constant of that type: what is missing, unknown or of the wrong kind does not compile.
#[test]
fn dashboards_are_what_grafanas_types_say() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "import type { Dashboard, Panel, RowPanel } from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';\n\
         import type { Options as Lines } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';\n\
         import type { Options as Figures } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';\n\
         import type { Options as Rows } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';\n\
         type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[]\n\
         \x20 : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;\n",
    );
    let mut seen = BTreeSet::new();
    for (index, (name, dashboard)) in dashboards().into_iter().enumerate() {
        let mut dashboard = dashboard;
        let panels = dashboard["panels"].take();
        dashboard.as_object_mut().unwrap().remove("panels");
        // What differs only in its texts is of the same type.
        if seen.insert(dashboard.to_string()) {
            writeln!(text, "// {name}\nconst d{index}: Plain<Dashboard> = {dashboard};").unwrap();
        }
        for (number, panel) in panels.as_array().unwrap().iter().enumerate() {
            let (kind, options) = match panel["type"].as_str().unwrap() {
                "row" => ("RowPanel", None),
                "timeseries" => ("Panel", Some("Lines")),
                "stat" => ("Panel", Some("Figures")),
                "table" => ("Panel", Some("Partial<Rows>")),
                other => panic!("{name}: a panel of type {other}"),
            };
            if seen.insert(panel.to_string()) {
                writeln!(text, "const p{index}_{number}: Plain<{kind}> = {panel};").unwrap();
                if let Some(options) = options {
                    let given = &panel["options"];
                    writeln!(text, "const o{index}_{number}: Plain<{options}> = {given};").unwrap();
                }
            }
        }
    }
    let (content, said) = compile(dir.path(), &text);
    assert!(content, "{said}");
    let wrong = text.replacen("\"schemaVersion\":41", "\"schemaVersion\":\"41\"", 1);
    let (content, said) = compile(dir.path(), &wrong);
    assert!(!content && said.contains("TS2322"), "the types would take anything: {said}");
}

fn compile(dir: &Path, text: &str) -> (bool, String) {
    let modules = dir.join("node_modules");
    if !modules.exists() {
        std::os::unix::fs::symlink(npm(), &modules).unwrap();
    }
    std::fs::write(dir.join("dashboards.ts"), text).unwrap();
    run(Command::new(tool("tsc")).current_dir(dir).args([
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--module",
        "nodenext",
        "--moduleResolution",
        "nodenext",
        "dashboards.ts",
    ]))
}

#[test]
fn every_query_is_promql() {
    let dir = tempfile::tempdir().unwrap();
    let mut queries = BTreeSet::new();
    for (name, dashboard) in dashboards() {
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let expression = target["expr"].as_str().unwrap_or_else(|| panic!("{name}: {target}"));
                queries.insert(expression.to_owned());
            }
        }
    }
    assert!(queries.len() > 15, "{queries:?}");
    let rules: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(index, expr)| serde_json::json!({ "record": format!("query:{index}"), "expr": expr }))
        .collect();
    let file = dir.path().join("queries.yaml");
    let document = serde_json::json!({ "groups": [{ "name": "queries", "rules": rules }] });
    std::fs::write(&file, document.to_string()).unwrap();
    let (content, said) = run(Command::new(system("promtool")).args(["check", "rules"]).arg(&file));
    assert!(content, "{said}");
}

/// A dashboard that reads a series which no rule records shows nothing, forever.
#[test]
fn every_query_reads_what_is_recorded() {
    for sample in apps::all() {
        let output = sample.generate(&[find("prometheus").unwrap(), find("grafana").unwrap()]);
        let texts = |ending: &str| -> String {
            output
                .files
                .iter()
                .filter(|file| file.path.ends_with(ending))
                .map(|file| file.text.as_str())
                .collect()
        };
        let recorded = texts("recording.yaml");
        for file in output.files.iter().filter(|file| file.path.ends_with(".json")) {
            let dashboard: Value = serde_json::from_str(&file.text).unwrap();
            let uid = dashboard["uid"].as_str().unwrap();
            assert!(uid.len() <= 40, "{}: {uid} is too long for an address", sample.name);
            for target in dashboard["panels"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|it| it["targets"].as_array())
                .flatten()
            {
                let expression = target["expr"].as_str().unwrap();
                let name = expression.split(['{', '(', ' ']).find(|word| word.contains(':'));
                // Connections and disks are recorded where there is an exporter of them: the panel is the same.
                let optional = name.is_some_and(|name| name.starts_with("resource:"));
                if let Some(name) = name.filter(|_| !optional) {
                    let known = recorded.contains(&format!("record: {name}\n"))
                        || recorded.contains(&format!("record: \"{name}\"\n"));
                    assert!(known, "{}: {name} is recorded by no rule", sample.name);
                }
            }
        }
        // The dashboards that alerts point at are there.
        let alerts = texts("alerts.yaml");
        for line in alerts.lines().filter_map(|line| line.trim().strip_prefix("dashboard: ")) {
            let uid = line.trim_matches('"').trim_start_matches("/d/").split('?').next().unwrap();
            let there = output.files.iter().any(|file| file.text.contains(&format!("\"uid\": \"{uid}\"")));
            assert!(there, "{}: no dashboard {uid}", sample.name);
        }
    }
}

#[test]
fn the_dashboards_of_the_artist_dashboard() {
    let output = apps::example("artist-dashboard").generate(&[find("grafana").unwrap()]);
    for file in &output.files {
        let name = file.path.trim_start_matches("deploy/monitoring/grafana/").replace('/', "-");
        insta::assert_snapshot!(format!("artist-dashboard-{name}"), file.text);
    }
}
