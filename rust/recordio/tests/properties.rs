//! Laws that hold for all records and all inputs.

#![allow(clippy::unwrap_used)] // `allow-unwrap-in-tests` does not reach the helpers here

use proptest::{collection::vec, prelude::*, sample::select};
use recordio::{
    Error,
    decoder::{Decoder, Event},
    fragment::MAGIC,
    idx::{Index, IndexBuilder, Key, KeyKind},
    image_record::ImageRecordHeader,
    io::{Indexer, Place, Reader, Writer, read_record_at, read_records_at},
};

/// Payloads full of the magic, of parts of it, and of other bytes, at every alignment.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(MAGIC.to_vec()),
        2 => select(vec![MAGIC[..1].to_vec(), MAGIC[..2].to_vec(), MAGIC[1..].to_vec()]),
        3 => vec(any::<u8>(), 0..6),
        1 => vec(Just(0), 0..9),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn records() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(payload(), 0..12)
}

/// A file, possibly damaged: some bytes changed, some of its end cut.
fn damaged_file() -> impl Strategy<Value = Vec<u8>> {
    (records(), vec((any::<usize>(), any::<u8>()), 0..6), 0..40_usize).prop_map(
        |(records, changes, cut)| {
            let (mut file, _) = write(&records);
            for (at, byte) in changes {
                let len = file.len().max(1);
                if let Some(place) = file.get_mut(at % len) {
                    *place = byte;
                }
            }
            file.truncate(file.len().saturating_sub(cut));
            file
        },
    )
}

fn write(records: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let mut writer = Writer::new(Vec::new());
    let offsets = records.iter().map(|record| writer.write_record(record).unwrap()).collect();
    (writer.into_inner().unwrap(), offsets)
}

/// What a reader gives: the records before the first error, and that error as text.
type Outcome = (Vec<Vec<u8>>, Option<String>);

fn read_in_pieces(file: &[u8], piece_len: usize) -> Outcome {
    let (mut decoder, mut records, mut record) = (Decoder::new(0, Some(0)), vec![], vec![]);
    for mut piece in file.chunks(piece_len) {
        loop {
            match decoder.decode(&mut piece) {
                Ok(Event::Payload(payload)) => record.extend_from_slice(payload),
                Ok(Event::EndOfRecord) => records.push(std::mem::take(&mut record)),
                Ok(Event::NeedInput) => break,
                Err(error) => return (records, Some(text_of(&error))),
            }
        }
    }
    (records, decoder.finish().err().map(|error| text_of(&error)))
}

fn read_buffered(file: &[u8], capacity: usize) -> Outcome {
    let mut reader = Reader::with_capacity(capacity, file);
    let mut records = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(text_of(&error))),
        }
    }
    (records, None)
}

/// Places at the records of a file, near them or anywhere, with extents that need not be true.
fn places(offsets: Vec<u64>) -> impl Strategy<Value = Vec<Place>> {
    let near = (0..offsets.len(), -9..9_i64)
        .prop_map(move |(at, by)| offsets[at].saturating_add_signed(by));
    let offset = prop_oneof![8 => near, 1 => any::<u64>(), 1 => Just(u64::MAX)];
    let extent = prop_oneof![
        Just(None),
        Just(Some(0)),
        Just(Some(u64::MAX)),
        (0..200_u64).prop_map(Some),
        select(vec![4096, 65_536, 65_537]).prop_map(Some),
    ];
    vec((offset, extent).prop_map(|(offset, extent)| Place { offset, extent }), 0..30)
}

/// A file, possibly damaged, and places in it.
fn file_and_places() -> impl Strategy<Value = (Vec<u8>, Vec<Place>)> {
    let long = (0..3_usize, any::<u8>()).prop_map(|(thirds, byte)| vec![byte; thirds * 30_000]);
    let records = vec(prop_oneof![9 => payload(), 1 => long], 1..12);
    (records, vec((any::<usize>(), any::<u8>()), 0..4), 0..20_usize).prop_flat_map(
        |(records, changes, cut)| {
            let (mut file, mut offsets) = write(&records);
            offsets.push(file.len() as u64);
            for (at, byte) in changes {
                let len = file.len();
                file[at % len] = byte;
            }
            file.truncate(file.len() - cut.min(file.len()));
            (Just(file), places(offsets))
        },
    )
}

fn text_of(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(records in records(), capacity in 1..64_usize) {
        let (file, offsets) = write(&records);
        prop_assert_eq!(file.len() % 4, 0);
        prop_assert_eq!(read_buffered(&file, capacity), (records.clone(), None));
        let mut buffer = Vec::new();
        for (record, offset) in records.iter().zip(offsets) {
            let stored = read_record_at(&file, offset, None, &mut buffer).unwrap();
            prop_assert_eq!(&buffer[stored.range], record.as_slice());
        }
    }

    #[test]
    fn no_aligned_word_but_a_head_is_the_magic(records in records()) {
        let (file, _) = write(&records);
        let words = file.chunks_exact(4).filter(|word| *word == MAGIC).count();
        let fragments: usize = records
            .iter()
            .map(|record| 1 + record.chunks_exact(4).filter(|word| *word == MAGIC).count())
            .sum();
        prop_assert_eq!(words, fragments);
    }

    #[test]
    fn any_pieces_and_any_buffer_give_the_same(
        file in damaged_file(), piece_len in 1..40_usize, capacity in 1..40_usize,
    ) {
        let whole = read_in_pieces(&file, file.len().max(1));
        prop_assert_eq!(&read_in_pieces(&file, piece_len), &whole);
        prop_assert_eq!(&read_buffered(&file, capacity), &whole);
    }

    #[test]
    fn headers_alone_tell_the_same_as_reading(file in damaged_file()) {
        let (records, error) = read_in_pieces(&file, file.len().max(1));
        let mut lens = Vec::new();
        let mut index_error = None;
        for span in Indexer::new(&file).unwrap() {
            match span {
                Ok(span) => lens.push(span.len),
                Err(error) => index_error = Some(text_of(&error)),
            }
        }
        let want: Vec<u64> = records.iter().map(|record| record.len() as u64).collect();
        prop_assert_eq!(lens, want);
        prop_assert_eq!(index_error, error);
    }

    #[test]
    fn a_prefix_holds_fewer_whole_records_or_is_cut(records in records(), cut in any::<usize>()) {
        let (file, offsets) = write(&records);
        let end = cut % (file.len() + 1);
        let (found, error) = read_in_pieces(&file[..end], 7);
        let ends = offsets.iter().skip(1).copied().chain([file.len() as u64]);
        let whole = ends.take_while(|record_end| *record_end <= end as u64).count();
        let whole = whole.min(records.len());
        prop_assert_eq!(found.as_slice(), &records[..whole]);
        let is_boundary = end == 0 || end == file.len() || offsets.contains(&(end as u64));
        prop_assert_eq!(error.is_none(), is_boundary, "{:?}", error);
        if let Some(error) = error {
            prop_assert!(error.contains("ends inside"), "{}", error);
        }
    }

    #[test]
    fn places_read_together_give_what_they_give_alone(
        (file, places) in file_and_places(), is_sorted in any::<bool>(),
    ) {
        let mut places = places;
        if is_sorted {
            places.sort_by_key(|place| place.offset);
        }
        let (mut arena, mut together, mut alone) = (b"before".to_vec(), Vec::new(), Vec::new());
        read_records_at(&file, &places, &mut arena, |number, record| {
            assert_eq!(number, together.len());
            together.push(record.map_err(|error| text_of(&error)));
        });
        let mut buffer = Vec::new();
        for Place { offset, extent } in places {
            let record = read_record_at(&file, offset, extent, &mut buffer);
            alone.push(match record {
                Ok(record) => Ok(buffer[record.range].to_vec()),
                Err(error) => Err(text_of(&error)),
            });
        }
        let together: Vec<_> =
            together.into_iter().map(|record| record.map(|range| arena[range].to_vec())).collect();
        prop_assert!(arena.starts_with(b"before"));
        prop_assert_eq!(together, alone);
    }

    #[test]
    fn no_input_panics(bytes in vec(any::<u8>(), 0..200), offset in any::<u64>()) {
        let _ = read_buffered(&bytes, 16);
        let _ = read_record_at(&bytes, offset % 256, Some(offset), &mut Vec::new());
        let _ = Indexer::new(&bytes).unwrap().into_index();
        let _ = ImageRecordHeader::unpack(&bytes);
        let _ = Index::parse(bytes.as_slice(), KeyKind::Integer);
        let _ = Index::parse(bytes.as_slice(), KeyKind::Text);
    }

    #[test]
    fn an_index_comes_back_as_it_was(
        entries in vec((any::<i64>(), any::<u64>()), 0..20), near in any::<bool>(),
    ) {
        let mut builder = IndexBuilder::new(KeyKind::Integer);
        let key_of = |key: i64| if near { key % 16 } else { key };
        for (key, offset) in &entries {
            builder.push(Key::Integer(key_of(*key)), *offset);
        }
        let index = builder.finish();
        let mut text = Vec::new();
        index.write(&mut text).unwrap();
        let parsed = Index::parse(text.as_slice(), KeyKind::Integer).unwrap();
        prop_assert_eq!(parsed.offsets(), index.offsets());
        for (key, _) in &entries {
            let key = key_of(*key);
            let last = entries.iter().rposition(|(other, _)| key_of(*other) == key);
            prop_assert_eq!(parsed.find(Key::Integer(key)), last);
        }
    }
}
