//! The filter that makes the kernel ask: a program of the classic Berkeley packet filter over `struct seccomp_data`.

use nix::libc::{self, sock_filter};

use super::calls::{CALLS, EMPTY_PATH_FLAGS};

/// The architecture whose numbers of system calls these are (`linux/audit.h`). A call by those of another one (32-bit
/// programs) is let through unseen.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCHITECTURE: u32 = 0;

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const ARGUMENTS: u32 = 16;

/// The filter.
pub(super) fn program() -> Vec<sock_filter> {
    let mut program = vec![
        load(ARCH),
        unless_equal(ARCHITECTURE, 1),
        // Skipped when the architecture is another one.
        load(NUMBER),
    ];
    // The first jump goes over the load, and lands here with the architecture in the register, which is no number of a
    // call; so it is let through by the last line.
    let is_asked_by_flags = |number| EMPTY_PATH_FLAGS.iter().find(|(known, _)| *known == number);
    for (number, _) in CALLS {
        if let Some((_, argument)) = is_asked_by_flags(*number) {
            program.extend([
                unless_equal(word(*number), 4),
                load(ARGUMENTS + 8 * u32::try_from(*argument).unwrap_or_default()),
                unless_any(libc::AT_EMPTY_PATH.unsigned_abs(), 1),
                answer(libc::SECCOMP_RET_ALLOW),
                answer(libc::SECCOMP_RET_USER_NOTIF),
            ]);
        } else {
            program.extend([unless_equal(word(*number), 1), answer(libc::SECCOMP_RET_USER_NOTIF)]);
        }
    }
    // What is opened through a ring is not seen by any filter. Programs fall back where there is none.
    let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    program.extend([unless_equal(word(libc::SYS_io_uring_setup), 1), answer(refused)]);
    program.push(answer(libc::SECCOMP_RET_ALLOW));
    program
}

/// Numbers of system calls are small.
fn word(number: libc::c_long) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn load(offset: u32) -> sock_filter {
    line(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, offset)
}

/// Goes over `skip` lines unless the register is `value`.
fn unless_equal(value: u32, skip: u8) -> sock_filter {
    line(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, skip, value)
}

/// Goes over `skip` lines unless the register has one of these bits.
fn unless_any(bits: u32, skip: u8) -> sock_filter {
    line(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, skip, bits)
}

fn answer(value: u32) -> sock_filter {
    line(libc::BPF_RET | libc::BPF_K, 0, value)
}

/// Codes of instructions fit into 16 bits.
fn line(code: u32, skip: u8, value: u32) -> sock_filter {
    sock_filter { code: u16::try_from(code).unwrap_or_default(), jt: 0, jf: skip, k: value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Carries the filter out as the kernel does.
    fn judge(number: libc::c_long, architecture: u32, flags: u32) -> u32 {
        let program = program();
        let mut register = 0;
        let mut at = 0;
        loop {
            let line = program[at];
            at += 1;
            let code = u32::from(line.code);
            if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS {
                register = match line.k {
                    NUMBER => word(number),
                    ARCH => architecture,
                    _ => flags,
                };
            } else if code == libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K {
                at += usize::from(if register == line.k { line.jt } else { line.jf });
            } else if code == libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K {
                at += usize::from(if register & line.k == 0 { line.jf } else { line.jt });
            } else {
                return line.k;
            }
        }
    }

    #[test]
    fn calls_that_name_files_are_asked_about_and_no_others() {
        let asked = libc::SECCOMP_RET_USER_NOTIF;
        for (number, _) in CALLS {
            assert_eq!(judge(*number, ARCHITECTURE, 0), asked, "{number}");
        }
        let allowed = libc::SECCOMP_RET_ALLOW;
        for number in [libc::SYS_read, libc::SYS_write, libc::SYS_mmap, libc::SYS_fstat, libc::SYS_sendmsg] {
            assert_eq!(judge(number, ARCHITECTURE, 0), allowed, "{number}");
        }
        assert_eq!(judge(libc::SYS_newfstatat, ARCHITECTURE, libc::AT_EMPTY_PATH.unsigned_abs()), allowed);
        assert_eq!(judge(libc::SYS_openat, 0x4000_0003, 0), allowed, "32-bit programs have other numbers");
        assert_eq!(judge(libc::SYS_io_uring_setup, ARCHITECTURE, 0) & 0xffff, libc::ENOSYS.unsigned_abs());
    }
}
