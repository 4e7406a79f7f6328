//! Servers that write to the console and have no logger.

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;

const RULE: &str = "console-as-log";

pub(super) const FACT: Fact = Fact { rules: &[RULE], whole: true, check };

/// Packages that answer requests and come without a logger.
const SERVERS: [&str; 7] = ["express", "koa", "hono", "polka", "restify", "@hapi/hapi", "@trpc/server"];

/// Packages that log, or that send what was written to the console somewhere with its fields.
const LOGGERS: [&str; 20] = [
    "pino",
    "winston",
    "bunyan",
    "log4js",
    "loglevel",
    "signale",
    "consola",
    "tslog",
    "roarr",
    "@nestjs/core",
    "@logtape/logtape",
    "pino-http",
    "express-pino-logger",
    "nestjs-pino",
    "@google-cloud/logging",
    "firebase-functions",
    "next-axiom",
    "@axiomhq/js",
    "@aws-lambda-powertools/logger",
    "fastify",
];

/// Calls from which on it is how the app logs.
const ENOUGH: usize = 3;

/// Files that are looked into, per project.
const MOST_FILES: usize = 200;

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for manifest in context.manifests.iter().filter(|manifest| manifest.family == "javascript") {
        let Some(server) = SERVERS.iter().find_map(|name| manifest.dependencies.get(*name)) else { continue };
        if LOGGERS.iter().any(|name| manifest.dependencies.contains_key(*name)) {
            continue;
        }
        let files = if manifest.dir == "." {
            context.repository.paths()
        } else {
            context.repository.under(&manifest.dir)
        };
        let is_code = |path: &&str| [".js", ".ts", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end));
        let calls: usize = files
            .iter()
            .map(|path| &**path)
            .filter(is_code)
            .filter(|path| SourceFile::new(path, "").role == Role::App && !path.contains("scripts/"))
            .take(MOST_FILES)
            .filter_map(|path| context.repository.text(path))
            .map(|text| text.matches("console.").count())
            .sum();
        if calls < ENOUGH {
            continue;
        }
        let message = format!("{calls} calls of `console` and no logger");
        let draft = match server.place.as_ref().and_then(|place| place.line) {
            Some(line) => Draft::line(RULE, manifest.path.clone(), line),
            None => Draft::file(RULE, manifest.path.clone()),
        };
        sink.report(draft.says(message));
    }
}
