//! What lockfiles say of strangers: scripts that run on installation, other registries, missing digests.

use std::collections::BTreeMap;

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::finding::Draft;
use crate::lockfile::{Lockfile, Package};

const SCRIPT: &str = "install-script-unknown";
const FOREIGN: &str = "registry-foreign";
const DIGEST: &str = "lockfile-without-digest";

pub(super) static FACT: Fact = Fact { rules: &[SCRIPT, FOREIGN, DIGEST], whole: false, check };

/// Packages that are known to need a script: they fetch or build a program for the machine.
const KNOWN_SCRIPTS: [&str; 62] = [
    "@apollo/rover",
    "@biomejs/biome",
    "@nestjs/core",
    "@parcel/watcher",
    "@prisma/client",
    "@prisma/engines",
    "@scarf/scarf",
    "@sentry/cli",
    "@sentry/profiling-node",
    "@swc/core",
    "@tailwindcss/oxide",
    "@tree-sitter-grammars/tree-sitter-yaml",
    "argon2",
    "aws-crt",
    "bcrypt",
    "better-sqlite3",
    "bufferutil",
    "canvas",
    "chromedriver",
    "classic-level",
    "core-js",
    "core-js-pure",
    "cpu-features",
    "cypress",
    "dtrace-provider",
    "electron",
    "electron-winstaller",
    "es5-ext",
    "esbuild",
    "ffmpeg-static",
    "fsevents",
    "geckodriver",
    "grpc",
    "husky",
    "isolated-vm",
    "kerberos",
    "keytar",
    "lefthook",
    "leveldown",
    "lmdb",
    "lzma-native",
    "msgpackr-extract",
    "msw",
    "ngrok",
    "node-pty",
    "node-sass",
    "nodemon",
    "nx",
    "oracledb",
    "playwright",
    "prisma",
    "protobufjs",
    "puppeteer",
    "re2",
    "sharp",
    "sqlite3",
    "ssh2",
    "styled-components",
    "supabase",
    "unrs-resolver",
    "utf-8-validate",
    "workerd",
];

/// Hosts of the public registries and their mirrors.
const REGISTRIES: [&str; 17] = [
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "registry.npmmirror.com",
    "npm.pkg.github.com",
    "pypi.org",
    "files.pythonhosted.org",
    "github.com",
    "codeload.github.com",
    "rubygems.org",
    "index.rubygems.org",
    "index.crates.io",
    "static.crates.io",
    "packagist.org",
    "repo.packagist.org",
    "npm.jsr.io",
    "download.pytorch.org",
    "pypi.python.org",
];

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for lock in context.lockfiles() {
        scripts(lock, sink);
        hosts(lock, sink);
        digests(lock, sink);
    }
}

fn scripts(lock: &Lockfile, sink: &Sink<'_>) {
    for package in lock.packages.iter().filter(|package| package.runs_script) {
        let is_known = KNOWN_SCRIPTS.binary_search(&package.name.as_str()).is_ok()
            || package.name.starts_with("@esbuild/")
            || package.name.starts_with("@swc/");
        if !is_known {
            let way = lock.way_to(&package.name).join(" > ");
            let says = format!(
                "`{}` {} runs a script of its own when it is installed ({way})",
                package.name, package.version
            );
            sink.report(Draft::line(SCRIPT, &lock.path, package.line).says(says));
        }
    }
}

/// Hosts that are not the public ones, once each; plain HTTP is worse.
fn hosts(lock: &Lockfile, sink: &Sink<'_>) {
    let mut seen: BTreeMap<(String, bool), (&Package, usize)> = BTreeMap::new();
    for package in &lock.packages {
        let Some(url) = package.url.as_deref() else { continue };
        let url =
            url.trim_start_matches("registry+").trim_start_matches("git+").trim_start_matches("sparse+");
        let Some((scheme, rest)) = url.split_once("://") else { continue };
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let is_plain = scheme == "http";
        if is_plain || !REGISTRIES.contains(&host) {
            seen.entry((host.to_owned(), is_plain)).or_insert((package, 0)).1 += 1;
        }
    }
    for ((host, is_plain), (package, count)) in seen {
        let how = if is_plain { " without TLS" } else { "" };
        let says = format!("{count} packages come from {host}{how}, `{}` the first of them", package.name);
        sink.report(Draft::line(FOREIGN, &lock.path, package.line).says(says));
    }
}

fn digests(lock: &Lockfile, sink: &Sink<'_>) {
    if !lock.records_origin {
        return;
    }
    let is_local = |package: &Package| {
        package
            .url
            .as_deref()
            .is_some_and(|url| url.starts_with("git") || url.starts_with("file:") || url.contains("codeload"))
    };
    let missing: Vec<&Package> =
        lock.packages.iter().filter(|package| !package.has_digest && !is_local(package)).collect();
    if let Some(first) = missing.first() {
        let says = format!(
            "{} of {} packages have no digest, `{}` the first of them",
            missing.len(),
            lock.packages.len(),
            first.name
        );
        sink.report(Draft::line(DIGEST, &lock.path, first.line).says(says));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted_for_its_search() {
        assert!(
            super::KNOWN_SCRIPTS.is_sorted(),
            "{:?}",
            super::KNOWN_SCRIPTS.windows(2).find(|pair| pair[0] > pair[1])
        );
    }
}
