//! Sizes of Fargate tasks: not every amount of memory goes with every amount of CPU.
//!
//! Source: "Fargate task definition considerations for Amazon ECS", table "Task CPU and memory" (2025).

/// A size: CPU units (1024 are one CPU) and MiB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) cpu: u64,
    pub(super) memory: u64,
}

/// CPU units, the least and the most memory in MiB, and its steps.
const SIZES: [(u64, u64, u64, u64); 7] = [
    (256, 512, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

impl Size {
    /// The smallest size that gives at least this much.
    pub(super) fn fitting(millicores: u64, bytes: u64) -> Self {
        let cpu = (millicores * 1024).div_ceil(1000);
        let memory = bytes.div_ceil(1 << 20);
        for (units, least, most, step) in SIZES {
            if units < cpu || most < memory {
                continue;
            }
            // The smallest task has one size between its steps: 512 MiB.
            let memory = if memory <= least { least } else { memory.div_ceil(step) * step };
            return Self { cpu: units, memory };
        }
        Self { cpu: 16384, memory: 122_880 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_never_smaller_than_asked_for() {
        let fit = |millicores, mib: u64| {
            let size = Size::fitting(millicores, mib << 20);
            (size.cpu, size.memory)
        };
        assert_eq!(fit(250, 256), (256, 512));
        assert_eq!(fit(250, 600), (256, 1024));
        assert_eq!(fit(250, 3000), (512, 3072));
        assert_eq!(fit(500, 512), (512, 1024));
        assert_eq!(fit(300, 512), (512, 1024));
        assert_eq!(fit(4000, 40_000), (8192, 40_960));
        assert_eq!(fit(99_000, 1), (16384, 122_880));
    }
}
