#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_fuzz::proxy;

fuzz_target!(|bytes: &[u8]| proxy::control_bytes(bytes));
