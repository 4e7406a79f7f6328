//! Packages of npm: imported and not declared, declared and not used, for development and needed in production.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_detect::Manifest;
use seaworthy_detect::document::Node;

use super::{DEV, Project, UNUSED, is_tooling};
use crate::facts::supply_chain::names::own_name;
use crate::file::{Role, name};
use crate::finding::Draft;
use crate::lockfile::Lockfile;
use crate::modules::lexer::Syntax;
use crate::modules::{Target, is_configuration, mentioned};
use crate::rule::Severity;

impl Project<'_> {
    pub(super) fn node(&self) {
        let own = own_name(self.context, self.manifest);
        let around: Vec<&Manifest> = self
            .context
            .manifests_around(&self.manifest.path)
            .filter(|manifest| manifest.family == "javascript")
            .collect();
        let document = self.context.repository.document(&self.manifest.path);
        let peers: BTreeSet<&str> = document
            .iter()
            .filter_map(|document| document.get("peerDependencies"))
            .flat_map(Node::entries)
            .map(|entry| &*entry.key)
            .collect();
        let declares = |package: &str| {
            own.as_deref() == Some(package)
                || peers.contains(package)
                || around.iter().any(|manifest| {
                    manifest.dependencies.contains_key(package)
                        || manifest.dependencies.contains_key(&types_of(package))
                })
        };
        let mut missing: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let is_bundled = [
            "vite",
            "webpack",
            "next",
            "react-scripts",
            "parcel",
            "esbuild",
            "rollup",
            "tsup",
            "@angular/core",
            "nuxt",
            "astro",
            "@sveltejs/kit",
            "expo",
            "@vue/cli-service",
            "gatsby",
            "rspack",
            "@rspack/core",
            "@rsbuild/core",
            "electron",
            "wrangler",
            "bun",
            "esbuild-plugin",
            "@vercel/ncc",
            "serverless-esbuild",
        ]
        .iter()
        .any(|bundler| around.iter().any(|manifest| manifest.dependencies.contains_key(*bundler)));
        let mut dev: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (unit, number) in &self.imports {
            let file = &self.modules.units[*unit];
            let import = &file.imports[*number];
            let Target::Package(package) = &self.modules.targets[*unit][*number] else { continue };
            used.insert(package);
            if !declares(package) {
                let is_provided = import.is_optional
                    || import.is_type
                    || is_from_runtime(package)
                    || file.role == Role::Example;
                if !is_provided {
                    missing.entry(package.clone()).or_insert((*unit, *number));
                }
            } else if !is_bundled
                && !import.is_type
                && !import.is_optional
                && file.role == Role::App
                && !is_tooling(&file.path)
                && !peers.contains(package.as_str())
                && own.as_deref() != Some(package)
                && around
                    .iter()
                    .filter_map(|manifest| manifest.dependencies.get(package))
                    .all(|declared| declared.dev)
                && around.iter().any(|manifest| manifest.dependencies.contains_key(package))
            {
                dev.entry(package.clone()).or_insert((*unit, *number));
            }
        }
        let lock = self.lock();
        self.report_undeclared(&missing, |package| match lock {
            Some(lock) if lock.has(package) => {
                (" and has it only because another package needs it".to_owned(), Severity::Low)
            }
            _ => (String::new(), Severity::Medium),
        });
        for (package, (unit, import)) in &dev {
            let unit = &self.modules.units[*unit];
            let says = format!("`{package}` is a development dependency and is not there in production");
            self.sink.report(Draft::line(DEV, &unit.path, unit.imports[*import].line).says(says));
        }
        self.node_unused(&used, lock);
    }

    fn node_unused(&self, used: &BTreeSet<&str>, lock: Option<&Lockfile>) {
        // Without code of its own a project is a list of tools.
        if self.imports.is_empty() {
            return;
        }
        let wanted: BTreeSet<&str> = lock
            .into_iter()
            .flat_map(|lock| &lock.packages)
            .flat_map(|package| &package.peers)
            .map(String::as_str)
            .collect();
        let scripts: String =
            self.manifest.scripts.values().map(String::as_str).collect::<Vec<_>>().join("\n");
        let candidates: Vec<String> = self
            .manifest
            .dependencies
            .iter()
            .filter(|(package, declared)| {
                !declared.dev
                    && !used.contains(package.as_str())
                    && !wanted.contains(package.as_str())
                    && !is_node_tool(package)
            })
            .filter(|(package, _)| {
                !scripts
                    .split(|letter: char| !letter.is_ascii_alphanumeric() && !"@/._-".contains(letter))
                    .any(|word| word == *package || Some(word) == package.rsplit('/').next())
            })
            // react-dom, and what comes with a framework that asks for it.
            .filter(|(package, _)| {
                !(matches!(package.as_str(), "react-dom" | "react" | "react-native-web")
                    && self.manifest.dependencies.keys().any(|other| {
                        matches!(
                            other.as_str(),
                            "next"
                                | "gatsby"
                                | "@remix-run/react"
                                | "expo"
                                | "astro"
                                | "@docusaurus/core"
                                | "react-scripts"
                        )
                    }))
            })
            .map(|(package, _)| package.clone())
            .collect();
        // Configuration, styles and pages name packages too, and so do texts in code; the manifest names them all.
        let found = mentioned(self.context, &candidates, |path| {
            let is_manifest = name(path) == "package.json";
            !is_manifest
                && (is_configuration(path) || crate::modules::unit::syntax(path) == Some(Syntax::JavaScript))
        });
        let in_manifest = self.elsewhere_in_manifest();
        for (package, _) in candidates
            .iter()
            .zip(found)
            .filter(|(package, found)| !found && !in_manifest.contains(package.as_str()))
        {
            if let Some(place) =
                self.manifest.dependencies.get(package).and_then(|declared| declared.place.as_ref())
            {
                let says = format!("nothing imports `{package}`, and no script or configuration names it");
                self.sink.report(Draft::line(UNUSED, &place.file, place.line.unwrap_or(1)).says(says));
            }
        }
    }

    /// Texts of the manifest outside of the lists of dependencies: presets, plugins, configuration of tools.
    fn elsewhere_in_manifest(&self) -> BTreeSet<String> {
        let mut texts = BTreeSet::new();
        let Some(document) = self.context.repository.document(&self.manifest.path) else { return texts };
        let mut open: Vec<&Node> = document
            .entries()
            .iter()
            .filter(|entry| !entry.key.to_ascii_lowercase().contains("dependencies"))
            .map(|entry| &entry.node)
            .collect();
        while let Some(node) = open.pop() {
            texts.extend(node.text().map(str::to_owned));
            open.extend(node.items());
            for entry in node.entries() {
                texts.insert(entry.key.to_string());
                open.push(&entry.node);
            }
        }
        texts
    }
}

fn types_of(package: &str) -> String {
    match package.strip_prefix('@').and_then(|scoped| scoped.split_once('/')) {
        Some((scope, name)) => format!("@types/{scope}__{name}"),
        None => format!("@types/{package}"),
    }
}

/// What editors, platforms and frameworks bring without it being declared.
fn is_from_runtime(package: &str) -> bool {
    matches!(
        package,
        "vscode"
            | "electron"
            | "atom"
            | "aws-sdk"
            | "k6"
            | "next"
            | "react"
            | "chrome"
            | "obsidian"
            | "csstype"
            | "estree"
            | "server-only"
            | "client-only"
            | "figma"
            | "typescript"
            | "tslib"
            | "astro"
    ) || [
        "@aws-sdk/",
        "@theme/",
        "@site/",
        "@docusaurus/",
        "@jest/",
        "@vitest/",
        "meteor/",
        "@generated/",
        "@types/",
        "@vite-pwa/",
        "@expo/",
        "@nuxt/",
        "@cloudflare/",
    ]
    .iter()
    .any(|prefix| package.starts_with(prefix))
        || package.starts_with('.')
}

/// Packages that are used without an import: compilers, presets, plugins, types, polyfills that tools find by name.
fn is_node_tool(package: &str) -> bool {
    let known = [
        "typescript",
        "tslib",
        "sass",
        "less",
        "stylus",
        "autoprefixer",
        "postcss",
        "tailwindcss",
        "sharp",
        "pg",
        "pg-native",
        "mysql",
        "mysql2",
        "sqlite3",
        "better-sqlite3",
        "tedious",
        "mariadb",
        "redis",
        "ioredis",
        "core-js",
        "regenerator-runtime",
        "encoding",
        "bufferutil",
        "utf-8-validate",
        "prisma",
        "pino-pretty",
        "dotenv-cli",
        "web-vitals",
        "server-only",
        "nodemon",
        "ts-node",
        "tsx",
        "concurrently",
        "cross-env",
        "rimraf",
        "serve",
        "pm2",
        "husky",
        "react-native-screens",
        "react-native-safe-area-context",
        "react-native-gesture-handler",
        "react-native-reanimated",
        "expo-splash-screen",
        "expo-status-bar",
        "@angular/animations",
        "@angular/compiler",
        "@angular/forms",
        "@angular/platform-browser-dynamic",
        "zone.js",
        "rxjs",
        "reflect-metadata",
        "class-transformer",
        "class-validator",
        "@nestjs/platform-express",
        "@prisma/client",
        "next",
        "nuxt",
        "vue",
        "svelte",
        "astro",
        "expo",
        "react-native",
        "eslint",
        "prettier",
        "vite",
        "webpack",
        "graphql",
        "swagger-ui-express",
    ];
    known.contains(&package)
        || [
            "@types/",
            "@babel/",
            "eslint-",
            "@eslint/",
            "@typescript-eslint/",
            "prettier-",
            "babel-",
            "postcss-",
            "@tailwindcss/",
            "vite-plugin-",
            "@vitejs/",
            "rollup-",
            "webpack-",
            "@sveltejs/",
            "@nuxtjs/",
            "@nuxt/",
            "@astrojs/",
            "@storybook/",
            "jest-",
            "@fontsource/",
            "expo-",
            "@expo/",
            "@capacitor/",
            "gatsby-",
            "@docusaurus/",
            "@commitlint/",
            "semantic-release",
            "@semantic-release/",
            "cordova-",
            "@react-native",
            "@tsconfig/",
            "@strapi/",
            "@keystone",
            "@directus/",
        ]
        .iter()
        .any(|prefix| package.starts_with(prefix))
        || ["-loader", "-webpack-plugin", "-cli", "-preset", "-config", "-types"]
            .iter()
            .any(|suffix| package.ends_with(suffix))
}
