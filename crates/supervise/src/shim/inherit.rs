//! Limits of a single process, which its children inherit: set for the shim itself while it starts the instance.
//!
//! Between fork and exec the instance may be another user already, who may set none of them.

use std::fs;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

use crate::spec::Limits;

/// `/proc/self/oom_score_adj` as in proc(5).
const OOM_SCORE: &str = "/proc/self/oom_score_adj";

/// What the shim had before; dropped, it has that again.
pub(super) struct Inherited {
    open_files: Option<(rlim_t, rlim_t)>,
    oom_score: Option<String>,
    /// Why limits that were asked for do not hold.
    pub(super) refused: Vec<String>,
}

impl Inherited {
    /// Sets what can be set.
    pub(super) fn set(limits: &Limits) -> Self {
        let mut inherited = Self { open_files: None, oom_score: None, refused: Vec::new() };
        if let Some(count) = limits.open_files {
            inherited.set_open_files(count);
        }
        if let Some(score) = limits.oom_score {
            inherited.set_oom_score(score);
        }
        inherited
    }

    fn set_open_files(&mut self, count: rlim_t) {
        let set = |soft, hard| setrlimit(Resource::RLIMIT_NOFILE, soft, hard);
        let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
        self.open_files = Some((soft, hard));
        if set(count, hard.max(count)).is_ok() {
            return;
        }
        // To go over the hard limit takes `CAP_SYS_RESOURCE`, which root does not have everywhere.
        let error = Errno::last();
        let most = count.min(hard);
        let held = if set(most, hard).is_ok() { most } else { soft };
        self.refused.push(format!(
            "{held} open files instead of {count}, which is more than this account may allow ({error})"
        ));
    }

    fn set_oom_score(&mut self, score: i16) {
        let Ok(before) = fs::read_to_string(OOM_SCORE) else { return };
        match fs::write(OOM_SCORE, score.to_string()) {
            Ok(()) => self.oom_score = Some(before),
            Err(error) => self.refused.push(format!("its oom_score is not {score} ({error})")),
        }
    }
}

impl Drop for Inherited {
    fn drop(&mut self) {
        if let Some((soft, hard)) = self.open_files {
            // A hard limit that was raised stays so where it cannot be lowered; that does no harm.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, soft, hard);
        }
        if let Some(before) = &self.oom_score {
            // What a process had before it may have again.
            let _ = fs::write(OOM_SCORE, before.trim());
        }
    }
}
