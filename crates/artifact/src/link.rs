//! Links that stay in their tree.
//!
//! Dependencies are full of links (`node_modules/.bin`, workspaces), all of them relative. One kind leads out by design:
//! a virtual environment of Python links to the interpreter of the machine. So a relative link must end within the tree,
//! through however many links it goes; an absolute one is taken only as `VENV/bin/python*` beside a `VENV/pyvenv.cfg`,
//! to a file that is called like an interpreter. Links to nowhere are harmless and stay.

use std::collections::BTreeMap;

use crate::manifest::Kind;

/// Links that one look-up follows: what Linux does.
const MOST_HOPS: u32 = 40;

/// Why a link is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Its target is absolute, and it is not the interpreter of a virtual environment.
    #[error("is absolute; only the interpreter of a virtual environment may be linked to from outside")]
    Absolute,
    /// It ends outside the tree.
    #[error("leads out of the folder; make it end within")]
    Outside,
    /// It is empty or too long.
    #[error("is no path")]
    NoPath,
}

/// What stands at each path of a tree.
pub(crate) type Places<'a> = BTreeMap<&'a str, &'a Kind>;

/// Checks the link at `path`.
pub(crate) fn check(places: &Places<'_>, path: &str, target: &str) -> Result<(), LinkFault> {
    if target.is_empty() || target.len() > 4096 || target.contains('\0') {
        return Err(LinkFault::NoPath);
    }
    if target.starts_with('/') {
        return if is_interpreter(places, path, target) { Ok(()) } else { Err(LinkFault::Absolute) };
    }
    let mut at: Vec<&str> = path.split('/').collect();
    at.pop();
    // What is still to be walked, the next name last.
    let mut ahead: Vec<&str> = target.rsplit('/').collect();
    let mut hops = 0;
    while let Some(name) = ahead.pop() {
        match name {
            "" | "." => {}
            ".." => {
                at.pop().ok_or(LinkFault::Outside)?;
            }
            name => {
                at.push(name);
                let place = at.join("/");
                let Some(Kind::Link { target }) = places.get(place.as_str()) else { continue };
                hops += 1;
                if hops > MOST_HOPS {
                    // It ends nowhere, on every system.
                    return Ok(());
                }
                if target.starts_with('/') {
                    let is_end = ahead.iter().all(|name| matches!(*name, "" | "."));
                    let is_fine = is_end && is_interpreter(places, &place, target);
                    return if is_fine { Ok(()) } else { Err(LinkFault::Outside) };
                }
                at.pop();
                ahead.extend(target.rsplit('/'));
            }
        }
    }
    Ok(())
}

/// The link is the interpreter of a virtual environment.
fn is_interpreter(places: &Places<'_>, path: &str, target: &str) -> bool {
    let Some((venv, name)) = path.rsplit_once("bin/") else { return false };
    if !(venv.is_empty() || venv.ends_with('/')) {
        return false;
    }
    let settings = format!("{venv}pyvenv.cfg");
    let mut names = target.split('/').skip(1);
    matches!(places.get(settings.as_str()), Some(Kind::File { .. }))
        && is_python(name)
        && target.rsplit('/').next().is_some_and(is_python)
        && names.all(|name| !matches!(name, "" | "." | ".."))
}

/// `python`, `python3`, `python3.11`, `pypy3`.
fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    version.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn links_end_within_the_tree() {
        let link = |target: &str| Kind::Link { target: target.to_owned() };
        let file = Kind::File { digest: Digest::of(b""), size: 0, executable: false, relocated: false };
        let up = link("../..");
        let (python, round) = (link("/usr/bin/python3"), link("round"));
        let places: Places<'_> =
            [("a/b/up", &up), (".venv/pyvenv.cfg", &file), (".venv/bin/python", &python), ("round", &round)]
                .into_iter()
                .collect();
        let of = |path: &str, target: &str| check(&places, path, target);
        assert_eq!(of("node_modules/.bin/x", "../x/cli.js"), Ok(()));
        assert_eq!(of("l", "nowhere/../."), Ok(()));
        assert_eq!(of("l", "round/x"), Ok(()));
        assert_eq!(of(".venv/bin/python3", "/usr/bin/python3.11"), Ok(()));
        assert_eq!(of(".venv/bin/python3", "python"), Ok(()));
        assert_eq!(of("l", ".."), Err(LinkFault::Outside));
        assert_eq!(of("a/l", "../../x"), Err(LinkFault::Outside));
        // `a/b/up` is the root, whatever its letters say.
        assert_eq!(of("l", "a/b/up/x"), Ok(()));
        assert_eq!(of("l", "a/b/up/../x"), Err(LinkFault::Outside));
        assert_eq!(of("l", ".venv/bin/python/../../etc"), Err(LinkFault::Outside));
        assert_eq!(of("l", "/etc/passwd"), Err(LinkFault::Absolute));
        assert_eq!(of(".venv/bin/python3", "/etc/passwd"), Err(LinkFault::Absolute));
        assert_eq!(of(".venv/bin/python3", "/usr/../bin/python3"), Err(LinkFault::Absolute));
        assert_eq!(of("venv/bin/python3", "/usr/bin/python3"), Err(LinkFault::Absolute));
        assert_eq!(of("l", ""), Err(LinkFault::NoPath));
    }
}
