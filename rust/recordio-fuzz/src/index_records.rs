//! Threads that look for records against one that goes through them.

use std::num::NonZero;

use recordio::{
    Error,
    idx::{Index, Key},
    io::{Indexer, RecordSpan, Workers},
};

use crate::{Choices, fault::fault, files::file, oracle};

/// Checks that the places of all records are the same, error included, whether they are found
/// slowly, from the headers alone, or by any number of threads in blocks of any length.
///
/// # Panics
///
/// Where they are not.
pub fn index_records(data: &[u8]) {
    let mut choices = Choices::new(data);
    let threads = 1 + choices.below(4);
    let block_len = choices.of(&[1, 16, 64, 200, 5000]) + choices.below(64);
    let file = file(&mut choices);
    let want = oracle::decode(&file);

    let mut indexer = Indexer::new(&file).expect("a file in memory has a length");
    for record in &want.records {
        let span = RecordSpan {
            offset: record.begin as u64,
            extent: (record.end - record.begin) as u64,
            len: record.bytes.len() as u64,
        };
        assert_eq!(
            indexer.next().transpose().expect("the slow decoder found a record"),
            Some(span)
        );
    }
    let count = want.records.len() as u64;
    let want_fault = want.fault.map(|(offset, source)| (offset, Some(count), source));
    assert_eq!(indexer.next().transpose().err().as_ref().map(fault), want_fault);
    assert!(indexer.next().is_none());

    let offsets = want.records.iter().map(|record| record.begin as u64).collect();
    let want = want_fault.map_or(Ok(offsets), Err);
    let alone = Indexer::new(&file).and_then(Indexer::into_index);
    let workers = Workers::new(threads).with_block_len(NonZero::new(block_len).expect("1 or more"));
    let shared = workers.index_records(&file, |_| Ok(()));
    for index in [alone, shared] {
        assert_eq!(index.map(offsets_of).map_err(|error: Error| fault(&error)), want);
    }
}

/// Returns the offsets of an index whose keys are the ordinals.
#[expect(clippy::needless_pass_by_value, reason = "what `Result::map` calls")]
fn offsets_of(index: Index) -> Vec<u64> {
    for (ordinal, key) in (0..index.len()).zip(0..) {
        assert_eq!(index.key(ordinal), Some(Key::Integer(key)));
    }
    index.offsets().to_vec()
}
