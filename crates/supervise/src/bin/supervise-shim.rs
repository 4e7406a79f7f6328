//! The shim alone, for the tests and benchmarks of this crate; the binary `sea` has it built in.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(seaworthy_supervise::shim::ARGUMENT) => seaworthy_supervise::shim::main(),
        Some(seaworthy_supervise::sweep::ARGUMENT) => seaworthy_supervise::sweep::main(),
        _ => ExitCode::from(2),
    }
}
