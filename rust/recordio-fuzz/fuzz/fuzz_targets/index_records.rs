//! libFuzzer on [`recordio_fuzz::index_records`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::index_records(data));
