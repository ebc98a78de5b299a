//! What lenient reading gives, written again.

use std::collections::BTreeSet;

use recordio::io::Reader;

use crate::{
    Choices,
    files::file,
    oracle::{self, Found},
    records::write,
    rescue::listed,
};

/// Checks that the intact records of any file, written again, are read strictly as the same records,
/// and leniently as well, with nothing to skip.
///
/// # Panics
///
/// Where they are not.
pub fn repair(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut numbers = Choices::new(choices.bytes(4));
    let damaged = file(&mut choices);
    let listed = listed(&damaged, &mut numbers);
    let records = intact_records(oracle::rescue(&damaged, &listed));
    let (file, offsets) = write(&records);
    let read: Result<Vec<_>, _> = Reader::new(&file[..]).into_records().collect();
    assert_eq!(read.expect("it was just written"), records);
    for listed in [BTreeSet::new(), offsets.iter().copied().collect()] {
        let found = oracle::rescue(&file, &listed);
        assert_eq!(found.len(), records.len(), "nothing is skipped");
        assert_eq!(intact_records(found), records);
    }
}

fn intact_records(found: Vec<Found>) -> Vec<Vec<u8>> {
    let record = |found| match found {
        Found::Record(record) => Some(record.bytes),
        Found::Skipped(_) => None,
    };
    found.into_iter().filter_map(record).collect()
}
