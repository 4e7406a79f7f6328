//! Packages of `PyPI`: imported and not declared, declared and not used.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use seaworthy_detect::Manifest;

use super::{Project, UNUSED};
use crate::context::Context;
use crate::facts::supply_chain::locked::join;
use crate::facts::supply_chain::names::data;
use crate::file::{Role, name};
use crate::finding::Draft;
use crate::lockfile::python_name;
use crate::modules::{is_configuration, mentioned};
use crate::rule::Severity;

impl Project<'_> {
    pub(super) fn python(&self) {
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
                && !self.context.repository.has(&join(&self.manifest.dir, "environment.yml"));
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
