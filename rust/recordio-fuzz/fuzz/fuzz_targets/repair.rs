//! libFuzzer on [`recordio_fuzz::repair`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::repair(data));
