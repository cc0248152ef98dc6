#![no_main]

#[path = "../src/explain.rs"]
mod explain;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| explain::explained(bytes));
