//! What the project says is no part of the app: `check.exclude` of `seaworthy.toml`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use seaworthy_model::App;

use crate::report::Notice;

/// Files that nothing is told of.
#[derive(Debug, Default)]
pub struct Excluded {
    patterns: Vec<String>,
    set: GlobSet,
    notices: Vec<Notice>,
}

impl Excluded {
    /// What an app's project excludes. A folder stands for all that is below it; `*` stays within a folder, `**` does not.
    pub fn of(app: &App) -> Self {
        let mut excluded = Self::default();
        let mut set = GlobSetBuilder::new();
        for written in app.check.exclude.get().into_iter().flatten() {
            let pattern = written.trim_start_matches("./").trim_end_matches('/');
            let glob = |pattern: &str| GlobBuilder::new(pattern).literal_separator(true).build();
            match (glob(pattern), glob(&format!("{pattern}/**"))) {
                (Ok(file), Ok(below)) => {
                    set.add(file).add(below);
                    excluded.patterns.push(written.clone());
                }
                (Err(error), _) | (_, Err(error)) => {
                    excluded.tell(format!("`{written}` cannot be used: {error}"));
                }
            }
        }
        match set.build() {
            Ok(set) => excluded.set = set,
            Err(error) => excluded.tell(error.to_string()),
        }
        excluded
    }

    /// Nothing is told of this file.
    pub fn has(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// What is odd about it: patterns that cannot be used or that match nothing, and how much is left out.
    pub(crate) fn notices(&self, paths: &[Box<str>]) -> Vec<Notice> {
        let mut counts = vec![0_usize; self.patterns.len()];
        let mut left_out = 0;
        for path in paths {
            let matches = self.set.matches(&**path);
            left_out += usize::from(!matches.is_empty());
            for index in matches {
                // Each pattern stands twice: as itself, and for what is below it.
                if let Some(count) = counts.get_mut(index / 2) {
                    *count += 1;
                }
            }
        }
        let unused = self.patterns.iter().zip(counts).filter(|(_, count)| *count == 0);
        let unused =
            unused.map(|(pattern, _)| notice(format!("`{pattern}` is excluded, and there is no such file")));
        let told =
            (left_out > 0).then(|| notice(format!("files that `check.exclude` leaves out: {left_out}")));
        self.notices.iter().cloned().chain(unused).chain(told).collect()
    }

    fn tell(&mut self, message: String) {
        self.notices.push(notice(message));
    }
}

fn notice(message: String) -> Notice {
    Notice { file: "seaworthy.toml".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use seaworthy_model::config::{Config, Source};

    use super::*;

    fn excluded(patterns: &str) -> Excluded {
        let text = format!("[check]\nexclude = {patterns}\n");
        let (config, diagnostics) = Config::parse(&text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let mut app = App::default();
        config.apply(&mut app, &Source::file("seaworthy.toml", &text));
        Excluded::of(&app)
    }

    #[test]
    fn folders_files_and_patterns_are_left_out() {
        let excluded = excluded(r#"["tests/bad/", "./docs/old.md", "rules/*.yaml", "**/recorded"]"#);
        for path in ["tests/bad/a/b.js", "docs/old.md", "rules/a.yaml", "src/x/recorded/1.json", "recorded/a"]
        {
            assert!(excluded.has(path), "{path}");
        }
        for path in
            ["tests/badly.js", "docs/new.md", "rules/a/b.yaml", "src/recorded.js", "other/tests/bad/a.js"]
        {
            assert!(!excluded.has(path), "{path}");
        }
    }

    #[test]
    fn what_is_left_out_is_said_and_so_is_what_cannot_be() {
        let excluded = excluded(r#"["old", "gone", "a[b"]"#);
        let paths: Vec<Box<str>> = ["old/a.js", "old/b.js", "src/c.js"].map(Box::from).to_vec();
        let told: Vec<String> = excluded.notices(&paths).into_iter().map(|notice| notice.message).collect();
        assert!(told[0].starts_with("`a[b` cannot be used"), "{told:?}");
        assert_eq!(
            told[1..],
            ["`gone` is excluded, and there is no such file", "files that `check.exclude` leaves out: 2"]
        );
        assert_eq!(Excluded::default().notices(&paths), []);
    }
}
