//! libFuzzer on [`recordio_fuzz::indexed_read`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::indexed_read(data));
