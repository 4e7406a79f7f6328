//! Versions of runtimes, as their programs print them.

use std::cmp::Ordering;
use std::fmt;

/// A version: numbers, the most significant first. Absent numbers count as 0 when compared.
#[derive(Clone, Debug)]
pub struct Version(Vec<u64>);

impl Version {
    /// Reads `20`, `v20.11.1`, `3.13.0rc1`; what follows the numbers is dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let numbers: Vec<u64> = text[..end]
            .split('.')
            .filter(|part| !part.is_empty())
            .map_while(|part| part.parse().ok())
            .collect();
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// The first version in what a program printed: `openjdk version "17.0.1" 2021-10-19`, `go version go1.22.1 linux/amd64`.
    pub fn find(output: &str) -> Option<Self> {
        // Elixir prints the version of Erlang first.
        let output = output.find("Elixir ").map_or(output, |at| &output[at..]);
        let bytes = output.as_bytes();
        let starts = (0..bytes.len()).filter(|at| {
            bytes[*at].is_ascii_digit()
                && (*at == 0 || !bytes[at - 1].is_ascii_digit() && bytes[at - 1] != b'.')
        });
        let dotted = |at: &usize| {
            let digits = bytes[*at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            bytes.get(at + digits) == Some(&b'.')
                && bytes.get(at + digits + 1).is_some_and(u8::is_ascii_digit)
        };
        let mut starts = starts.collect::<Vec<_>>().into_iter();
        let first = starts.clone().next();
        let version = starts.find(dotted).or(first).and_then(|at| Self::parse(&output[at..]))?;
        // Java 8 calls itself 1.8.
        Some(if output.contains("version \"1.") { Self(version.0[1..].to_vec()) } else { version })
    }

    /// Its numbers.
    pub fn numbers(&self) -> &[u64] {
        &self.0
    }

    /// The number at a position; 0 beyond the last one.
    pub fn number(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }

    /// It begins with all numbers of `prefix`: 20.11.1 is a 20 and a 20.11.
    pub fn is_a(&self, prefix: &Self) -> bool {
        prefix.0.iter().enumerate().all(|(index, number)| self.number(index) == *number)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        (0..length)
            .map(|index| self.number(index).cmp(&other.number(index)))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print() {
        for (output, version) in [
            ("v20.20.2\n", "20.20.2"),
            ("Python 3.11.7", "3.11.7"),
            ("go version go1.22.1 linux/amd64", "1.22.1"),
            ("openjdk version \"17.0.1\" 2021-10-19", "17.0.1"),
            ("openjdk version \"1.8.0_392\"", "8.0"),
            ("openjdk version \"21\" 2023-09-19", "21"),
            ("rustc 1.95.0 (59807616e 2026-04-14)", "1.95.0"),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1", "7.0.15"),
            ("ruby 3.2.2 (2023-03-30 revision e51014f9c0) [x86_64-linux]", "3.2.2"),
            ("Erlang/OTP 26 [erts-14.0]\n\nElixir 1.15.0", "1.15.0"),
            ("mariadbd  Ver 10.11.6-MariaDB-0+deb12u1", "10.11.6"),
        ] {
            assert_eq!(Version::find(output).unwrap().to_string(), version, "{output}");
        }
        assert_eq!(Version::find("no version"), None);
    }

    #[test]
    fn absent_numbers_are_zero() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("3.9") < version("3.10") && version("20") == version("20.0.0"));
        assert!(version("20.11.1").is_a(&version("20")) && !version("20").is_a(&version("20.11")));
    }
}
