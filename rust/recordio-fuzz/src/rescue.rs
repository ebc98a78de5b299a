//! Lenient reading: what is lost is at most what was damaged.

use std::collections::BTreeSet;

use recordio::{FormatError, Part, damage::Damage};

use crate::{
    Choices,
    changes::{flip_bit, place},
    files::file,
    lenient_readers::Readers,
    oracle::{self, Found, Record, record_at},
    records::{records, to_usize, write},
};

/// Checks lenient reading: of any file, that all lenient readers find the same, and that records and skipped regions lie side by side; of one
/// that was written, that a bit that flips costs at most the record that it is in, and anything that
/// is put in the place of a part of it, at most the records that it reaches and the one before.
///
/// # Panics
///
/// Where it is not so.
pub fn rescue(data: &[u8]) {
    let mut choices = Choices::new(data);
    let readers = Readers::new(&mut choices);
    match choices.below(4) {
        0 | 1 => {
            let mut numbers = Choices::new(choices.bytes(4));
            let file = file(&mut choices);
            let listed = listed(&file, &mut numbers);
            find(&readers, &file, &listed);
        }
        2 => check_flipped_bit(&readers, &mut choices),
        _ => check_replaced_part(&readers, &mut choices),
    }
}

/// Decodes a file slowly, and checks that the other lenient readers find the same.
fn find(readers: &Readers, file: &[u8], listed: &BTreeSet<usize>) -> Vec<Found> {
    let found = oracle::rescue(file, listed);
    check_tiling(file, &found);
    readers.check(file, listed, &found);
    found
}

/// Makes an index of a file: of nothing, of some records, or of what only looks like one.
pub(crate) fn listed(file: &[u8], choices: &mut Choices<'_>) -> BTreeSet<usize> {
    let every = choices.below(4);
    let mut listed: BTreeSet<usize> = if every == 0 {
        BTreeSet::new()
    } else {
        let heads = (0..file.len()).step_by(4).filter(|at| oracle::is_magic_at(file, *at));
        heads.skip(choices.below(4)).step_by(every).collect()
    };
    if choices.one_in(2) {
        listed.insert(choices.below(file.len() + 1));
    }
    listed
}

/// Checks that everything found lies side by side, that records are what a strict reader finds at
/// their offsets, and that no region could have been shorter.
fn check_tiling(file: &[u8], found: &[Found]) {
    let (mut at, mut is_behind_region) = (0, false);
    for found in found {
        match found {
            Found::Record(record) => {
                assert_eq!(record.begin, at);
                check_record(file, record);
                at = record.end.min(file.len());
                is_behind_region = false;
            }
            Found::Skipped(region) => {
                assert!(!is_behind_region, "one region runs over adjacent damage");
                let [begin, end, offset] = [region.begin, region.end, region.offset].map(to_usize);
                assert_eq!(begin, at);
                let is_cut_pad = is_cut_pad(region.damage) && at == file.len();
                assert!(if is_cut_pad { end == at } else { end > at });
                assert!(offset <= end && (offset >= at || is_cut_pad));
                (at, is_behind_region) = (end, true);
            }
        }
    }
    assert_eq!(at, file.len());
}

fn check_record(file: &[u8], record: &Record) {
    match record_at(file, record.begin) {
        Ok(strict) => assert_eq!(strict.as_ref(), Some(record)),
        Err((_, error)) => assert!(is_cut_pad(Damage::Format(error)) && record.end > file.len()),
    }
}

fn is_cut_pad(damage: Damage) -> bool {
    matches!(damage, Damage::Format(FormatError::Truncated { part: Part::Padding, .. }))
}

/// Checks that a bit that flips costs at most the record that it is in, with an index or without.
fn check_flipped_bit(readers: &Readers, choices: &mut Choices<'_>) {
    let (mut where_choices, bit) = (Choices::new(choices.bytes(4)), choices.below(8));
    let is_listed = choices.one_in(2);
    let records = records(choices);
    let (mut file, offsets) = write(&records);
    let at = place(&file, &mut where_choices);
    flip_bit(&mut file, at, bit);
    let listed = offsets.iter().copied().filter(|_| is_listed).collect();
    let found = find(readers, &file, &listed);
    let ends = offsets.iter().copied().skip(1).chain([file.len()]);
    for ((begin, end), record) in offsets.iter().copied().zip(ends).zip(records) {
        if !(begin..end).contains(&at) {
            assert!(has_record(&found, begin, &record), "the record at {begin} is lost");
        }
    }
}

/// Checks that whatever stands in place of a part of a file, the records before and behind are found.
fn check_replaced_part(readers: &Readers, choices: &mut Choices<'_>) {
    let (mut where_choices, other_len) = (Choices::new(choices.bytes(4)), choices.below(100));
    let len = choices.below(60);
    let other = choices.bytes(other_len).to_vec();
    let records = records(choices);
    let (written, offsets) = write(&records);
    let begin = place(&written, &mut where_choices);
    let part = begin..(begin + len).min(written.len());
    let mut file = written.clone();
    let other = aligned(other, part.len());
    file.splice(part.clone(), other.iter().copied());
    let found = find(readers, &file, &BTreeSet::new());
    let ends = offsets.iter().copied().skip(1).chain([written.len()]);
    let count_before = ends.filter(|end| *end <= part.start).count();
    for (ordinal, (begin, record)) in offsets.into_iter().zip(&records).enumerate() {
        let begin = match ordinal {
            _ if ordinal + 1 < count_before => begin,
            _ if ordinal >= count_before && begin >= part.end => begin + other.len() - part.len(),
            _ => continue,
        };
        assert!(has_record(&found, begin, record), "the record at {begin} is lost");
    }
}

/// Makes some bytes so long that what follows stands at a multiple of four again.
fn aligned(mut bytes: Vec<u8>, replaced: usize) -> Vec<u8> {
    while bytes.len() % 4 != replaced % 4 {
        bytes.push(0);
    }
    bytes
}

fn has_record(found: &[Found], begin: usize, bytes: &[u8]) -> bool {
    found.iter().any(
        |found| matches!(found, Found::Record(record) if record.begin == begin && record.bytes == bytes),
    )
}
