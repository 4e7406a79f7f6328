//! What code imports and what its manifest declares, held against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use seaworthy_detect::Manifest;
use seaworthy_detect::document::Node;

use super::locked::{is_aside, upwards};
use super::names::data;
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::{Role, name};
use crate::finding::Draft;
use crate::lockfile::{Lockfile, python_name};
use crate::modules::lexer::Syntax;
use crate::modules::{Modules, Target, is_configuration, mentioned};
use crate::rule::Severity;

const UNDECLARED: &str = "dependency-undeclared";
const UNUSED: &str = "dependency-unused";
const DEV: &str = "dev-dependency-in-production";

pub(super) static FACT: Fact = Fact { rules: &[UNDECLARED, UNUSED, DEV], whole: true, check };

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    if !context.manifests.iter().any(|manifest| matches!(manifest.family, "javascript" | "python")) {
        return;
    }
    let modules = context.modules();
    let mut imported = modules.imported(context);
    for manifest in context.manifests.iter().filter(|manifest| !is_aside(&manifest.path)) {
        let imports = imported.remove(&manifest.path).unwrap_or_default();
        let project = Project { context, modules, manifest, imports, sink };
        match manifest.family {
            "javascript" if name(&manifest.path) == "package.json" => project.node(),
            "python" => project.python(),
            _ => {}
        }
    }
}

struct Project<'p> {
    context: &'p Context<'p>,
    modules: &'p Modules,
    manifest: &'p Manifest,
    /// Unit and import.
    imports: Vec<(usize, usize)>,
    sink: &'p Sink<'p>,
}

impl Project<'_> {
    fn lock(&self) -> Option<&Lockfile> {
        let syntax = if self.manifest.family == "python" {
            crate::lockfile::Ecosystem::PyPi
        } else {
            crate::lockfile::Ecosystem::Npm
        };
        upwards(&self.manifest.dir).find_map(|dir| {
            self.context.lockfiles().iter().find(|lock| {
                lock.ecosystem == syntax && lock.dir() == dir && name(&lock.path) != "requirements.txt"
            })
        })
    }

    /// The first place of each package that is not declared, by what `declared` says of it.
    fn report_undeclared(
        &self,
        what: &BTreeMap<String, (usize, usize)>,
        because: impl Fn(&str) -> (String, Severity),
    ) {
        for (package, (unit, import)) in what {
            let unit = &self.modules.units[*unit];
            let (why, severity) = because(package);
            let says =
                format!("`{package}` is imported, but {} does not declare it{why}", self.manifest.path);
            self.sink.report(
                Draft::line(UNDECLARED, &unit.path, unit.imports[*import].line).says(says).weighs(severity),
            );
        }
    }

    fn node(&self) {
        let own = super::names::own_name(self.context, self.manifest);
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

    fn python(&self) {
        let around: Vec<&Manifest> = self
            .context
            .manifests_around(&self.manifest.path)
            .filter(|manifest| manifest.family == "python")
            .collect();
        let declared: BTreeSet<String> = around
            .iter()
            .flat_map(|manifest| manifest.dependencies.keys())
            .map(|name| python_name(name))
            .collect();
        // setup.py may compute what it wants, and conda names things its own way.
        let is_readable =
            !matches!(name(&self.manifest.path), "setup.py" | "environment.yml" | "environment.yaml")
                && !self.context.repository.has(&super::locked::join(&self.manifest.dir, "environment.yml"));
        let mut missing: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        for (unit, number) in &self.imports {
            let file = &self.modules.units[*unit];
            let import = &file.imports[*number];
            let first = import.specifier.split('.').next().unwrap_or_default();
            if is_standard(first) || first.is_empty() {
                continue;
            }
            let provided = providers(first, &import.specifier, &declared);
            used.extend(provided.iter().cloned());
            let is_local = self.modules.python_names.contains(first);
            if provided.is_empty()
                && !is_local
                && !import.is_optional
                && file.role != Role::Example
                && is_readable
            {
                missing.entry(first.to_owned()).or_insert((*unit, *number));
            }
        }
        let lock = self.lock();
        let only = |package: &str| -> Vec<String> {
            data().imports.get(package).map_or_else(
                || vec![python_name(package)],
                |names| names.split_whitespace().map(python_name).collect(),
            )
        };
        self.report_undeclared(&missing, |package| {
            let is_locked = lock.is_some_and(|lock| only(package).iter().any(|name| lock.has(name)));
            if is_locked {
                (" and has it only because another package needs it".to_owned(), Severity::Low)
            } else {
                match only(package).first().filter(|name| *name != package) {
                    Some(name) => (format!(" (the package is `{name}`)"), Severity::Medium),
                    None => (String::new(), Severity::Medium),
                }
            }
        });
        self.python_unused(&used);
    }

    fn python_unused(&self, used: &BTreeSet<String>) {
        if self.imports.is_empty() || is_frozen(self.context, self.manifest) {
            return;
        }
        let is_poetry_python = |package: &str| package == "python";
        let candidates: Vec<&String> = self
            .manifest
            .dependencies
            .iter()
            .filter(|(_, declared)| !declared.dev)
            .map(|(package, _)| package)
            .filter(|package| {
                let normal = python_name(package);
                !used.contains(&normal) && !is_python_tool(&normal) && !is_poetry_python(&normal)
            })
            .collect();
        let spellings: HashMap<&str, Vec<String>> = candidates
            .iter()
            .map(|package| {
                let normal = python_name(package);
                let mut names: Vec<String> = data()
                    .imports
                    .iter()
                    .filter(|(_, packages)| {
                        packages.split_whitespace().any(|known| python_name(known) == normal)
                    })
                    .map(|(import, _)| import.clone())
                    .collect();
                names.extend([normal.replace('-', "_"), normal]);
                (package.as_str(), names)
            })
            .collect();
        let needles: Vec<String> =
            candidates.iter().flat_map(|package| spellings[package.as_str()].clone()).collect();
        let found = mentioned(self.context, &needles, |path| {
            let file = name(path);
            let is_manifest = file.contains("requirements")
                || matches!(file, "pyproject.toml" | "Pipfile" | "setup.cfg" | "README.md");
            !is_manifest && (is_configuration(path) || path.ends_with(".py"))
        });
        let mut found = found.into_iter();
        for package in candidates {
            let is_mentioned = spellings[package.as_str()]
                .iter()
                .map(|_| found.next())
                .fold(false, |any, found| any | found.unwrap_or(true));
            if !is_mentioned && let Some(place) = self.manifest.dependencies[package].place.as_ref() {
                let says = format!("nothing imports `{package}`, and no configuration names it");
                self.sink.report(Draft::line(UNUSED, &place.file, place.line.unwrap_or(1)).says(says));
            }
        }
    }
}

/// Written by `pip freeze`: it lists what the direct dependencies need as well.
fn is_frozen(context: &Context<'_>, manifest: &Manifest) -> bool {
    let Some(place) = manifest.dependencies.values().find_map(|declared| declared.place.as_ref()) else {
        return true;
    };
    let Some(text) = context.repository.text(&place.file) else { return true };
    let pinned = text.lines().filter(|line| line.contains("==")).count();
    text.contains("# via")
        || text.contains("--hash=")
        || pinned >= 20 && pinned * 10 >= manifest.dependencies.len() * 9
}

/// The declared packages that may bring an import name.
fn providers(first: &str, specifier: &str, declared: &BTreeSet<String>) -> Vec<String> {
    let normal = python_name(first);
    let listed: Vec<String> = data()
        .imports
        .get(first)
        .map(|names| names.split_whitespace().map(python_name).collect())
        .unwrap_or_default();
    let dotted = python_name(specifier);
    declared
        .iter()
        .filter(|package| {
            let plain = package.replace('-', "");
            **package == normal
                || listed.contains(*package)
                || plain == normal.replace('-', "")
                || **package == format!("python-{normal}")
                || **package == format!("py{normal}")
                || **package == format!("{normal}-python")
                || **package == format!("django-{normal}")
                || **package == format!("{normal}-py")
                || **package == format!("py-{normal}")
                // Namespaces: google.cloud.storage is google-cloud-storage, azure.identity is azure-identity.
                || (dotted.starts_with(package.as_str()) && package.starts_with(&normal))
                || (package.starts_with(&format!("{normal}-")) && specifier.contains('.'))
                || package.starts_with(&format!("{normal}-")) && listed.is_empty()
        })
        .cloned()
        .collect()
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

/// Files that build or try the code and are not part of it.
fn is_tooling(path: &str) -> bool {
    let file = name(path);
    file.contains(".config.")
        || file.contains(".setup.")
        || file.starts_with('.')
        || file.ends_with(".d.ts")
        || path.split('/').any(|folder| {
            matches!(
                folder,
                "scripts"
                    | "tools"
                    | "bin"
                    | "seed"
                    | "seeds"
                    | "prisma"
                    | "migrations"
                    | "db"
                    | "build"
                    | "config"
                    | "mocks"
                    | "webpack"
                    | "tasks"
            )
        })
        || matches!(
            file.split('.').next().unwrap_or_default(),
            "gulpfile" | "Gruntfile" | "seed" | "knexfile" | "setupTests" | "setup" | "dev"
        )
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

/// Python packages that are used without an import: servers, drivers that other libraries load by name, tools, plugins.
fn is_python_tool(package: &str) -> bool {
    let known = [
        "gunicorn",
        "uvicorn",
        "hypercorn",
        "daphne",
        "waitress",
        "psycopg2",
        "psycopg2-binary",
        "psycopg",
        "psycopg-binary",
        "asyncpg",
        "aiosqlite",
        "aiomysql",
        "mysqlclient",
        "pymysql",
        "python-multipart",
        "email-validator",
        "whitenoise",
        "setuptools",
        "wheel",
        "pip",
        "uvloop",
        "httptools",
        "greenlet",
        "gevent",
        "eventlet",
        "black",
        "ruff",
        "mypy",
        "flake8",
        "isort",
        "pylint",
        "coverage",
        "tox",
        "pre-commit",
        "alembic",
        "flower",
        "honcho",
        "watchdog",
        "watchfiles",
        "h11",
        "h2",
        "brotli",
        "cryptography",
        "bcrypt",
        "argon2-cffi",
        "jinja2",
        "markupsafe",
        "tzdata",
        "lxml",
        "html5lib",
        "openpyxl",
        "xlrd",
        "pyarrow",
        "fastparquet",
        "tabulate",
        "ipykernel",
        "jupyter",
        "notebook",
        "jupyterlab",
        "supervisor",
        "django-extensions",
        "celery",
        "redis",
        "hiredis",
        "fastapi-cli",
        "standard",
        "itsdangerous",
        "werkzeug",
        "click",
        "certifi",
        "urllib3",
        "typing-extensions",
        "six",
        "twine",
        "build",
        "psycopg-pool",
        "pydantic",
        "python-dotenv",
        "accelerate",
        "safetensors",
        "sentencepiece",
        "protobuf",
        "einops",
        "bitsandbytes",
        "pyodbc",
        "cx-oracle",
        "oracledb",
        "dj-database-url",
        "numpy",
        "pillow",
        "nest-asyncio",
        "colorama",
        "pytz",
        "sqlalchemy",
        "starlette",
        "ninja",
        "packaging",
        "zope-interface",
        "twisted",
        "pysocks",
        "socksio",
        "websockets",
        "wsproto",
        "passlib",
        "python-jose",
    ];
    known.contains(&package)
        || [
            "pytest",
            "types-",
            "django-stubs",
            "flake8-",
            "sphinx",
            "mkdocs",
            "pylint-",
            "opentelemetry-",
            "nvidia-",
            "jupyter",
            "channels",
        ]
        .iter()
        .any(|prefix| package.starts_with(prefix))
        || ["-stubs", "-cli", "-plugin"].iter().any(|suffix| package.ends_with(suffix))
}

/// Modules of Python's standard library, those of 3.8 to 3.14 together.
fn is_standard(module: &str) -> bool {
    const STANDARD: &str = " __future__ _thread abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo __main__ js pyodide micropython machine ";
    STANDARD.contains(&format!(" {module} "))
}
