//! libFuzzer on [`recordio_fuzz::acceptance`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::acceptance(data));
