//! What the first answer of a host says.

use std::time::{SystemTime, UNIX_EPOCH};

/// What a host is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its operating system, as `uname -s` says it.
    pub system: String,
    /// Its processor, as `uname -m` says it.
    pub machine: String,
    /// Its clock when it was asked, in seconds since 1970.
    pub time: i64,
    /// Where Seaworthy keeps its state there.
    pub state: String,
    /// Why nothing can be written there; nothing where it can.
    pub unwritable: Option<String>,
    /// Whether the program is there.
    pub has_program: bool,
    /// So many bytes of it are, where copying it was interrupted.
    pub part: u64,
}

/// The line after which the answer begins; before it, start-up files of the shell may have said anything.
pub(crate) const BEGIN: &str = "sea-probe-1";
/// The line that ends it.
pub(crate) const END: &str = "sea-probe-end";

impl Facts {
    /// Reads the lines between begin and end.
    pub(crate) fn of(lines: &[String]) -> Self {
        let mut facts = Self::default();
        for line in lines {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            let value = value.trim();
            match key {
                "system" => value.clone_into(&mut facts.system),
                "machine" => value.clone_into(&mut facts.machine),
                "time" => facts.time = value.parse().unwrap_or_default(),
                "state" => value.clone_into(&mut facts.state),
                "writable" => facts.unwritable = value.strip_prefix("no").map(|why| why.trim().to_owned()),
                "program" => facts.has_program = value == "yes",
                "part" => facts.part = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        facts
    }

    /// Whether a program of this machine's kind runs there.
    pub fn runs_programs_of_this_machine(&self) -> bool {
        let machine = match self.machine.as_str() {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            machine => machine,
        };
        self.system.eq_ignore_ascii_case(std::env::consts::OS) && machine == std::env::consts::ARCH
    }

    /// How far its clock is ahead of this one's, in seconds; the way there is counted in.
    pub(crate) fn ahead_by(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.time - i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let said = "system Linux\nmachine x86_64\ntime 1700000000\nstate /srv/my state\nwritable no mkdir: Permission denied\nprogram no\npart    12";
        let lines: Vec<String> = said.lines().map(str::to_owned).collect();
        let facts = Facts::of(&lines);
        assert_eq!((facts.system.as_str(), facts.machine.as_str()), ("Linux", "x86_64"));
        assert_eq!(facts.state, "/srv/my state");
        assert_eq!(facts.unwritable.as_deref(), Some("mkdir: Permission denied"));
        assert_eq!((facts.has_program, facts.part), (false, 12));
    }

    #[test]
    fn another_kind_of_machine_is_told_apart() {
        let this = Facts {
            system: "Linux".to_owned(),
            machine: std::env::consts::ARCH.to_owned(),
            ..Facts::default()
        };
        assert_eq!(this.runs_programs_of_this_machine(), cfg!(target_os = "linux"));
        assert!(!Facts { machine: "riscv64".to_owned(), ..this.clone() }.runs_programs_of_this_machine());
        assert!(!Facts { system: "FreeBSD".to_owned(), ..this }.runs_programs_of_this_machine());
    }
}
