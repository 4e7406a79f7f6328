//! What no longer gets security fixes: runtimes, databases, the systems of images, frameworks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use parse_dockerfile::Instruction;
use seaworthy_detect::document::Node;
use serde::Deserialize;

use super::locked::is_aside;
use super::node_manifest::wanted;
use crate::context::{Context, Sink};
use crate::date::Date;
use crate::facts::Fact;
use crate::file::name;
use crate::finding::Draft;
use crate::lockfile::Ecosystem;
use crate::rule::Severity;

const RUNTIME: &str = "runtime-end-of-life";
const DATABASE: &str = "database-end-of-life";
const IMAGE: &str = "base-image-end-of-life";
const FRAMEWORK: &str = "framework-end-of-life";

pub(super) static FACT: Fact = Fact { rules: &[RUNTIME, DATABASE, IMAGE, FRAMEWORK], whole: false, check };

/// Months before its end that something is spoken of, as a light finding.
const SOON: u16 = 3;

const RUNTIMES: [&str; 7] = ["node", "python", "ruby", "php", "golang", "java", "dotnet"];
const SYSTEMS: [&str; 4] = ["debian", "ubuntu", "alpine", "centos"];

/// Debian's names of its versions, which tags use.
const DEBIAN: [(&str, &str); 6] = [
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
];

#[derive(Debug, Deserialize)]
struct Product {
    title: String,
    next: String,
    ends: BTreeMap<String, String>,
}

/// The table, parsed once.
fn products() -> &'static BTreeMap<String, Product> {
    static PRODUCTS: OnceLock<BTreeMap<String, Product>> = OnceLock::new();
    PRODUCTS.get_or_init(|| {
        let text = include_str!("../../../../../rules/data/end-of-life.yaml");
        // The test below reads it too: what cannot be parsed never ships.
        serde_saphyr::from_str(text).unwrap_or_default()
    })
}

/// The listed version that this one belongs to, with the day that it ends: `18.17.1` is `18`, `3.9-slim` is `3.9`.
fn end_of(product: &Product, version: &str) -> Option<(String, Date)> {
    let numbers: String = version
        .trim_start_matches('v')
        .chars()
        .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
        .collect();
    let parts: Vec<&str> = numbers.split('.').filter(|part| !part.is_empty()).collect();
    (1..=parts.len().min(2)).rev().find_map(|count| {
        let cycle = parts[..count].join(".");
        let end = product.ends.get(&cycle)?.parse().ok()?;
        Some((cycle, end))
    })
}

struct Judge<'j> {
    today: Date,
    sink: &'j Sink<'j>,
    seen: std::cell::RefCell<BTreeSet<(String, u32, String)>>,
}

impl Judge<'_> {
    fn judge(&self, rule: &'static str, key: &str, version: &str, file: &str, line: u32) {
        let Some(product) = products().get(key) else { return };
        let Some((cycle, end)) = end_of(product, version) else { return };
        let is_over = end <= self.today;
        if !is_over && end > self.today.plus_months(SOON) {
            return;
        }
        if !self.seen.borrow_mut().insert((file.to_owned(), line, key.to_owned())) {
            return;
        }
        let verb = if is_over { "got its last security fixes on" } else { "gets no security fixes after" };
        let says = format!("{} {cycle} {verb} {end}; next: {}", product.title, product.next);
        let mut draft = Draft::line(rule, file, line).says(says);
        if !is_over {
            draft = draft.weighs(Severity::Low);
        }
        self.sink.report(draft);
    }

    /// `registry/node:18-bullseye@sha256:...`
    fn image(&self, image: &str, file: &str, line: u32) {
        let image = image.split('@').next().unwrap_or(image);
        let Some((repository, tag)) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) else {
            return;
        };
        let base = repository.rsplit('/').next().unwrap_or(repository);
        let key = match base {
            "openjdk" | "eclipse-temurin" | "amazoncorretto" => "java",
            "sdk" | "aspnet" | "runtime" if repository.contains("dotnet") => "dotnet",
            "mongo" => "mongodb",
            "postgis" => "postgres",
            other => other,
        };
        if RUNTIMES.contains(&key) {
            self.judge(RUNTIME, key, tag, file, line);
        } else if SYSTEMS.contains(&key) && tag.starts_with(|letter: char| letter.is_ascii_digit()) {
            self.judge(IMAGE, key, tag, file, line);
        } else if products().contains_key(key) && !key.contains(':') {
            self.judge(DATABASE, key, tag, file, line);
        }
        for part in tag.split(['-', '_']) {
            if let Some((_, version)) = DEBIAN.iter().find(|(name, _)| *name == part) {
                self.judge(IMAGE, "debian", version, file, line);
            } else if let Some(version) = part.strip_prefix("alpine").filter(|version| !version.is_empty()) {
                self.judge(IMAGE, "alpine", version, file, line);
            } else if part == "bionic" || part == "focal" {
                self.judge(IMAGE, "ubuntu", if part == "focal" { "20.04" } else { "18.04" }, file, line);
            }
        }
    }
}

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let Some(today) = context.today else { return };
    let judge = Judge { today, sink, seen: std::cell::RefCell::default() };
    images(context, &judge);
    for service in context.app.services.values() {
        // A range such as `>=18` says what would do, not what runs.
        if let Some(winner) = service.runtime.winner().filter(|winner| winner.value.requirement.is_none())
            && let Some(place) = &winner.origin.place
            && let Some(version) = &winner.value.version
            && !is_aside(&place.file)
            // The directive of a module is the oldest Go that will do.
            && winner.value.name != "go"
        {
            judge.judge(RUNTIME, &winner.value.name, version, &place.file, place.line.unwrap_or(1));
        }
    }
    for resource in context.app.resources.values() {
        if let (Some(kind), Some(version)) = (resource.r#type.get(), resource.version.winner())
            && let Some(place) = &version.origin.place
            && !is_aside(&place.file)
        {
            judge.judge(DATABASE, kind, &version.value, &place.file, place.line.unwrap_or(1));
        }
    }
    frameworks(context, &judge);
}

fn images(context: &Context<'_>, judge: &Judge<'_>) {
    let is_dockerfile = |path: &str| {
        let name = name(path);
        name == "Dockerfile"
            || name.starts_with("Dockerfile.")
            || name.ends_with(".Dockerfile")
            || name == "Containerfile"
    };
    for path in context.repository.paths().iter().filter(|path| is_dockerfile(path) && !is_aside(path)) {
        let Some(text) = context.repository.text(path) else { continue };
        let Ok(dockerfile) = parse_dockerfile::parse(&text) else { continue };
        for instruction in &dockerfile.instructions {
            if let Instruction::From(from) = instruction {
                let line =
                    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..from.image.span.start.min(text.len())])
                        .count();
                judge.image(&from.image.value, path, u32::try_from(line).unwrap_or(1));
            }
        }
    }
    let is_compose = |path: &str| {
        let name = name(path);
        (name.starts_with("docker-compose") || name.starts_with("compose"))
            && (name.ends_with(".yml") || name.ends_with(".yaml"))
    };
    for path in context.repository.paths().iter().filter(|path| is_compose(path) && !is_aside(path)) {
        let Some(document) = context.repository.document(path) else { continue };
        for service in document.get("services").into_iter().flat_map(Node::entries) {
            if let Some(image) = service.node.get("image")
                && let Some(text) = image.text()
            {
                judge.image(text, path, image.line);
            }
        }
    }
}

/// The version in the lockfile, else the lowest that the manifest allows.
fn frameworks(context: &Context<'_>, judge: &Judge<'_>) {
    let prefixes = [
        (Ecosystem::Npm, "npm:"),
        (Ecosystem::PyPi, "pypi:"),
        (Ecosystem::RubyGems, "gem:"),
        (Ecosystem::Packagist, "composer:"),
    ];
    let mut locked: BTreeSet<(String, String)> = BTreeSet::new();
    for lock in context.lockfiles() {
        let Some((_, prefix)) = prefixes.iter().find(|(ecosystem, _)| *ecosystem == lock.ecosystem) else {
            continue;
        };
        for package in &lock.packages {
            let normal = lock.ecosystem.normal(&package.name);
            let key = format!("{prefix}{normal}");
            if products().contains_key(&key)
                && lock.direct.iter().any(|direct| lock.ecosystem.normal(direct) == normal)
            {
                locked.insert((lock.dir().to_owned(), key.clone()));
                judge.judge(FRAMEWORK, &key, &package.version, &lock.path, package.line);
            }
        }
    }
    for manifest in context.manifests.iter().filter(|manifest| !is_aside(&manifest.path)) {
        for package in wanted(context, manifest) {
            let key = format!("npm:{}", package.name);
            let is_locked = super::locked::upwards(&manifest.dir)
                .any(|dir| locked.contains(&(dir.to_owned(), key.clone())));
            let version = package.range.trim_start_matches(['^', '~', '=', 'v', ' ']);
            if !is_locked
                && products().contains_key(&key)
                && !package.range.contains("||")
                && !package.range.starts_with('>')
            {
                judge.judge(FRAMEWORK, &key, version, &manifest.path, package.line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_every_date_is_one() {
        let text = include_str!("../../../../../rules/data/end-of-life.yaml");
        let products: BTreeMap<String, Product> = serde_saphyr::from_str(text).unwrap();
        assert!(products.len() > 20);
        for (key, product) in &products {
            for (version, end) in &product.ends {
                assert!(end.parse::<Date>().is_ok(), "{key} {version}: {end}");
            }
        }
        for name in RUNTIMES.iter().chain(&SYSTEMS) {
            assert!(products.contains_key(*name), "{name}");
        }
    }

    #[test]
    fn a_version_belongs_to_the_most_precise_cycle_that_is_listed() {
        let products = products();
        let cycle = |key: &str, version: &str| end_of(&products[key], version).map(|(cycle, _)| cycle);
        assert_eq!(cycle("node", "18.17.1-alpine").as_deref(), Some("18"));
        assert_eq!(cycle("python", "3.9-slim").as_deref(), Some("3.9"));
        assert_eq!(cycle("python", "3").as_deref(), None);
        assert_eq!(cycle("redis", "6.2").as_deref(), None);
        assert_eq!(cycle("node", "lts"), None);
    }
}
