//! Threads that look for records find what one that goes from record to record finds.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use std::{io, num::NonZero};

use proptest::{collection::vec, prelude::*, sample::select};
use recordio::{
    Error,
    damage::SkippedRegion,
    fragment::MAGIC,
    idx::{Index, IndexBuilder, Key, KeyKind},
    io::{Found, Indexer, ReadAt, Rescue, Workers},
};

/// A fragment that may hold the magic, as other writers than MXNet's may leave it.
fn fragment(flag: u32, payload: &[u8]) -> Vec<u8> {
    let word = (flag << 29) | u32::try_from(payload.len()).unwrap();
    let mut bytes = [&MAGIC[..], &word.to_le_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// What looks like the start of a record, with a length that leads to anywhere.
fn bait() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![3 => 0..64_u32, 1 => any::<u32>()];
    (0..5_u32, len).prop_map(|(flag, len)| {
        [&MAGIC[..], &((flag << 29) | (len & 0x1fff_ffff)).to_le_bytes()].concat()
    })
}

fn plain_record() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..30).prop_map(|payload| fragment(0, &payload))
}

/// A payload that is a file of records, or full of baits, or neither.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => vec(any::<u8>(), 0..100),
        2 => vec(plain_record(), 0..12).prop_map(|records| records.concat()),
        2 => vec(bait(), 0..12).prop_map(|baits| baits.concat()),
        1 => vec(prop_oneof![bait(), plain_record()], 0..8).prop_map(|pieces| pieces.concat()),
    ]
}

/// A record of one fragment, rarely of several.
fn record() -> impl Strategy<Value = Vec<u8>> {
    let split = vec(payload(), 2..4).prop_map(|payloads| {
        let last = payloads.len() - 1;
        let flag = |place| if place == 0 { 1 } else { 2 + u32::from(place == last) };
        let fragments = payloads.iter().enumerate();
        fragments
            .map(|(place, payload)| fragment(flag(place), payload))
            .collect::<Vec<_>>()
            .concat()
    });
    prop_oneof![
        6 => plain_record(),
        3 => payload().prop_map(|payload| fragment(0, &payload)),
        1 => split,
    ]
}

/// A file, sometimes damaged and sometimes cut.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop_oneof![
        2 => Just(Vec::new()),
        1 => vec((any::<usize>(), any::<u8>()), 1..4),
    ];
    let cut = prop_oneof![2 => Just(0), 1 => 1..60_usize];
    let end = select(vec![&b""[..], b"", b"", b"\0\0\0\0", &MAGIC, b"x"]);
    (vec(record(), 0..60), changes, cut, end).prop_map(|(records, changes, cut, end)| {
        let mut file = records.concat();
        for (at, byte) in changes {
            let len = file.len().max(1);
            if let Some(place) = file.get_mut(at % len) {
                *place = byte;
            }
        }
        file.truncate(file.len().saturating_sub(cut));
        file.extend_from_slice(end);
        file
    })
}

fn outcome(index: Result<Index, Error>) -> Result<Vec<u64>, String> {
    let index = index.map_err(|error| format!("{error:?}"))?;
    for ordinal in 0..index.len() {
        assert_eq!(index.key(ordinal), Some(Key::Integer(ordinal.try_into().unwrap())));
    }
    Ok(index.offsets().to_vec())
}

fn in_sequence(file: &[u8]) -> Result<Vec<u64>, String> {
    outcome(Indexer::new(file).unwrap().into_index())
}

fn workers(threads: usize, block_len: usize) -> Workers {
    Workers::new(threads).with_block_len(NonZero::new(block_len).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_blocks_and_threads_give_the_same(
        file in file(), threads in 2..7_usize, block_len in 1..400_usize,
    ) {
        let found = workers(threads, block_len).index_records(&file, |_| Ok(()));
        prop_assert_eq!(outcome(found), in_sequence(&file));
    }

    #[test]
    fn so_they_do_on_anything(
        pieces in vec(prop_oneof![bait(), vec(any::<u8>(), 0..9)], 0..60),
        threads in 1..7_usize, block_len in 1..100_usize,
    ) {
        let file = pieces.concat();
        let found = workers(threads, block_len).index_records(&file, |_| Ok(()));
        prop_assert_eq!(outcome(found), in_sequence(&file));
    }
}

/// What a lenient reader finds: the offsets of records, and the regions between them.
type Rescued = (Vec<u64>, Vec<SkippedRegion>);

fn rescued(file: &[u8], listed: Vec<u64>) -> Rescued {
    let (mut offsets, mut regions) = (Vec::new(), Vec::new());
    for found in Rescue::new(file).unwrap().with_listed(listed) {
        match found.unwrap() {
            Found::Record(span) => offsets.push(span.offset),
            Found::Skipped(region) => regions.push(region),
        }
    }
    (offsets, regions)
}

fn salvaged(workers: Workers, file: &[u8], index: &Index) -> Rescued {
    let salvage = workers.salvage(file, Some(index), usize::MAX, |_| Ok(())).unwrap();
    let regions = salvage.skipped().iter().map(|skipped| skipped.region).collect();
    (salvage.offsets().to_vec(), regions)
}

/// A file with garbage of some length in it, here and there.
fn file_with_garbage() -> impl Strategy<Value = Vec<u8>> {
    let garbage = vec(prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], 0..300);
    let tail = prop_oneof![1 => Just(Vec::new()), 2 => file()];
    (file(), garbage, tail).prop_map(|(file, mut garbage, tail)| {
        garbage.resize(garbage.len().next_multiple_of(4), 0);
        [file, garbage, tail].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn any_blocks_and_threads_rescue_the_same(
        file in file_with_garbage(), threads in 2..7_usize, block_len in 1..400_usize,
        listed in vec(0..2000_u64, 0..9),
    ) {
        let mut index = IndexBuilder::new(KeyKind::Integer);
        for (key, offset) in (0..).zip(&listed) {
            index.push(Key::Integer(key), *offset);
        }
        let found = salvaged(workers(threads, block_len), &file, &index.finish());
        prop_assert_eq!(found, rescued(&file, listed));
    }
}

#[test]
fn a_file_inside_a_record_is_no_part_of_the_file() {
    let inner: Vec<u8> = (0..2000).flat_map(|len| fragment(0, &vec![7; len % 50])).collect();
    let small: Vec<u8> = (0..500).flat_map(|len| fragment(0, &vec![9; len % 70])).collect();
    let file = [&small[..], &fragment(0, &inner), &small, &fragment(0, &inner), &small].concat();
    let want = in_sequence(&file);
    assert_eq!(want.as_ref().map(Vec::len), Ok(1502));
    for block_len in [100, 1000, 10_000, 20_000] {
        for threads in [1, 2, 5] {
            let found = workers(threads, block_len).index_records(&file, |_| Ok(()));
            assert_eq!(outcome(found), want, "{threads} threads, {block_len} bytes");
        }
    }
}

#[test]
fn a_damaged_header_is_the_same_error_in_any_block() {
    let mut file: Vec<u8> = (0..3000).flat_map(|len| fragment(0, &vec![7; len % 50])).collect();
    let offsets = in_sequence(&file).unwrap();
    let damaged = usize::try_from(offsets[2000]).unwrap();
    file[damaged] ^= 1;
    let want = in_sequence(&file);
    assert!(want.as_ref().unwrap_err().contains("ordinal: Some(2000)"), "{want:?}");
    for threads in [1, 2, 5] {
        let found = workers(threads, 5000).index_records(&file, |_| Ok(()));
        assert_eq!(outcome(found), want, "{threads} threads");
    }
}

#[test]
fn the_caller_can_end_the_search() {
    let file: Vec<u8> = (0..3000).flat_map(|len| fragment(0, &vec![7; len % 50])).collect();
    for threads in [1, 2, 5] {
        let pause = |_| Err(io::Error::other("enough"));
        let error = workers(threads, 5000).index_records(&file, pause).unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.to_string() == "enough"), "{error}");
    }
}

/// A file that cannot be read behind an offset.
struct Failing(Vec<u8>, u64);

impl ReadAt for Failing {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset + buffer.len() as u64 > self.1 {
            return Err(io::Error::other("as asked"));
        }
        self.0.read_at(buffer, offset)
    }

    fn source_len(&self) -> io::Result<u64> {
        self.0.source_len()
    }
}

#[test]
fn what_a_source_fails_with_comes_through() {
    let mut file: Vec<u8> = (0..3000).flat_map(|len| fragment(0, &vec![7; len % 50])).collect();
    for threads in [1, 2, 5] {
        let source = Failing(file.clone(), 40_000);
        let error = workers(threads, 5000).index_records(&source, |_| Ok(())).unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.to_string() == "as asked"), "{error}");
    }
    file[0] = 0; // what is wrong before is met before
    let error = workers(5, 5000).index_records(&Failing(file, 40_000), |_| Ok(())).unwrap_err();
    assert_eq!(error.offset(), Some(0));
}

/// A record, and zeros behind it to no end that anybody waits for.
struct Endless;

impl ReadAt for Endless {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        assert!(offset < 1 << 40, "somebody reads on");
        let record = fragment(0, b"record");
        buffer.fill(0);
        if let Some(left) = usize::try_from(offset).ok().and_then(|offset| record.get(offset..)) {
            let count = left.len().min(buffer.len());
            buffer[..count].copy_from_slice(&left[..count]);
        }
        Ok(buffer.len())
    }

    fn source_len(&self) -> io::Result<u64> {
        Ok(1 << 60)
    }
}

#[test]
fn the_caller_can_end_a_search_without_end() {
    for threads in [1, 2, 5] {
        let mut calls = 0;
        let pause = |_| {
            calls += 1;
            if calls < 100 { Ok(()) } else { Err(io::Error::other("enough")) }
        };
        let error = Workers::new(threads).salvage(&Endless, None, usize::MAX, pause).unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.to_string() == "enough"), "{error}");
        assert_eq!(calls, 100);
    }
}
