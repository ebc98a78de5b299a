//! Every body on some random bytes; a fuzzer gets further, where there is one.

use proptest::{collection::vec, prelude::*};
use recordio_fuzz::TARGETS;

fn run(name: &str) {
    let target = TARGETS.into_iter().find(|target| target.name == name);
    let body = target.expect("this is the name of a target").body;
    let cases = ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() };
    proptest!(cases, |(data in vec(any::<u8>(), 0..600))| body(&data));
}

macro_rules! run_each {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        #[test]
        fn every_target_is_run() {
            assert_eq!([$(stringify!($name)),*], TARGETS.map(|target| target.name));
        }
    };
}

run_each! {
    acceptance decode image_record index_parser index_records indexed_read repair rescue round_trip
}
