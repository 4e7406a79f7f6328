//! `cargo xtask licences`: the licences, bans and sources of deny.toml, checked without any other tool.

use std::collections::BTreeSet;

use crate::process::{Outcome, cargo, output, root};

pub(crate) fn run() -> Outcome {
    let rules = read("deny.toml")?;
    let allowed = list(&rules, "allow = [");
    let banned = list(&rules, "deny = [");
    if allowed.is_empty() || banned.is_empty() {
        return Err("deny.toml names no licences or no bans".to_owned());
    }
    let tree = output(cargo(&[
        "tree",
        "--workspace",
        "--locked",
        "--target",
        "all",
        "--edges",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}\t{l}",
    ]))?;
    let packages: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(package, licence)| {
            (package.split(" (").next().unwrap_or(package), licence.trim_end_matches(" (*)"))
        })
        .collect();
    let mut wrong = Vec::new();
    for (package, licence) in &packages {
        let name = package.split(' ').next().unwrap_or(package);
        if banned.contains(&name) {
            wrong.push(format!("{package} is banned by deny.toml"));
        }
        if licence.is_empty() {
            wrong.push(format!("{package} names no licence"));
        } else if !admits(licence, &allowed) {
            wrong.push(format!("{package} is under {licence}, which deny.toml does not allow"));
        }
    }
    for line in read("Cargo.lock")?.lines().filter(|line| line.starts_with("source = ")) {
        if line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"" {
            wrong.push(format!("Cargo.lock: {line} is not crates.io"));
        }
    }
    if packages.len() < 20 {
        wrong.push(format!("only {} packages were seen: the check itself is broken", packages.len()));
    }
    if wrong.is_empty() {
        Ok(format!("licences of {} packages", packages.len()))
    } else {
        Err(wrong.join("\n  "))
    }
}

fn read(file: &str) -> Result<String, String> {
    std::fs::read_to_string(root().join(file)).map_err(|error| format!("{file} cannot be read: {error}"))
}

/// The texts of the list that begins on a line of its own.
fn list<'a>(text: &'a str, begin: &str) -> Vec<&'a str> {
    text.lines()
        .skip_while(|line| *line != begin)
        .skip(1)
        .take_while(|line| *line != "]")
        .filter_map(|line| line.split('"').nth(1))
        .collect()
}

/// Whether an SPDX expression can be met with the allowed licences. `OR` binds less than `AND`; `/` is how older
/// manifests write `OR`; a licence `WITH` an exception allows more than the licence. What is no expression is refused.
fn admits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at, allowed) == Some(true) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &[&str]) -> Option<bool> {
    let mut met = both(words, at, allowed)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at, allowed)?;
    }
    Some(met)
}

fn both(words: &[&str], at: &mut usize, allowed: &[&str]) -> Option<bool> {
    let mut met = one(words, at, allowed)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed)?;
    }
    Some(met)
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> Option<bool> {
    let word = words.get(*at)?;
    *at += 1;
    if *word == "(" {
        let met = either(words, at, allowed)?;
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return closed.then_some(met);
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    Some(allowed.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
        for met in [
            "MIT",
            "MIT/Apache-2.0",
            "Unlicense OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
            "MIT OR GPL-3.0 AND CDDL-1.0",
        ] {
            assert!(admits(met, &allowed), "{met}");
        }
        for refused in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "MIT OR", "(MIT"]
        {
            assert!(!admits(refused, &allowed), "{refused}");
        }
    }

    #[test]
    fn the_lists_of_deny_toml_are_found() {
        let rules = read("deny.toml").unwrap();
        assert!(list(&rules, "allow = [").contains(&"MIT"));
        assert!(list(&rules, "deny = [").contains(&"openssl"));
    }
}
