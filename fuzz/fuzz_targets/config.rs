#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy_fuzz::harness;

fuzz_target!(|text: &str| harness::config(text));
