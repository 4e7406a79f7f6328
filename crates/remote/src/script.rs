//! What is typed to the shell of a host.
//!
//! The user's login shell there may be any: it is only ever given `sh -c '...' sea 'ARGUMENT' ...`, in which the script has
//! neither a single quote nor a newline nor `!`, which means something to csh even in quotes. Within it POSIX holds.

/// Says what the host is, and keeps the session until standard input ends: `$1` the state folder, empty for the usual one;
/// `$2` the name of the program.
const PROBE: &str = r#"s=$1; if [ -z "$s" ]; then s=${SEA_STATE:-}; fi; if [ -z "$s" ]; then if [ "$(id -u)" = 0 ]; then s=/var/lib/seaworthy; else case ${XDG_STATE_HOME:-} in /*) s=$XDG_STATE_HOME/seaworthy;; *) s=$HOME/.local/state/seaworthy;; esac; fi; fi; echo sea-probe-1; echo "system $(uname -s)"; echo "machine $(uname -m)"; echo "time $(date +%s)"; echo "state $s"; umask 077; if m=$(mkdir -p "$s/bin" 2>&1) && [ -w "$s/bin" ]; then echo "writable yes"; else echo "writable no $m"; fi; p=$s/bin/$2; if [ -x "$p" ]; then echo "program yes"; else echo "program no"; fi; if [ -f "$p.part" ]; then echo "part $(wc -c <"$p.part")"; fi; echo sea-probe-end; exec cat >/dev/null"#;

/// Appends standard input to the file `$1`, which has `$2` bytes now.
const APPEND: &str = r#"umask 077; if [ "$2" = 0 ]; then : >"$1" || exit 1; fi; n=$(wc -c <"$1") || exit 1; if [ "$n" -ne "$2" ]; then echo "sea: the partial file changed" >&2; exit 1; fi; exec cat >>"$1""#;

/// Prints the SHA-256 of the file `$1`.
const DIGEST: &str = r#"if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; elif command -v shasum >/dev/null 2>&1; then shasum -a 256 <"$1"; elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"; else echo "sea: neither sha256sum nor shasum nor openssl is here" >&2; exit 1; fi"#;

/// Makes the whole file `$1` the program `$2`, once it has shown that it runs here; `$3` is the link that people type.
const INSTALL: &str =
    r#"chmod 700 "$1" && "$1" --version >/dev/null && mv -f "$1" "$2" && ln -sfn "$2" "$3""#;

/// Takes the partial file `$1` away.
const DISCARD: &str = r#"rm -f "$1""#;

pub(crate) fn probe(state: &str, program: &str) -> String {
    sh(PROBE, &[state, program])
}

pub(crate) fn append(part: &str, offset: u64) -> String {
    sh(APPEND, &[part, &offset.to_string()])
}

pub(crate) fn digest(file: &str) -> String {
    sh(DIGEST, &[file])
}

pub(crate) fn install(part: &str, program: &str, link: &str) -> String {
    sh(INSTALL, &[part, program, link])
}

pub(crate) fn discard(part: &str) -> String {
    sh(DISCARD, &[part])
}

/// A program and its arguments, each one quoted.
pub(crate) fn line(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    words.join(" ")
}

fn sh(script: &str, arguments: &[&str]) -> String {
    let mut line = format!("sh -c '{script}' sea");
    for argument in arguments {
        line.push(' ');
        line.push_str(&quote(argument));
    }
    line
}

/// One word to any shell.
fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=,+@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn run(line: &str) -> String {
        let output = Command::new("sh").args(["-c", line]).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn scripts_survive_any_login_shell() {
        for script in [PROBE, APPEND, DIGEST, INSTALL, DISCARD] {
            assert!(!script.contains(['\'', '\n', '!']), "{script}");
        }
    }

    #[test]
    fn a_word_stays_one_word() {
        let folder = tempfile::tempdir().unwrap();
        for word in ["plain", "two words", "it's", "$HOME `id` \"x\" \\", "-n", ""] {
            let file = folder.path().join("out");
            run(&format!("printf %s {} >{}", quote(&format!("<{word}>")), file.display()));
            assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("<{word}>"));
        }
    }

    #[test]
    fn a_probe_says_where_the_state_is_and_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("the state");
        let said = run(&probe(state.to_str().unwrap(), "sea-1"));
        assert!(said.starts_with("sea-probe-1\nsystem "), "{said}");
        assert!(
            said.contains(&format!("\nstate {}\nwritable yes\nprogram no\nsea-probe-end\n", state.display())),
            "{said}"
        );
        std::fs::write(state.join("bin/sea-1.part"), b"12345").unwrap();
        assert!(run(&probe(state.to_str().unwrap(), "sea-1")).contains("\npart 5\n"));
    }

    #[test]
    fn a_file_is_hashed_by_what_the_host_has() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b");
        std::fs::write(&file, b"").unwrap();
        let said = run(&digest(file.to_str().unwrap()));
        assert!(
            said.starts_with("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            "{said}"
        );
    }
}
