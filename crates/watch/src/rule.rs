//! Which watch rules a batch concerns: pure, over paths.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::gitignore::Gitignore;

use crate::batch::{Batch, Change, ChangeKind};
use crate::error::Error;
use crate::ignored::gitignore;

/// One rule: the files that it is about.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The file, folder or glob, relative to the root.
    path: PathBuf,
    glob: Option<GlobMatcher>,
    /// Relative to `path`, or to the folder in which the glob begins.
    ignore: Gitignore,
}

impl Rule {
    /// A rule about `path` (a file, a folder with all that is in it, or a glob), relative to the folder `base`,
    /// which is itself relative to the root. `ignore` are globs in the syntax of `.gitignore`, relative to
    /// `path` as in Compose; where `path` is a glob, to `base`.
    pub fn new(base: &Path, path: &str, ignore: &[String]) -> Result<Self, Error> {
        let base = normal(base);
        if !path.contains(['*', '?', '[', '{']) {
            let path = normal(&base.join(path));
            let ignore = gitignore(&path, ignore)?;
            return Ok(Self { path, glob: None, ignore });
        }
        let wrong = |error: globset::Error| Error::Glob { glob: path.to_owned(), reason: error.to_string() };
        let relative = path.trim_start_matches("./").trim_end_matches('/');
        let glob = GlobBuilder::new(relative).literal_separator(true).build().map_err(wrong)?;
        let ignore = gitignore(&base, ignore)?;
        Ok(Self { path: base, glob: Some(glob.compile_matcher()), ignore })
    }

    /// Whether the rule is about a file, relative to the root.
    pub fn matches(&self, file: &Path) -> bool {
        let Ok(relative) = file.strip_prefix(&self.path) else { return false };
        let named = self.glob.as_ref().is_none_or(|glob| {
            // A glob may name a folder, and means all that is in it.
            relative.ancestors().any(|part| !part.as_os_str().is_empty() && glob.is_match(part))
        });
        named && !self.is_ignored(relative)
    }

    /// Whether a change concerns the rule. That a folder is gone concerns every rule about something in it.
    pub fn concerns(&self, change: &Change) -> bool {
        self.matches(&change.path)
            || (change.kind == ChangeKind::Removed && self.path.starts_with(&change.path))
    }

    fn is_ignored(&self, relative: &Path) -> bool {
        if relative.as_os_str().is_empty() {
            return false;
        }
        // Absolute paths are what the matcher would take off its root; a relative one is taken as it is.
        self.ignore.matched_path_or_any_parents(relative, false).is_ignore()
    }
}

/// A rule that a batch concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern<'a> {
    /// The place of the rule among those that were asked for.
    pub rule: usize,
    /// The changes that concern it, in their order. Empty when track was lost: anything may have changed.
    pub changes: Vec<&'a Change>,
}

/// The rules that a batch concerns, in their order.
pub fn concerned<'a>(rules: &[Rule], batch: &'a Batch) -> Vec<Concern<'a>> {
    let concern = |(place, rule): (usize, &Rule)| {
        let changes: Vec<_> = batch.changes.iter().filter(|change| rule.concerns(change)).collect();
        (batch.overflow || !changes.is_empty()).then_some(Concern { rule: place, changes })
    };
    rules.iter().enumerate().filter_map(concern).collect()
}

/// A path without `.`, and without `..` as far as there is something to go up from.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn rule(base: &str, path: &str, ignore: &[&str]) -> Rule {
        let ignore: Vec<_> = ignore.iter().map(|&glob| glob.to_owned()).collect();
        Rule::new(base.as_ref(), path, &ignore).unwrap()
    }

    fn batch(changes: &[(&str, ChangeKind)], overflow: bool) -> Batch {
        let changes = changes.iter().map(|&(path, kind)| Change { path: path.into(), kind }).collect();
        Batch { changes, overflow, first_event: Instant::now() }
    }

    #[test]
    fn a_folder_means_all_that_is_in_it() {
        let rule = rule("services/api", "./src", &["*.test.ts", "/generated/", "fixtures"]);
        assert!(rule.matches("services/api/src/a.ts".as_ref()));
        assert!(rule.matches("services/api/src/deep/down/a.ts".as_ref()));
        assert!(!rule.matches("services/api/src2/a.ts".as_ref()));
        assert!(!rule.matches("src/a.ts".as_ref()));
        assert!(!rule.matches("services/api/src/deep/a.test.ts".as_ref()));
        assert!(!rule.matches("services/api/src/generated/a.ts".as_ref()));
        assert!(rule.matches("services/api/src/deep/generated/a.ts".as_ref()));
        assert!(!rule.matches("services/api/src/deep/fixtures/a.ts".as_ref()));
    }

    #[test]
    fn a_file_is_that_file() {
        let rule = rule("web", "package.json", &[]);
        assert!(rule.matches("web/package.json".as_ref()));
        assert!(!rule.matches("package.json".as_ref()) && !rule.matches("web/sub/package.json".as_ref()));
    }

    #[test]
    fn the_root_is_everything() {
        let rule = rule(".", ".", &["docs/"]);
        assert!(
            rule.matches("a".as_ref()) && rule.matches("b/c".as_ref()) && !rule.matches("docs/a".as_ref())
        );
    }

    #[test]
    fn a_glob_stops_at_folders_unless_it_says_otherwise() {
        let flat = rule("api", "src/*.py", &["src/local.py"]);
        assert!(flat.matches("api/src/a.py".as_ref()));
        assert!(!flat.matches("api/src/deep/a.py".as_ref()) && !flat.matches("api/src/local.py".as_ref()));
        let deep = rule("api", "**/*.{py,html}", &[]);
        assert!(deep.matches("api/a.py".as_ref()) && deep.matches("api/b/c/d.html".as_ref()));
        assert!(rule("api", "*/views", &[]).matches("api/blog/views/a.html".as_ref()));
    }

    #[test]
    fn a_rule_may_look_beside_its_base() {
        assert!(rule("services/api", "../common", &[]).matches("services/common/a.ts".as_ref()));
    }

    #[test]
    fn a_batch_names_the_rules_it_concerns() {
        let rules = [rule("api", "src", &[]), rule("web", "src", &[]), rule("api", "migrations", &[])];
        let places = |batch: &Batch| concerned(&rules, batch).iter().map(|c| c.rule).collect::<Vec<_>>();
        assert_eq!(places(&batch(&[("api/src/a", ChangeKind::Modified)], false)), [0]);
        assert_eq!(places(&batch(&[("api", ChangeKind::Removed)], false)), [0, 2]);
        assert_eq!(places(&batch(&[("api", ChangeKind::Created)], false)), [0_usize; 0]);
        assert_eq!(places(&batch(&[], true)), [0, 1, 2]);
    }

    #[test]
    fn an_invalid_glob_is_named() {
        let error = Rule::new("".as_ref(), "src/[a", &[]).unwrap_err();
        assert!(error.to_string().contains("`src/[a` is not a valid glob"), "{error}");
    }
}
