//! The lenient readers against the slow decoder.

use std::{collections::BTreeSet, num::NonZero};

use recordio::{
    idx::{IndexBuilder, Key, KeyKind},
    io::{self, RecordSpan, Rescue, Skipped, Workers},
};

use crate::{Choices, oracle::Found, stutter::Pieces};

/// In what way the lenient readers read.
pub(crate) struct Readers {
    threads: usize,
    block_len: usize,
    piece_len: usize,
    max_skipped: usize,
    is_reversed: bool,
}

impl Readers {
    pub(crate) fn new(choices: &mut Choices<'_>) -> Self {
        Self {
            threads: 1 + choices.below(4),
            block_len: 1 + choices.below(200),
            piece_len: choices.of(&[100_000, 1, 7, 100]),
            max_skipped: choices.of(&[usize::MAX, 0, 1]),
            is_reversed: choices.one_in(2),
        }
    }

    /// Checks that they all find what the slow decoder has found.
    pub(crate) fn check(&self, file: &[u8], listed: &BTreeSet<usize>, want: &[Found]) {
        let want: Vec<io::Found> = want.iter().map(|found| in_short(file, found)).collect();
        let mut offsets: Vec<u64> = listed.iter().map(|offset| *offset as u64).collect();
        if self.is_reversed {
            offsets.reverse();
        }
        let source = Pieces { file, piece_len: self.piece_len + file.len() / 1000 };
        let rescue = Rescue::new(&source).expect("a file in memory has a length");
        let found: Vec<io::Found> = rescue
            .with_listed(offsets.clone())
            .map(|found| found.expect("a file in memory can be read"))
            .collect();
        assert_eq!(found, want);
        self.check_salvage(file, &offsets, &want);
    }

    fn check_salvage(&self, file: &[u8], offsets: &[u64], want: &[io::Found]) {
        let mut index = IndexBuilder::new(KeyKind::Integer);
        for (key, offset) in (5..).zip(offsets) {
            index.push(Key::Integer(key), *offset);
        }
        let index = index.finish();
        let block_len = NonZero::new(self.block_len + file.len() / 64).expect("1 or more");
        let workers = Workers::new(self.threads).with_block_len(block_len);
        let salvage = workers.salvage(file, Some(&index), self.max_skipped, |_| Ok(()));
        let salvage = salvage.expect("a file in memory can be read");

        let (mut records, mut skipped, mut intact_len) = (Vec::new(), Vec::new(), 0);
        for found in want {
            match found {
                io::Found::Record(span) => {
                    records.push(span.offset);
                    intact_len += span.extent;
                }
                io::Found::Skipped(region) => {
                    skipped.push(Skipped { region: *region, ordinal: records.len() as u64 });
                }
            }
        }
        assert_eq!(salvage.offsets(), records);
        assert_eq!(salvage.intact_len(), intact_len);
        assert_eq!(salvage.skipped_count(), skipped.len() as u64);
        skipped.truncate(self.max_skipped);
        assert_eq!(salvage.skipped(), skipped);
        let is_wrong = |ordinal: &usize| !records.contains(&offsets[*ordinal]);
        assert!(salvage.wrong_entries(&index).eq((0..offsets.len()).filter(is_wrong)));
        let is_unlisted = |ordinal: &usize| !offsets.contains(&records[*ordinal]);
        assert!(salvage.unlisted_records(&index).eq((0..records.len()).filter(is_unlisted)));
        let right: Vec<u64> =
            offsets.iter().copied().filter(|offset| records.contains(offset)).collect();
        assert_eq!(salvage.entries_of(&index).offsets(), right);
        assert_eq!(salvage.to_index().offsets(), records);
    }
}

/// Returns what the readers give, who name places and leave the bytes where they are.
fn in_short(file: &[u8], found: &Found) -> io::Found {
    match found {
        Found::Record(record) => io::Found::Record(RecordSpan {
            offset: record.begin as u64,
            extent: (record.end.min(file.len()) - record.begin) as u64,
            len: record.bytes.len() as u64,
        }),
        Found::Skipped(region) => io::Found::Skipped(*region),
    }
}
