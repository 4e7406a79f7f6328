//! Sizes of containers on Cloud Run.
//!
//! Source: "Configure CPU limits" and "Configure memory limits" of Cloud Run's documentation (2025). Less than one CPU is
//! possible, but not for what takes more than one request at a time.

/// A size: CPUs, and MiB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) cpu: u64,
    pub(super) memory: u64,
}

/// CPUs, the least and the most memory in MiB.
const SIZES: [(u64, u64, u64); 5] =
    [(1, 512, 4096), (2, 512, 8192), (4, 2048, 16384), (6, 4096, 24576), (8, 4096, 32768)];

impl Size {
    /// The smallest size that gives at least this much.
    pub(super) fn fitting(millicores: u64, bytes: u64) -> Self {
        let memory = bytes.div_ceil(1 << 20);
        for (cpu, least, most) in SIZES {
            if cpu * 1000 >= millicores && most >= memory {
                return Self { cpu, memory: memory.max(least) };
            }
        }
        Self { cpu: 8, memory: 32768 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_never_smaller_than_asked_for() {
        let fit = |millicores, mib: u64| {
            let size = Size::fitting(millicores, mib << 20);
            (size.cpu, size.memory)
        };
        assert_eq!(fit(250, 256), (1, 512));
        assert_eq!(fit(1500, 700), (2, 700));
        assert_eq!(fit(500, 6000), (2, 6000));
        assert_eq!(fit(3000, 1024), (4, 2048));
        assert_eq!(fit(16_000, 1), (8, 32768));
    }
}
