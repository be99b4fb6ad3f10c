#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| windscreen_fuzz::bundle(bytes));
