#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_fuzz::harness;

fuzz_target!(|data: &[u8]| harness::tree(data));
