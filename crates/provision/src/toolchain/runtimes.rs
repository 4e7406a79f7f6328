//! The runtimes that are known, in one list: their programs, and what they are called where one gets them.

/// A runtime.
#[derive(Debug)]
pub(super) struct Known {
    /// Its name in the model.
    pub(super) name: &'static str,
    /// Programs that are it, the likeliest first.
    pub(super) programs: &'static [&'static str],
    /// What makes the program print its version.
    pub(super) ask: &'static [&'static str],
    /// How many numbers of its version make a release line within which nothing should break.
    pub(super) line: usize,
    /// Repositories name the oldest version that will do, and newer ones run what was written for it.
    pub(super) newer_will_do: bool,
    /// Where installers keep one folder per version: below the home folder (`~`) or absolute; `*` is the version's folder.
    pub(super) places: &'static [Place],
    /// Its name for mise; `VERSION` is appended.
    pub(super) mise: Option<&'static str>,
    /// Its package for apt; `{}` is the release line.
    pub(super) apt: Option<&'static str>,
    /// Its formula for Homebrew; `{}` is the release line.
    pub(super) brew: Option<&'static str>,
    /// Its package for dnf.
    pub(super) dnf: Option<&'static str>,
    /// Its package for apk.
    pub(super) apk: Option<&'static str>,
    /// Its id for winget; `{}` is the release line.
    pub(super) winget: Option<&'static str>,
}

/// Where an installer keeps its versions.
#[derive(Debug)]
pub(super) struct Place {
    /// Who keeps them.
    pub(super) keeper: &'static str,
    /// A path with `*` for each version, ending in the folder of the programs.
    pub(super) pattern: &'static str,
}

const fn at(keeper: &'static str, pattern: &'static str) -> Place {
    Place { keeper, pattern }
}

const VERSION: &[&str] = &["--version"];

/// Every known runtime, in order of their names.
pub(super) const RUNTIMES: &[Known] = &[
    Known {
        name: "bun",
        programs: &["bun"],
        places: &[
            at("bun", "~/.bun/bin"),
            at("mise", "~/.local/share/mise/installs/bun/*/bin"),
            at("asdf", "~/.asdf/installs/bun/*/bin"),
        ],
        mise: Some("bun"),
        brew: Some("oven-sh/bun/bun"),
        winget: Some("Oven-sh.Bun"),
        ..Known::NONE
    },
    Known {
        name: "crystal",
        programs: &["crystal"],
        line: 2,
        mise: Some("crystal"),
        brew: Some("crystal"),
        apk: Some("crystal shards"),
        ..Known::NONE
    },
    Known {
        name: "dart",
        programs: &["dart"],
        places: &[at("Flutter", "~/flutter/bin")],
        mise: Some("dart"),
        brew: Some("dart-lang/dart/dart"),
        ..Known::NONE
    },
    Known {
        name: "deno",
        programs: &["deno"],
        places: &[
            at("deno", "~/.deno/bin"),
            at("mise", "~/.local/share/mise/installs/deno/*/bin"),
            at("asdf", "~/.asdf/installs/deno/*/bin"),
        ],
        mise: Some("deno"),
        brew: Some("deno"),
        apk: Some("deno"),
        winget: Some("DenoLand.Deno"),
        ..Known::NONE
    },
    Known {
        name: "dotnet",
        programs: &["dotnet"],
        places: &[
            at("dotnet-install", "~/.dotnet"),
            at("system", "/usr/share/dotnet"),
            at("system", "/usr/lib/dotnet"),
            at("mise", "~/.local/share/mise/installs/dotnet/*"),
        ],
        mise: Some("dotnet"),
        apt: Some("dotnet-sdk-{}.0"),
        brew: Some("dotnet-sdk"),
        dnf: Some("dotnet-sdk-{}.0"),
        apk: Some("dotnet{}-sdk"),
        winget: Some("Microsoft.DotNet.SDK.{}"),
        ..Known::NONE
    },
    Known {
        name: "elixir",
        programs: &["elixir"],
        line: 2,
        places: &[
            at("mise", "~/.local/share/mise/installs/elixir/*/bin"),
            at("asdf", "~/.asdf/installs/elixir/*/bin"),
        ],
        mise: Some("elixir"),
        apt: Some("elixir"),
        brew: Some("elixir"),
        dnf: Some("elixir"),
        apk: Some("elixir"),
        ..Known::NONE
    },
    Known {
        name: "erlang",
        programs: &["erl"],
        ask: &["-noshell", "-eval", "io:put_chars(erlang:system_info(otp_release)),halt()."],
        mise: Some("erlang"),
        apt: Some("erlang"),
        brew: Some("erlang"),
        ..Known::NONE
    },
    Known {
        name: "flutter",
        programs: &["flutter"],
        places: &[at("Flutter", "~/flutter/bin")],
        mise: Some("flutter"),
        brew: Some("--cask flutter"),
        ..Known::NONE
    },
    Known {
        name: "ghc",
        programs: &["ghc"],
        line: 2,
        places: &[at("ghcup", "~/.ghcup/ghc/*/bin")],
        mise: Some("ghc"),
        apt: Some("ghc cabal-install"),
        brew: Some("ghc cabal-install"),
        ..Known::NONE
    },
    Known {
        name: "gleam",
        programs: &["gleam"],
        mise: Some("gleam"),
        brew: Some("gleam"),
        apk: Some("gleam"),
        ..Known::NONE
    },
    Known {
        name: "go",
        programs: &["go"],
        ask: &["version"],
        newer_will_do: true,
        places: &[
            at("go.dev", "/usr/local/go/bin"),
            at("go.dev", "~/sdk/*/bin"),
            at("system", "/usr/lib/go-*/bin"),
            at("mise", "~/.local/share/mise/installs/go/*/bin"),
            at("asdf", "~/.asdf/installs/golang/*/go/bin"),
            at("goenv", "~/.goenv/versions/*/bin"),
            at("Homebrew", "{brew}/opt/go@*/bin"),
        ],
        mise: Some("go"),
        apt: Some("golang-go"),
        brew: Some("go"),
        dnf: Some("golang"),
        apk: Some("go"),
        winget: Some("GoLang.Go"),
        ..Known::NONE
    },
    Known {
        name: "hugo",
        programs: &["hugo"],
        ask: &["version"],
        mise: Some("hugo"),
        apt: Some("hugo"),
        brew: Some("hugo"),
        dnf: Some("hugo"),
        apk: Some("hugo"),
        winget: Some("Hugo.Hugo.Extended"),
        ..Known::NONE
    },
    Known {
        name: "java",
        programs: &["java"],
        ask: &["-version"],
        newer_will_do: true,
        places: &[
            at("system", "/usr/lib/jvm/*/bin"),
            at("system", "/Library/Java/JavaVirtualMachines/*/Contents/Home/bin"),
            at("SDKMAN", "~/.sdkman/candidates/java/*/bin"),
            at("mise", "~/.local/share/mise/installs/java/*/bin"),
            at("asdf", "~/.asdf/installs/java/*/bin"),
            at("Homebrew", "{brew}/opt/openjdk@*/bin"),
            at("Homebrew", "{brew}/opt/openjdk/bin"),
        ],
        mise: Some("java"),
        apt: Some("openjdk-{}-jdk"),
        brew: Some("openjdk@{}"),
        dnf: Some("java-{}-openjdk-devel"),
        apk: Some("openjdk{}"),
        winget: Some("EclipseAdoptium.Temurin.{}.JDK"),
        ..Known::NONE
    },
    Known {
        name: "node",
        programs: &["node", "nodejs"],
        places: &[
            at("nvm", "~/.nvm/versions/node/*/bin"),
            at("fnm", "~/.local/share/fnm/node-versions/*/installation/bin"),
            at("fnm", "~/.fnm/node-versions/*/installation/bin"),
            at("volta", "~/.volta/tools/image/node/*/bin"),
            at("mise", "~/.local/share/mise/installs/node/*/bin"),
            at("asdf", "~/.asdf/installs/nodejs/*/bin"),
            at("nodenv", "~/.nodenv/versions/*/bin"),
            at("n", "/usr/local/n/versions/node/*/bin"),
            at("Homebrew", "{brew}/opt/node@*/bin"),
            at("Homebrew", "{brew}/opt/node/bin"),
        ],
        mise: Some("node"),
        apt: Some("nodejs npm"),
        brew: Some("node@{}"),
        dnf: Some("nodejs{}"),
        apk: Some("nodejs npm"),
        winget: Some("OpenJS.NodeJS.LTS"),
        ..Known::NONE
    },
    Known {
        name: "php",
        programs: &["php"],
        line: 1,
        places: &[
            at("mise", "~/.local/share/mise/installs/php/*/bin"),
            at("asdf", "~/.asdf/installs/php/*/bin"),
            at("Homebrew", "{brew}/opt/php@*/bin"),
            at("Homebrew", "{brew}/opt/php/bin"),
        ],
        mise: Some("php"),
        apt: Some("php-cli php-mbstring php-xml php-curl php-sqlite3 composer"),
        brew: Some("php composer"),
        dnf: Some("php-cli composer"),
        apk: Some("php php-phar composer"),
        ..Known::NONE
    },
    Known {
        name: "python",
        programs: &[
            "python3",
            "python",
            "python3.14",
            "python3.13",
            "python3.12",
            "python3.11",
            "python3.10",
            "python3.9",
        ],
        line: 2,
        places: &[
            at("pyenv", "~/.pyenv/versions/*/bin"),
            at("uv", "~/.local/share/uv/python/*/bin"),
            at("mise", "~/.local/share/mise/installs/python/*/bin"),
            at("asdf", "~/.asdf/installs/python/*/bin"),
            at("Homebrew", "{brew}/opt/python@*/bin"),
        ],
        mise: Some("python"),
        apt: Some("python3 python3-venv"),
        brew: Some("python@{}"),
        dnf: Some("python{}"),
        apk: Some("python3"),
        winget: Some("Python.Python.{}"),
        ..Known::NONE
    },
    Known {
        name: "ruby",
        programs: &["ruby"],
        line: 2,
        places: &[
            at("rbenv", "~/.rbenv/versions/*/bin"),
            at("rvm", "~/.rvm/rubies/*/bin"),
            at("chruby", "~/.rubies/*/bin"),
            at("mise", "~/.local/share/mise/installs/ruby/*/bin"),
            at("asdf", "~/.asdf/installs/ruby/*/bin"),
            at("Homebrew", "{brew}/opt/ruby@*/bin"),
            at("Homebrew", "{brew}/opt/ruby/bin"),
        ],
        mise: Some("ruby"),
        apt: Some("ruby-full"),
        brew: Some("ruby@{}"),
        dnf: Some("ruby ruby-devel"),
        apk: Some("ruby ruby-dev"),
        winget: Some("RubyInstallerTeam.RubyWithDevKit.{}"),
        ..Known::NONE
    },
    Known {
        name: "rust",
        programs: &["cargo"],
        newer_will_do: true,
        places: &[at("rustup", "~/.rustup/toolchains/*/bin")],
        mise: Some("rust"),
        apt: Some("cargo rustc"),
        brew: Some("rust"),
        dnf: Some("cargo rust"),
        apk: Some("cargo rust"),
        winget: Some("Rustlang.Rustup"),
        ..Known::NONE
    },
    Known {
        name: "swift",
        programs: &["swift"],
        places: &[at("swiftly", "~/.local/share/swiftly/toolchains/*/usr/bin")],
        mise: Some("swift"),
        ..Known::NONE
    },
    Known {
        name: "zig",
        programs: &["zig"],
        ask: &["version"],
        line: 2,
        places: &[at("mise", "~/.local/share/mise/installs/zig/*")],
        mise: Some("zig"),
        brew: Some("zig"),
        apk: Some("zig"),
        winget: Some("zig.zig"),
        ..Known::NONE
    },
    Known {
        name: "zola",
        programs: &["zola"],
        mise: Some("zola"),
        brew: Some("zola"),
        apk: Some("zola"),
        ..Known::NONE
    },
];

impl Known {
    const NONE: Self = Self {
        name: "",
        programs: &[],
        ask: VERSION,
        line: 1,
        newer_will_do: false,
        places: &[],
        mise: None,
        apt: None,
        brew: None,
        dnf: None,
        apk: None,
        winget: None,
    };

    /// The runtime of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        RUNTIMES.iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_runtime_can_be_had_somewhere() {
        assert!(RUNTIMES.is_sorted_by_key(|known| known.name));
        for known in RUNTIMES {
            assert!(!known.programs.is_empty() && known.mise.is_some(), "{}", known.name);
        }
    }
}
