//! What strict and lenient readers make of damaged files, for every damage of some kinds.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use recordio::{
    damage::{Damage, SkippedRegion},
    fragment::{FragmentHeader, FragmentKind, MAGIC},
    io::{Found, Reader, RecordSpan, Rescue, Writer, read_record_at},
};

/// Records of many lengths, some of them split, whose bytes are all different and have no zeros.
fn records() -> Vec<Vec<u8>> {
    let lens = [5, 0, 8, 24, 56, 120, 1, 100, 4, 8, 8, 16, 33, 0, 0, 7, 64, 200, 12];
    let mut state = 1_u32;
    let mut next_byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap() | 1
    };
    let mut records: Vec<Vec<u8>> =
        lens.iter().map(|len| (0..*len).map(|_| next_byte()).collect()).collect();
    for (place, joints) in [(3, vec![8, 16]), (8, vec![0]), (11, vec![0, 4, 12]), (17, vec![100])] {
        for joint in joints {
            records[place][joint..joint + 4].copy_from_slice(&MAGIC);
        }
    }
    records
}

fn write(records: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let mut writer = Writer::new(Vec::new());
    let offsets = records.iter().map(|record| writer.write_record(record).unwrap()).collect();
    (writer.into_inner().unwrap(), offsets)
}

/// What a lenient reader gives: records with their offsets, and regions.
fn rescue(file: &[u8]) -> (Vec<(u64, Vec<u8>)>, Vec<SkippedRegion>) {
    let (mut records, mut regions, mut end) = (Vec::new(), Vec::new(), 0);
    for found in Rescue::new(file).unwrap() {
        match found.unwrap() {
            Found::Record(span) => {
                assert_eq!(span.offset, end, "what lies between is told");
                end = span.offset + span.extent;
                records.push((span.offset, read(file, span)));
            }
            Found::Skipped(region) => {
                assert_eq!(region.begin, end);
                assert!(region.offset <= region.end);
                end = region.end;
                regions.push(region);
            }
        }
    }
    assert_eq!(end, file.len() as u64, "all is accounted for");
    (records, regions)
}

/// Reads one record as a strict reader does, with the padding that the file may lack.
fn read(file: &[u8], span: RecordSpan) -> Vec<u8> {
    let padded = [file, &[0; 3]].concat();
    let mut buffer = Vec::new();
    let stored = read_record_at(&padded, span.offset, None, &mut buffer).unwrap();
    let record = buffer[stored.range].to_vec();
    assert_eq!(record.len() as u64, span.len);
    record
}

fn read_strictly(file: &[u8]) -> Result<Vec<Vec<u8>>, recordio::Error> {
    Reader::new(file).into_records().collect()
}

#[test]
fn an_undamaged_file_has_all_its_records_and_no_region() {
    let records = records();
    let (file, offsets) = write(&records);
    let (found, regions) = rescue(&file);
    assert_eq!(regions, []);
    assert_eq!(found, offsets.into_iter().zip(records).collect::<Vec<_>>());
}

#[test]
fn of_every_prefix_the_whole_records_are_found() {
    let records = records();
    let (file, offsets) = write(&records);
    for end in 0..=file.len() {
        let prefix = &file[..end];
        let (found, regions) = rescue(prefix);
        let ends = offsets.iter().copied().skip(1).chain([file.len() as u64]);
        let whole = ends.filter(|next| *next <= end as u64).count();
        let strict = read_strictly(prefix);
        match &strict {
            Ok(found) => assert_eq!(found[..], records[..whole]),
            Err(error) => assert!(error.is_truncation(), "{end}: {error}"),
        }
        assert_eq!(
            strict.is_ok(),
            end == 0 || offsets.contains(&(end as u64)) || end == file.len()
        );
        assert_eq!(strict.is_ok(), regions.is_empty(), "{end}");
        // One more where only its padding is cut.
        let given: Vec<_> = found.into_iter().map(|(_, record)| record).collect();
        let is_padless = regions.iter().any(|region| region.begin == region.end);
        assert_eq!(given[..], records[..whole + usize::from(is_padless)], "{end}");
    }
}

/// Where the lengths stand in a file, as offsets of their fragments with what they are.
fn fragments(file: &[u8]) -> Vec<(usize, usize)> {
    let (mut fragments, mut offset) = (Vec::new(), 0);
    while offset < file.len() {
        let header = FragmentHeader::parse(*file[offset..].first_chunk().unwrap()).unwrap();
        fragments.push((offset, header.len()));
        offset += 8 + header.padded_len();
    }
    fragments
}

/// Calls `check` with a file of every bit flipped: the bit, the ordinal of the record that has it,
/// and the file.
fn with_every_bit_flipped(
    file: &[u8],
    offsets: &[u64],
    mut check: impl FnMut(usize, usize, &[u8]),
) {
    let mut flipped = file.to_vec();
    for bit in 0..file.len() * 8 {
        flipped[bit / 8] ^= 1 << (bit % 8);
        let hit = offsets.partition_point(|offset| *offset <= (bit / 8) as u64) - 1;
        check(bit, hit, &flipped);
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn of_every_flipped_bit_all_other_records_are_found_and_no_wrong_one() {
    let records = records();
    let (file, offsets) = write(&records);
    let fragments = fragments(&file);
    with_every_bit_flipped(&file, &offsets, |bit, hit, flipped| {
        let (found, regions) = rescue(flipped);
        for (ordinal, record) in records.iter().enumerate().filter(|(ordinal, _)| *ordinal != hit) {
            let record = (offsets[ordinal], record.clone());
            assert!(found.contains(&record), "bit {bit} of record {hit}: {ordinal} is lost");
        }
        let others = records.len() - 1;
        assert!(found.len() - others <= 1, "bit {bit} of record {hit}: one too many");
        let given = found.iter().find(|(offset, _)| *offset == offsets[hit]);
        assert_eq!(given.is_some(), found.len() > others);
        let Some((_, given)) = given.filter(|(_, given)| *given != records[hit]) else { return };
        // What nobody can see: the bytes of payloads, and lengths that end in the same padding.
        let (offset, len) = fragments[fragments.partition_point(|(at, _)| *at <= bit / 8) - 1];
        let is_payload = bit / 8 >= offset + 8;
        let changed = len ^ (1 << (bit - (offset + 4) * 8).min(63));
        let is_hidden = is_payload || changed.next_multiple_of(4) == len.next_multiple_of(4);
        // The last record's length may look right, and what it lacks like rubbish behind it.
        let is_last = hit == others && given.len() < records[hit].len() && !regions.is_empty();
        assert!(is_hidden || is_last, "bit {bit} of record {hit}: {given:?}, {regions:?}");
    });
}

#[test]
fn of_every_flipped_bit_that_a_strict_reader_passes_over_the_others_tell() {
    let records = records();
    let (file, offsets) = write(&records);
    let mut swallowed = 0;
    with_every_bit_flipped(&file, &offsets, |bit, hit, flipped| {
        let Ok(found) = read_strictly(flipped) else { return };
        if found.len() < records.len() {
            // The length leads to a later head, or to the end of the file.
            let (_, regions) = rescue(flipped);
            let [SkippedRegion { begin, damage: Damage::SwallowsRecord { .. }, .. }] = regions[..]
            else {
                panic!("bit {bit} of record {hit}: {regions:?}");
            };
            assert_eq!(begin, offsets[hit]);
            swallowed += 1;
        } else {
            let others = |ordinal: &usize| *ordinal != hit;
            assert!(
                (0..found.len()).filter(others).all(|at| found[at] == records[at]),
                "bit {bit}"
            );
            assert_eq!(found.len(), records.len());
        }
    });
    assert!(swallowed > 0, "some length leads to a later head");
}

#[test]
fn of_every_overwritten_header_only_that_record_is_lost() {
    let records = records();
    let (file, offsets) = write(&records);
    for (ordinal, offset) in offsets.iter().enumerate() {
        let begin = usize::try_from(*offset).unwrap();
        for smashed in [&[0; 4][..], &[0; 8], &[0xff; 8], b"XXXXXXXX", b"XXXX", b"garb"] {
            if smashed == [0; 8] && ordinal > 0 && records[ordinal - 1].is_empty() {
                continue; // the length of an empty record, zero, looks overwritten itself
            }
            let mut file = file.clone();
            file[begin..begin + smashed.len()].copy_from_slice(smashed);
            let (found, regions) = rescue(&file);
            let found: Vec<_> = found.into_iter().map(|(_, record)| record).collect();
            let others = [&records[..ordinal], &records[ordinal + 1..]].concat();
            assert_eq!(found, others, "{smashed:?} over record {ordinal}: {regions:?}");
            assert_eq!((regions.len(), regions[0].begin), (1, *offset));
        }
    }
}

#[test]
fn a_block_of_zeros_takes_the_records_that_it_touches_and_no_others() {
    let record = |len: usize| (0..len).map(|at| u8::try_from(at % 255 + 1).unwrap()).collect();
    let records: Vec<Vec<u8>> = (0..30).map(|at| record(500 + at * 37)).collect();
    let (file, mut offsets) = write(&records);
    offsets.push(file.len() as u64);
    for (begin, len) in [(512, 512), (4096, 4096), (8192, 512), (10_240, 3072), (20_480, 40_000)] {
        let (mut file, end) = (file.clone(), (begin + len).min(file.len()));
        file[begin..end].fill(0);
        let (found, _) = rescue(&file);
        for (ordinal, record) in records.iter().enumerate() {
            let (first, behind) = (offsets[ordinal], offsets[ordinal + 1]);
            let is_touched = first < end as u64 && behind > begin as u64;
            // Zeros inside a payload are data.
            let is_inside = first + 8 <= begin as u64 && end as u64 <= behind;
            let given = found.iter().find(|(offset, _)| *offset == first);
            match given {
                Some((_, given)) => assert!(
                    given == record || is_inside,
                    "{begin}+{len}: {ordinal} at {first} to {behind}"
                ),
                None => assert!(is_touched && !is_inside, "{begin}: {ordinal}"),
            }
        }
    }
}

#[test]
fn an_index_tells_what_was_overwritten() {
    let records: Vec<Vec<u8>> = (0..10).map(|at| format!("record_{at}").into_bytes()).collect();
    let (mut file, offsets) = write(&records);
    file[80..88].copy_from_slice(b"garbage!"); // its predecessor might have 24 bytes: one bit more
    let (found, regions) = rescue(&file);
    assert_eq!((found.len(), regions[0].begin), (8, 64));
    let listed = Rescue::new(&file).unwrap().with_listed(offsets);
    let found: Vec<Found> = listed.map(Result::unwrap).collect();
    assert_eq!(found.len(), 10);
    assert!(matches!(found[5], Found::Skipped(SkippedRegion { begin: 80, end: 96, .. })));
}

#[test]
fn records_of_writers_that_do_not_split_are_read() {
    let record = |payload: &[u8]| {
        let header = FragmentHeader::new(FragmentKind::Full, payload.len()).unwrap();
        let mut bytes = [&header.to_bytes()[..], payload].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let payload = |word: u32| [b"abcd", &MAGIC[..], &word.to_le_bytes(), b"efghijkl"].concat();
    for word in [0, 1, 4, 0x2000_0008, 0xffff_ffff, 0x1234_5678] {
        let file = [record(b"before"), record(&payload(word)), record(b"after")].concat();
        let (found, regions) = rescue(&file);
        assert_eq!(regions, [], "{word}");
        assert_eq!(found[1].1, payload(word));
    }
    // A whole record inside another is taken for one that a wrong length has swallowed, unless an
    // index says otherwise.
    let file = [record(&record(b"inner")), record(b"after")].concat();
    let (found, regions) = rescue(&file);
    assert_eq!(
        found.into_iter().map(|(_, record)| record).collect::<Vec<_>>(),
        [b"inner", b"after"]
    );
    assert_eq!(regions[0].damage, Damage::SwallowsRecord { head: 8 });
    let listed = Rescue::new(&file).unwrap().with_listed([0, 24]);
    assert!(listed.map(Result::unwrap).all(|found| matches!(found, Found::Record(_))));
}
