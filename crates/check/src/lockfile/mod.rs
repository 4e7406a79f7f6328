//! What a package manager wrote down: every package with its version, place and origin, and who asked for it.
//!
//! One module a family of formats. What a format does not say (the directly wanted packages of `yarn.lock`, say) the
//! project's manifest does.

mod npm;
mod others;
mod python;
mod yarn;

use std::collections::{BTreeSet, HashMap, VecDeque};

use seaworthy_detect::document::{Format, Node, parse};
use seaworthy_detect::{Manifest, Repository};

/// Where packages of a kind come from; the names are OSV's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// registry.npmjs.org.
    Npm,
    /// pypi.org.
    PyPi,
    /// crates.io.
    Cargo,
    /// Go modules.
    Go,
    /// rubygems.org.
    RubyGems,
    /// packagist.org.
    Packagist,
    /// Maven Central.
    Maven,
    /// nuget.org.
    NuGet,
}

impl Ecosystem {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::Npm,
        Self::PyPi,
        Self::Cargo,
        Self::Go,
        Self::RubyGems,
        Self::Packagist,
        Self::Maven,
        Self::NuGet,
    ];

    /// What OSV calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
            Self::Cargo => "crates.io",
            Self::Go => "Go",
            Self::RubyGems => "RubyGems",
            Self::Packagist => "Packagist",
            Self::Maven => "Maven",
            Self::NuGet => "NuGet",
        }
    }

    /// The ecosystem that OSV calls so; `Maven:https://...` and the like are variants of their first word.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.split(':').next().unwrap_or(name) {
            "npm" => Self::Npm,
            "PyPI" => Self::PyPi,
            "crates.io" => Self::Cargo,
            "Go" => Self::Go,
            "RubyGems" => Self::RubyGems,
            "Packagist" => Self::Packagist,
            "Maven" => Self::Maven,
            "NuGet" => Self::NuGet,
            _ => return None,
        })
    }

    /// A package's name as it is compared: `PyPI` and `NuGet` do not tell case, `PyPI` not `-`, `_` and `.` either.
    pub fn normal(self, name: &str) -> String {
        match self {
            Self::PyPi => python_name(name),
            Self::NuGet | Self::Packagist => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        }
    }
}

/// A Python distribution's name in its normal form (PEP 503).
pub(crate) fn python_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.trim().chars() {
        if matches!(letter, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.push(letter.to_ascii_lowercase());
        }
    }
    normal
}

/// One version of one package that gets installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name, as the lockfile spells it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// 1-based line of its entry.
    pub line: u32,
    /// Where its archive is fetched from, where the lockfile says so.
    pub url: Option<String>,
    /// A digest of its archive is written down.
    pub has_digest: bool,
    /// It runs a script of its own when it is installed.
    pub runs_script: bool,
    /// It is there for development only.
    pub is_dev: bool,
    /// Names of the packages that it needs.
    pub requires: Vec<String>,
    /// Names of the packages that it wants its user to have.
    pub peers: Vec<String>,
}

/// A lockfile, read.
#[derive(Clone, Debug)]
pub struct Lockfile {
    /// Its path.
    pub path: String,
    /// What kind of packages it lists.
    pub ecosystem: Ecosystem,
    /// The format records digests and addresses at all.
    pub records_origin: bool,
    /// Every package in it.
    pub packages: Vec<Package>,
    /// Names of the packages that the project itself asks for.
    pub direct: BTreeSet<String>,
}

impl Lockfile {
    /// The folder it is in.
    pub fn dir(&self) -> &str {
        self.path.rsplit_once('/').map_or(".", |(dir, _)| dir)
    }

    /// There is an entry for this package.
    pub fn has(&self, name: &str) -> bool {
        let name = self.ecosystem.normal(name);
        self.packages.iter().any(|package| self.ecosystem.normal(&package.name) == name)
    }

    /// The shortest way from a directly wanted package to this one, both included; only the package itself where none is
    /// known.
    pub fn way_to(&self, name: &str) -> Vec<String> {
        let normal = |name: &str| self.ecosystem.normal(name);
        let goal = normal(name);
        let mut requires: HashMap<String, Vec<String>> = HashMap::new();
        for package in &self.packages {
            let needed = package.requires.iter().map(|name| normal(name));
            requires.entry(normal(&package.name)).or_default().extend(needed);
        }
        let mut came_from: HashMap<String, Option<String>> =
            self.direct.iter().map(|name| (normal(name), None)).collect();
        let mut open: VecDeque<String> = self.direct.iter().map(|name| normal(name)).collect();
        while let Some(at) = open.pop_front() {
            if at == goal {
                let mut way = vec![at.clone()];
                let mut at = &at;
                while let Some(Some(before)) = came_from.get(at) {
                    way.push(before.clone());
                    at = before;
                }
                way.reverse();
                return way;
            }
            for next in requires.get(&at).into_iter().flatten() {
                if !came_from.contains_key(next) {
                    came_from.insert(next.clone(), Some(at.clone()));
                    open.push_back(next.clone());
                }
            }
        }
        vec![name.to_owned()]
    }
}

/// Reads a lockfile of one format.
type Reader = fn(&str, &str) -> Option<Lockfile>;

/// Every lockfile of the repository that lies with a project: those below fixtures, say, are nobody's.
pub fn read_all(repository: &Repository, manifests: &[Manifest]) -> Vec<Lockfile> {
    let readers: [(&str, Reader); 15] = [
        ("package-lock.json", npm::package_lock),
        ("npm-shrinkwrap.json", npm::package_lock),
        ("pnpm-lock.yaml", npm::pnpm),
        ("yarn.lock", yarn::read),
        ("poetry.lock", python::toml_lock),
        ("uv.lock", python::toml_lock),
        ("pdm.lock", python::toml_lock),
        ("Pipfile.lock", python::pipfile_lock),
        ("requirements.txt", python::requirements),
        ("Cargo.lock", others::cargo),
        ("go.mod", |path, text| Some(others::go_mod(path, text))),
        ("Gemfile.lock", |path, text| Some(others::gemfile_lock(path, text))),
        ("composer.lock", others::composer),
        ("packages.lock.json", others::nuget),
        ("gradle.lockfile", |path, text| Some(others::gradle(path, text))),
    ];
    let mut found = Vec::new();
    for (name, read) in readers {
        for path in repository.named(name) {
            let folders = || path.split('/').rev().skip(1);
            if folders().any(|part| matches!(part, "fixtures" | "testdata" | "__fixtures__" | "test-data")) {
                continue;
            }
            let Some(text) = repository.text(path) else { continue };
            let Some(mut lockfile) = read(path, &text) else { continue };
            let dir = lockfile.dir().to_owned();
            if lockfile.direct.is_empty() {
                let around = manifests.iter().filter(|manifest| manifest.dir == dir);
                lockfile.direct.extend(around.flat_map(|manifest| manifest.dependencies.keys().cloned()));
            }
            found.push(lockfile);
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn lockfile(path: &str, ecosystem: Ecosystem, packages: Vec<Package>) -> Lockfile {
    Lockfile { path: path.to_owned(), ecosystem, records_origin: false, packages, direct: BTreeSet::new() }
}

fn tree(format: Format, text: &str) -> Option<Node> {
    parse(format, text).ok()
}

fn text_at(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::scalar)
}

fn keys(node: Option<&Node>) -> impl Iterator<Item = String> + '_ {
    node.into_iter().flat_map(Node::entries).map(|entry| entry.key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(lockfile: &Lockfile) -> Vec<String> {
        lockfile
            .packages
            .iter()
            .map(|package| format!("{}@{}:{}", package.name, package.version, package.line))
            .collect()
    }

    #[test]
    fn npm_locks_of_all_versions() {
        let three = r#"{"lockfileVersion": 3, "packages": {
"": {"dependencies": {"a": "^1"}},
"node_modules/a": {"version": "1.0.0", "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz", "integrity": "sha512-x", "dependencies": {"@s/b": "1"}},
"node_modules/a/node_modules/@s/b": {"version": "1.2.0", "hasInstallScript": true, "dev": true},
"packages/own": {"name": "own", "dependencies": {"c": "1"}},
"node_modules/own": {"resolved": "packages/own", "link": true}
}}"#;
        let lock = npm::package_lock("package-lock.json", three).unwrap();
        assert_eq!(versions(&lock), ["a@1.0.0:3", "@s/b@1.2.0:4"]);
        assert!(lock.packages[1].runs_script && lock.packages[1].is_dev && lock.packages[0].has_digest);
        assert_eq!(lock.way_to("@s/b"), ["a", "@s/b"]);
        let one = "{\"lockfileVersion\": 1, \"dependencies\": {\n\"a\": {\"version\": \"1.0.0\", \"requires\": {\"b\": \"1\"}, \"dependencies\": {\n\"b\": {\"version\": \"2.0.0\"}}}}}";
        assert_eq!(
            versions(&npm::package_lock("package-lock.json", one).unwrap()),
            ["a@1.0.0:2", "b@2.0.0:3"]
        );
    }

    #[test]
    fn pnpm_and_yarn_locks() {
        let nine = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0(b@2.0.0)\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n  '@s/b@2.0.0':\n    resolution: {integrity: sha512-x}\n    requiresBuild: true\nsnapshots:\n  a@1.0.0(b@2.0.0):\n    dependencies:\n      '@s/b': 2.0.0\n";
        let lock = npm::pnpm("pnpm-lock.yaml", nine).unwrap();
        assert_eq!(versions(&lock), ["a@1.0.0:9", "@s/b@2.0.0:11"]);
        assert_eq!(lock.way_to("@s/b"), ["a", "@s/b"]);
        let six = "lockfileVersion: '6.0'\ndependencies:\n  a:\n    specifier: ^1\n    version: 1.0.0\npackages:\n  /a@1.0.0:\n    dependencies:\n      b: 2.0.0\n  /@s/c@1.0.0(a@1.0.0):\n    dev: true\n";
        assert_eq!(versions(&npm::pnpm("pnpm-lock.yaml", six).unwrap()), ["a@1.0.0:7", "@s/c@1.0.0:10"]);
        let five = "lockfileVersion: 5.4\npackages:\n  /a/1.0.0:\n    dev: false\n  /@s/c/1.0.0_a@1.0.0:\n    dev: true\n";
        assert_eq!(versions(&npm::pnpm("pnpm-lock.yaml", five).unwrap()), ["a@1.0.0:3", "@s/c@1.0.0:5"]);
        let one = "# yarn lockfile v1\n\n\"@s/b@^1.0.0\", \"@s/b@^1.2.0\":\n  version \"1.2.0\"\n  resolved \"https://registry.yarnpkg.com/b.tgz#abc\"\n  integrity sha512-x\n  dependencies:\n    c \"^2\"\n\nc@^2:\n  version \"2.1.0\"\n";
        let lock = yarn::read("yarn.lock", one).unwrap();
        assert_eq!(versions(&lock), ["@s/b@1.2.0:3", "c@2.1.0:10"]);
        assert_eq!(lock.packages[0].requires, ["c"]);
        let berry = "__metadata:\n  version: 8\n\n\"@s/b@npm:^1.0.0\":\n  version: 1.2.0\n  resolution: \"@s/b@npm:1.2.0\"\n  dependencies:\n    c: \"npm:^2\"\n  checksum: 10c0/abc\n\n\"own@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"own@workspace:.\"\n  dependencies:\n    \"@s/b\": \"npm:^1\"\n";
        let lock = yarn::read("yarn.lock", berry).unwrap();
        assert_eq!(versions(&lock), ["@s/b@1.2.0:4"]);
        assert!(lock.direct.contains("@s/b"));
    }

    #[test]
    fn python_locks() {
        let poetry = "[[package]]\nname = \"Flask\"\nversion = \"2.0.0\"\n\n[package.dependencies]\nWerkzeug = \">=2\"\n\n[[package]]\nname = \"werkzeug\"\nversion = \"2.0.0\"\n";
        let lock = python::toml_lock("poetry.lock", poetry).unwrap();
        assert_eq!(versions(&lock), ["Flask@2.0.0:2", "werkzeug@2.0.0:9"]);
        let uv = "[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"flask\" }]\n\n[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\nsource = { registry = \"https://pypi.org/simple\" }\ndependencies = [{ name = \"werkzeug\" }]\n";
        let lock = python::toml_lock("uv.lock", uv).unwrap();
        assert_eq!(versions(&lock), ["flask@3.0.0:8"]);
        assert!(lock.direct.contains("flask"));
        let pinned = "# comment\nDjango[bcrypt]==3.2.1 ; python_version > '3' \\\n    --hash=sha256:abc\nrequests>=2\nPillow == 9.0\n-r other.txt\n";
        let lock = python::requirements("requirements.txt", pinned).unwrap();
        assert_eq!(versions(&lock), ["Django@3.2.1:2", "Pillow@9.0:5"]);
    }

    #[test]
    fn damaged_locks_are_survived() {
        let npm = r#"{"packages": {"": {}, "node_modules/ä": {"version": "1", "resolved": "://"}}, "dependencies": {"a": {}}}"#;
        let yarn = "\"@s/b@^1\", b:\n  version \"1\"\n  dependencies:\n    c \"2\"\n@:\n\"\":\n__metadata:\n  version: 8\n\"x\":\n  resolution: \"ä\"\n";
        let gems = "GEM\n  remote: x\n  specs:\n    a (1\n      b\nDEPENDENCIES\n  ä (\n";
        let toml = "[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b 1\", {name = \"c\"}]\n";
        let pnpm = "packages:\n  /@a/b/1.0.0_x: {}\n  '@a': {}\n  a@: {}\n  (: {}\n  ? [a]\n  : {}\n";
        let lines = "require (\n\ta v1\n)\nrequire\na==1\n==\na:b:1=x\n:=:\nä==ä\n";
        for text in [npm, yarn, gems, toml, pnpm, lines] {
            for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
                let text = &text[..end];
                npm::package_lock("package-lock.json", text);
                npm::pnpm("pnpm-lock.yaml", text);
                yarn::read("yarn.lock", text);
                python::toml_lock("uv.lock", text);
                python::pipfile_lock("Pipfile.lock", text);
                python::requirements("requirements.txt", text);
                others::cargo("Cargo.lock", text);
                others::go_mod("go.mod", text).way_to("a");
                others::gemfile_lock("Gemfile.lock", text);
                others::composer("composer.lock", text);
                others::nuget("packages.lock.json", text);
                others::gradle("gradle.lockfile", text);
            }
        }
    }

    #[test]
    fn locks_of_other_languages() {
        let cargo = "[[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\"time 0.1.43\"]\n\n[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let lock = others::cargo("Cargo.lock", cargo).unwrap();
        assert_eq!(versions(&lock), ["time@0.1.43:7"]);
        assert_eq!(lock.way_to("time"), ["time"]);
        let gems = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rails (7.0.0)\n      rack (>= 2)\n    rack (2.2.3-x86_64-linux)\n\nDEPENDENCIES\n  rails (~> 7)\n";
        let lock = others::gemfile_lock("Gemfile.lock", gems);
        assert_eq!(versions(&lock), ["rails@7.0.0:4", "rack@2.2.3:6"]);
        assert_eq!(lock.way_to("rack"), ["rails", "rack"]);
        let go = "module x\n\ngo 1.21\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgolang.org/x/net v0.1.0 // indirect\n)\nrequire c.d/e v2.0.0+incompatible\n";
        let lock = others::go_mod("go.mod", go);
        assert_eq!(
            versions(&lock),
            ["github.com/a/b@1.2.3:6", "golang.org/x/net@0.1.0:7", "c.d/e@2.0.0+incompatible:9"]
        );
        assert_eq!(lock.direct.len(), 2);
        let gradle = "# comment\norg.slf4j:slf4j-api:1.7.30=runtimeClasspath\nempty=\n";
        assert_eq!(versions(&others::gradle("gradle.lockfile", gradle)), ["org.slf4j:slf4j-api@1.7.30:2"]);
        let composer = "{\"packages\": [\n{\"name\": \"a/b\", \"version\": \"v1.2.0\", \"require\": {\"php\": \"^8\", \"c/d\": \"*\"}}], \"packages-dev\": []}";
        assert_eq!(versions(&others::composer("composer.lock", composer).unwrap()), ["a/b@1.2.0:2"]);
        let nuget = "{\"dependencies\": {\"net8.0\": {\n\"Newtonsoft.Json\": {\"type\": \"Direct\", \"resolved\": \"12.0.1\"}}}}";
        assert_eq!(
            versions(&others::nuget("packages.lock.json", nuget).unwrap()),
            ["Newtonsoft.Json@12.0.1:2"]
        );
    }
}
