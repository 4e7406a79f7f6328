//! On which side of the network a file's code runs.

use crate::context::Context;
use crate::file::{SourceFile, extension};
use crate::rule::Side;

/// Packages that are for browsers.
const BROWSER: [&str; 12] = [
    "react-dom",
    "react",
    "vue",
    "svelte",
    "@angular/core",
    "solid-js",
    "preact",
    "vite",
    "lit",
    "jquery",
    "alpinejs",
    "react-native",
];

/// Packages that answer requests.
const SERVER: [&str; 18] = [
    "express",
    "fastify",
    "koa",
    "hono",
    "@nestjs/core",
    "@hapi/hapi",
    "next",
    "nuxt",
    "@sveltejs/kit",
    "@remix-run/node",
    "@remix-run/server-runtime",
    "astro",
    "@react-router/node",
    "polka",
    "restify",
    "h3",
    "nitropack",
    "@trpc/server",
];

/// What is known of a file; [`Side::Any`] where that is not enough to tell.
pub(crate) fn side(context: &Context<'_>, file: &SourceFile<'_>) -> Side {
    match extension(file.path) {
        "vue" | "svelte" | "html" => return Side::Browser,
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" => {}
        // Browsers run nothing else.
        _ => return Side::Server,
    }
    let head = &file.text[..file.text.floor_char_boundary(400)];
    if head.contains("use client") {
        return Side::Browser;
    }
    if head.contains("use server") || head.contains("#!/usr/bin/env node") || file.has("require('fs')") {
        return Side::Server;
    }
    let Some(manifest) = context.manifests_around(file.path).find(|manifest| manifest.family == "javascript")
    else {
        return if file.has("document.") || file.has("window.") { Side::Browser } else { Side::Any };
    };
    let has = |names: &[&str]| names.iter().any(|name| manifest.dependencies.contains_key(*name));
    let is_config = crate::file::name(file.path).contains(".config.");
    match (has(&BROWSER), has(&SERVER)) {
        (true, false) if !is_config => Side::Browser,
        (false, true) => Side::Server,
        (true, true) => by_path(file.path),
        _ => Side::Any,
    }
}

/// In a project that does both, folders tell.
fn by_path(path: &str) -> Side {
    let has = |names: &[&str]| path.split('/').any(|part| names.contains(&part));
    if has(&["api", "server", "backend", "routes", "pages/api", "actions"]) {
        Side::Server
    } else if has(&["components", "client", "frontend", "hooks", "web", "public"]) {
        Side::Browser
    } else {
        Side::Any
    }
}
