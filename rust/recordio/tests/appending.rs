//! Files that are cut anywhere and written on: what was whole is there, and the index is in step.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use proptest::{collection::vec, prelude::*, sample::Index as Place};
use recordio::{
    Error, encoder,
    fragment::MAGIC,
    idx::{Index, Key, KeyKind},
    io::{AppendPoint, IndexedWriter, Reader, Tail, Writer},
};

/// Payloads of some lengths, with the magic in some of them.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..40),
        1 => vec(Just(MAGIC.to_vec()), 0..5).prop_map(|pieces| pieces.concat()),
        1 => (100..3000_usize).prop_map(|len| vec![7; len]),
    ]
}

/// A record, and whether it gets an entry.
type Entry = (Vec<u8>, bool);

fn entries(max: usize) -> impl Strategy<Value = Vec<Entry>> {
    vec((payload(), prop::bool::weighted(0.9)), 0..max)
}

/// A file and its index.
#[derive(Clone, Debug, Default)]
struct Pair {
    file: Vec<u8>,
    text: Vec<u8>,
}

impl Pair {
    fn point(&self) -> Result<AppendPoint, Error> {
        AppendPoint::find(&self.file, Some(&self.text), || Ok(()))
    }

    /// Writes records behind those that are there, with keys by default.
    fn append(&mut self, entries: &[Entry]) -> AppendPoint {
        let point = self.point().unwrap();
        let index = point.index.as_ref().unwrap();
        self.text.truncate(usize::try_from(index.len()).unwrap());
        index.write_rest(&mut self.text).unwrap();
        self.file.resize(usize::try_from(point.tail.end()).unwrap(), 0);
        let records = Writer::at_offset(&mut self.file, point.tail.end());
        let mut writer = IndexedWriter::new(records, &mut self.text);
        for (key, (record, has_entry)) in (index.next_key()..).zip(entries) {
            if *has_entry {
                writer.write_record(Key::Integer(key), record).unwrap();
            } else {
                writer.write_unindexed(record).unwrap();
            }
        }
        writer.flush().unwrap();
        drop(writer);
        point
    }

    /// Returns the records by the reader, each with its offset.
    fn records(&self) -> Vec<(u64, Vec<u8>)> {
        let mut reader = Reader::new(self.file.as_slice());
        let mut records = Vec::new();
        loop {
            let offset = reader.offset();
            let Some(record) = reader.read_record().unwrap() else { return records };
            records.push((offset, record.to_vec()));
        }
    }

    /// Returns keys and offsets of the index.
    fn listed(&self) -> Vec<(i64, u64)> {
        let index = Index::parse(self.text.as_slice(), KeyKind::Integer).unwrap();
        let key = |ordinal| match index.key(ordinal) {
            Some(Key::Integer(key)) => key,
            other => panic!("{other:?}"),
        };
        (0..index.len()).map(key).zip(index.offsets().iter().copied()).collect()
    }
}

fn find(file: &Vec<u8>, listed: &[u64]) -> Result<Tail, Error> {
    Tail::find(file, listed, || Ok(()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_whole_is_there_in_order_and_the_index_in_step(
        before in entries(120),
        after in entries(5),
        file_cut: Place,
        text_cut: Place,
        is_near in any::<bool>(),
        zeros in 0..20_usize,
    ) {
        let mut pair = Pair::default();
        pair.append(&before);
        let (records, listed) = (pair.records(), pair.listed());
        let len = |whole: usize, cut: Place| {
            let range = if is_near { whole.min(100) } else { whole };
            whole - cut.index(range + 1)
        };
        let file_len = len(pair.file.len(), file_cut);
        pair.file.truncate(file_len);
        let text_len = len(pair.text.len(), text_cut);
        pair.text.truncate(text_len);
        if zeros > 10 {
            pair.text.resize(text_len + zeros, 0); // what a file system may leave of a crash
        }

        if pair.point().is_err() {
            // Only an index can be the reason, of records that no writer lists before they are there.
            let tail = find(&pair.file, &[]).unwrap();
            let offsets = listed.iter().map(|(_, offset)| *offset);
            prop_assert!(text_len > 0 && offsets.max() >= Some(tail.end()));
            return Ok(());
        }
        let point = pair.append(&after);
        let found = pair.records();
        let whole = found.len() - after.len();
        let known: Vec<_> = records.iter().take(whole).cloned().collect();
        prop_assert_eq!(&found[..whole], &known[..]);
        for (offset, record) in &records[whole..] {
            // What is not there any more was not whole: more than padding of it was missing.
            let fragments: Vec<_> = encoder::split(record).unwrap().map(|(header, _)| header).collect();
            let len: usize = fragments.iter().map(|header| 8 + header.padded_len()).sum();
            let padding = fragments.last().unwrap().padding();
            prop_assert!(offset + (len - padding) as u64 > file_len as u64);
        }
        let new: Vec<_> = after.iter().map(|(record, _)| record).collect();
        prop_assert!(found[whole..].iter().map(|(_, record)| record).eq(new));

        // Every line that the cut has left whole, and whose record is there, is there.
        let entries = pair.listed();
        let lines = String::from_utf8_lossy(&pair.text).lines().count();
        prop_assert_eq!(entries.len(), lines);
        let starts: Vec<u64> = found.iter().map(|(offset, _)| *offset).collect();
        let mut text_end = 0;
        let mut kept = 0;
        for (key, offset) in &listed {
            text_end += format!("{key}\t{offset}\n").len();
            if text_end <= text_len && *offset < point.tail.end() {
                prop_assert!(entries.contains(&(*key, *offset)));
                kept += 1;
            }
        }
        for (_, offset) in &entries {
            prop_assert!(starts.contains(offset));
        }
        // Behind the last of those every record has an entry; keys go on.
        let index = point.index.unwrap();
        let (old, _) = entries.split_at(entries.len() - after.iter().filter(|(_, it)| *it).count());
        prop_assert!(old.len() >= kept);
        if let Some((_, last)) = old.iter().max_by_key(|(_, offset)| offset) {
            let behind = found[..whole].iter().filter(|(offset, _)| offset > last).count();
            prop_assert_eq!(behind, 0);
        }
        prop_assert!(old.iter().all(|(key, _)| *key < index.next_key()));
        prop_assert!(pair.append(&[]).tail.torn().is_none());
    }

    #[test]
    fn an_index_saves_work_and_changes_no_answer(
        before in entries(200),
        changes in vec((any::<Place>(), any::<u8>()), 0..3),
        file_cut: Place,
        wrong in vec(any::<Place>(), 0..2),
    ) {
        let mut pair = Pair::default();
        pair.append(&before);
        let mut listed: Vec<u64> = pair.listed().iter().map(|(_, offset)| *offset).collect();
        let whole_len = pair.file.len();
        pair.file.truncate(whole_len - file_cut.index(whole_len.min(3000) + 1));
        let mut first_change = u64::MAX;
        for (place, byte) in changes {
            let at = place.index(pair.file.len().max(1));
            pair.file.get_mut(at).into_iter().for_each(|it| *it = byte);
            first_change = first_change.min(at as u64);
        }
        listed.extend(wrong.iter().map(|place| place.index(whole_len + 1) as u64));
        let (with, without) = (find(&pair.file, &listed), find(&pair.file, &[]));
        listed.sort_unstable();
        listed.retain(|offset| *offset < pair.file.len() as u64);
        let begin = listed.get(listed.len().saturating_sub(64));
        match (with, without) {
            (Ok(with), Ok(without)) => {
                prop_assert_eq!((with.end(), with.torn()), (without.end(), without.torn()));
                prop_assert!(without.unlisted().ends_with(with.unlisted()));
            }
            // Damage further up is none of its business.
            (Ok(_), Err(_)) => prop_assert!(Some(&first_change) < begin),
            (Err(Error::NoRecordAt { offset }), _) => prop_assert!(listed.contains(&offset)),
            (Err(with), Err(without)) => prop_assert_eq!(with.offset(), without.offset()),
            // Where it lists records there is more than a writer leaves that is killed.
            (Err(_), Ok(without)) => prop_assert!(listed.last() >= Some(&without.end())),
        }
    }

    #[test]
    fn to_go_on_again_and_again_is_as_to_go_on_once(pieces in vec(entries(20), 0..5)) {
        let (mut pair, mut whole) = (Pair::default(), Writer::new(Vec::new()));
        for piece in &pieces {
            let point = pair.append(piece);
            prop_assert!(point.tail.torn().is_none() && point.index.unwrap().removed() == 0);
            for (record, _) in piece {
                whole.write_record(record).unwrap();
            }
        }
        prop_assert_eq!(pair.file, whole.into_inner().unwrap());
    }
}
