//! libFuzzer on [`recordio_fuzz::index_parser`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::index_parser(data));
