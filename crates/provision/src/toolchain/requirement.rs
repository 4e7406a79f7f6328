//! What versions will do, as repositories write it: npm's ranges, PEP 440's specifiers, Ruby's and Composer's `~>`, `^`.

use seaworthy_model::Runtime;

use super::version::Version;

/// A requirement on a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// One of them must hold as a whole; empty: any version will do.
    alternatives: Vec<Vec<Comparator>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Comparator {
    AtLeast(Version),
    Above(Version),
    Below(Version),
    AtMost(Version),
    /// This one, as far as it is written: `20` means every 20.
    Like(Version),
    Unlike(Version),
}

/// How well a version that is there fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is another one, and things may break.
    Other,
    /// It is another one of the same release line: 20.20 where 20.11.1 is asked for. Nothing should break.
    SameLine,
    /// It is what is asked for.
    Exact,
}

impl Requirement {
    /// What a service asks for.
    pub fn of(runtime: &Runtime) -> Self {
        let text = runtime.requirement.as_deref().or(runtime.version.as_deref());
        text.map_or(Self { alternatives: Vec::new() }, Self::parse)
    }

    /// The same requirement, where a version that is named alone means it and all after it.
    #[must_use]
    pub fn or_newer(mut self) -> Self {
        for comparator in self.alternatives.iter_mut().flatten() {
            if let Comparator::Like(version) = comparator {
                *comparator = Comparator::AtLeast(version.clone());
            }
        }
        self
    }

    /// Reads a requirement; what cannot be read asks for nothing.
    pub fn parse(text: &str) -> Self {
        let alternatives: Vec<Vec<Comparator>> = text.split("||").map(conjunction).collect();
        // One alternative that asks for nothing admits everything.
        let anything = alternatives.iter().any(Vec::is_empty);
        Self { alternatives: if anything { Vec::new() } else { alternatives } }
    }

    /// How well `version` fits; `line` is how many numbers make a release line of the runtime.
    pub fn fit(&self, version: &Version, line: usize) -> Fit {
        if self.admits(version) {
            return Fit::Exact;
        }
        let same_line = self.alternatives.iter().any(|all| {
            let [Comparator::Like(wanted)] = &all[..] else { return false };
            wanted.numbers().len() >= line && (0..line).all(|i| wanted.number(i) == version.number(i))
        });
        if same_line { Fit::SameLine } else { Fit::Other }
    }

    /// `version` is what is asked for.
    pub fn admits(&self, version: &Version) -> bool {
        self.alternatives.is_empty()
            || self.alternatives.iter().any(|all| all.iter().all(|comparator| comparator.admits(version)))
    }
}

impl Comparator {
    fn admits(&self, version: &Version) -> bool {
        match self {
            Self::AtLeast(bound) => version >= bound,
            // `>20` leaves out every 20, as in npm.
            Self::Above(bound) => version > bound && !version.is_a(bound),
            Self::Below(bound) => version < bound,
            Self::AtMost(bound) => version <= bound || version.is_a(bound),
            Self::Like(wanted) => version.is_a(wanted),
            Self::Unlike(wanted) => !version.is_a(wanted),
        }
    }
}

const OPERATORS: [&str; 12] = ["===", "==", "~=", "~>", ">=", "<=", "!=", ">", "<", "^", "~", "="];

fn conjunction(text: &str) -> Vec<Comparator> {
    // `1.2 - 3.4` is npm's inclusive range.
    if let Some((low, high)) = text.split_once(" - ")
        && let (Some(low), Some(high)) = (Version::parse(low), Version::parse(high))
    {
        return vec![Comparator::AtLeast(low), Comparator::AtMost(high)];
    }
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() {
            return found;
        }
        let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).unwrap_or("");
        rest = rest[operator.len()..].trim_start();
        let end = rest.find([' ', ',', '\t', '<', '>', '!', '=', '~', '^']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        // A lone operator reads nothing; the loop still goes on.
        rest = if word.is_empty() && operator.is_empty() {
            &rest[rest.chars().next().map_or(0, char::len_utf8)..]
        } else {
            after
        };
        let word = word.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '/');
        if let Some(version) = Version::parse(word) {
            found.extend(comparators(operator, version));
        }
    }
}

fn comparators(operator: &str, version: Version) -> Vec<Comparator> {
    match operator {
        ">=" => vec![Comparator::AtLeast(version)],
        ">" => vec![Comparator::Above(version)],
        "<" => vec![Comparator::Below(version)],
        "<=" => vec![Comparator::AtMost(version)],
        "!=" => vec![Comparator::Unlike(version)],
        "^" => {
            // The first number that is not 0 stays.
            let kept = version
                .numbers()
                .iter()
                .position(|number| *number != 0)
                .unwrap_or(version.numbers().len() - 1);
            let next = next(&version, kept);
            vec![Comparator::AtLeast(version), Comparator::Below(next)]
        }
        // npm's `~1` keeps the first number, `~1.2` and `~1.2.3` the second.
        "~" => {
            let next = next(&version, usize::from(version.numbers().len() > 1));
            vec![Comparator::AtLeast(version), Comparator::Below(next)]
        }
        // All but the last number stay (PEP 440, RubyGems, Composer).
        "~=" | "~>" => {
            let next = next(&version, version.numbers().len().saturating_sub(2));
            vec![Comparator::AtLeast(version), Comparator::Below(next)]
        }
        _ => vec![Comparator::Like(version)],
    }
}

/// The first version after all that share the numbers up to and including `index`.
fn next(version: &Version, index: usize) -> Version {
    let mut numbers: Vec<String> = version.numbers()[..=index].iter().map(u64::to_string).collect();
    numbers[index] = version.number(index).saturating_add(1).to_string();
    Version::parse(&numbers.join(".")).unwrap_or_else(|| version.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admits(requirement: &str, version: &str) -> bool {
        Requirement::parse(requirement).admits(&Version::parse(version).unwrap())
    }

    #[test]
    fn ranges_as_npm_python_and_ruby_write_them() {
        for (requirement, yes, no) in [
            ("20", "20.11.0", "21.0.0"),
            ("20.x", "20.1.0", "22.0.0"),
            (">=18", "22.0.0", "16.20.0"),
            (">=18 <21", "20.9.0", "21.0.0"),
            (">= 18.0.0, < 21", "18.0.0", "21.0.0"),
            ("^18 || ^20", "20.1.0", "19.0.0"),
            ("^20.9.0 || >=22", "23.0.0", "20.8.0"),
            ("18 - 20", "20.5.0", "21.0.0"),
            ("~1.2", "1.2.9", "1.3.0"),
            ("~1", "1.9.0", "2.0.0"),
            ("~=3.10", "3.12.0", "4.0.0"),
            ("~=3.10.1", "3.10.9", "3.11.0"),
            ("==3.12.*", "3.12.4", "3.11.0"),
            (">=3.10,<3.13", "3.12.9", "3.13.0"),
            (">=3.9,!=3.10.*", "3.11.0", "3.10.4"),
            ("~> 3.2.0", "3.2.5", "3.3.0"),
            ("^8.2", "8.4.0", "9.0.0"),
            ("^0.3.1", "0.3.9", "0.4.0"),
            (">20", "21.0.0", "20.1.0"),
            ("<=20", "20.19.0", "21.0.0"),
            ("3.11.4", "3.11.4", "3.11.5"),
            ("python-3.11.4", "3.11.4", "3.10.0"),
        ] {
            assert!(admits(requirement, yes), "{requirement} {yes}");
            assert!(!admits(requirement, no), "{requirement} {no}");
        }
        for anything in ["", "*", "latest", "x || 20"] {
            assert!(admits(anything, "1.0"), "{anything}");
        }
    }

    #[test]
    fn a_patch_of_the_same_line_is_no_other_version() {
        let version = |text: &str| Version::parse(text).unwrap();
        let fit = |wanted: &str, there: &str, line| Requirement::parse(wanted).fit(&version(there), line);
        assert_eq!(fit("20.11.1", "20.20.2", 1), Fit::SameLine);
        assert_eq!(fit("20", "22.1.0", 1), Fit::Other);
        assert_eq!(fit("3.11.4", "3.11.7", 2), Fit::SameLine);
        assert_eq!(fit("3.11", "3.12.1", 2), Fit::Other);
        assert_eq!(fit(">=20.30", "20.20.2", 1), Fit::Other);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[\\^~<>=!|*, x.0-9é-]{0,16}", version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}") {
            Requirement::parse(&text).fit(&Version::parse(&version).unwrap(), 2);
        }

        #[test]
        fn a_version_admits_itself(version in "[1-9][0-9]?(\\.[0-9]{1,2}){0,3}") {
            for operator in ["", "=", "==", ">=", "<=", "^", "~", "~=", "~>"] {
                let requirement = format!("{operator}{version}");
                prop_assert!(admits(&requirement, &version), "{}", requirement);
            }
        }
    }
}
