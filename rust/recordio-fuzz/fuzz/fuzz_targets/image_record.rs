//! libFuzzer on [`recordio_fuzz::image_record`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recordio_fuzz::image_record(data));
