//! Everything that a fuzzer has found before: inputs that get deep, and inputs that went wrong.

use std::{collections::BTreeSet, fs, panic, path::Path};

use recordio_fuzz::{TARGETS, corpus};

/// Runs a body on inputs, and says which one fails.
fn replay(name: &str, body: fn(&[u8]), inputs: &[Vec<u8>]) {
    for (number, input) in inputs.iter().enumerate() {
        let outcome = panic::catch_unwind(|| body(input));
        assert!(outcome.is_ok(), "{name} fails on input {number}: {input:?}");
    }
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn no_input_of_a_corpus_fails() {
    for target in TARGETS {
        let path = folder().join("corpus").join(target.name).with_extension("rec");
        let inputs = corpus::read(&path).expect("every target has a corpus");
        assert!(!inputs.is_empty());
        replay(target.name, target.body, &inputs);
    }
}

#[test]
fn no_finding_fails_again() {
    for target in TARGETS {
        let findings = corpus::read_folder(&folder().join("findings").join(target.name));
        replay(target.name, target.body, &findings.expect("findings can be read"));
    }
}

#[test]
fn no_seed_fails() {
    for target in TARGETS {
        let seeds = corpus::seeds(&target, &folder().join("../../tests/vectors"));
        replay(target.name, target.body, &seeds.expect("vectors can be read"));
    }
}

#[test]
fn every_target_has_a_program() {
    let programs = fs::read_dir(folder().join("fuzz/fuzz_targets")).expect("the folder is there");
    let programs: BTreeSet<String> = programs
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    assert_eq!(programs, TARGETS.iter().map(|target| target.name.to_owned()).collect());
}
