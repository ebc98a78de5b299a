//! libFuzzer on [`recordio_fuzz::rescue`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::rescue(data));
