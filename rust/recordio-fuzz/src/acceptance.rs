//! Which files are read at all, and by whom.

use std::{collections::BTreeSet, num::NonZero};

use recordio::{
    damage::Damage,
    decoder::{Decoder, Event},
    io::{IndexedReader, Indexer, Reader, Workers},
};

use crate::{
    Choices,
    files::file,
    oracle::{self, Found, Record},
    rescue::listed,
};

/// Checks that all readers accept the files that the slow decoder accepts, and no others; that
/// lenient reading gives those as they are if nobody has left a magic in a payload, and if somebody
/// has, finds fault with that alone.
///
/// # Panics
///
/// Where they do not.
pub fn acceptance(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut numbers = Choices::new(choices.bytes(4));
    let file = file(&mut choices);
    let want = oracle::decode(&file);
    let is_accepted = want.fault.is_none();
    let records: Vec<Vec<u8>> = want.records.iter().map(|record| record.bytes.clone()).collect();

    let read: Result<Vec<_>, _> = Reader::new(&file[..]).into_records().collect();
    assert_eq!(read.ok().as_ref(), is_accepted.then_some(&records));
    assert_eq!(decode_at_once(&file).as_ref(), is_accepted.then_some(&records));
    let index = Indexer::new(&file).and_then(Indexer::into_index);
    assert_eq!(index.is_ok(), is_accepted);
    let block_len = NonZero::new(64 + file.len() / 16).expect("at least 64");
    let workers = Workers::new(2).with_block_len(block_len);
    assert_eq!(workers.index_records(&file, |_| Ok(())).is_ok(), is_accepted);
    if let Ok(index) = index {
        let (reader, mut buffer) = (IndexedReader::new(&file[..], index), Vec::new());
        for (ordinal, record) in records.iter().enumerate() {
            let found = reader.read(ordinal, &mut buffer).expect("the slow decoder reads it");
            assert_eq!(found, Some(&record[..]));
        }
        check_lenient(&file, &want.records, &listed(&file, &mut numbers));
        check_lenient(&file, &want.records, &BTreeSet::new());
    }
}

fn decode_at_once(mut file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut decoder = Decoder::new(0, Some(0));
    let (mut records, mut record) = (Vec::new(), Vec::new());
    loop {
        match decoder.decode(&mut file).ok()? {
            Event::Payload(payload) => record.extend_from_slice(payload),
            Event::EndOfRecord => records.push(std::mem::take(&mut record)),
            Event::NeedInput => return decoder.finish().ok().map(|()| records),
        }
    }
}

/// Checks what is found leniently in a file that is strictly RecordIO.
fn check_lenient(file: &[u8], records: &[Record], listed: &BTreeSet<usize>) {
    let found = oracle::rescue(file, listed);
    if oracle::is_escaped(file) {
        assert!(found.into_iter().eq(records.iter().cloned().map(Found::Record)));
        return;
    }
    let first = found.iter().zip(records).find_map(|(found, record)| match found {
        Found::Record(found) => (found != record).then_some(None),
        Found::Skipped(region) => Some(Some((region.begin == record.begin as u64, region.damage))),
    });
    assert!(matches!(first, None | Some(Some((true, Damage::SwallowsRecord { .. })))), "{first:?}");
}
