//! What was written is read.

use recordio::{
    Error,
    idx::{Index, Key, KeyKind},
    io::{IndexedReader, IndexedWriter, Indexer, Reader, Writer},
};

use crate::{
    Choices,
    oracle::{self, MAGIC},
    records::{records, write},
    stutter::Sink,
};

/// The blocks in which a writer gives bytes to its sink have this length: a file that begins just
/// before the end of one needs no long records to reach the next.
const BLOCK_LEN: u64 = 512 * 1024;

/// Checks that records and index that were written are read again by every reader; that the file is
/// as the format says; and that what a full disk has of it are its first bytes.
///
/// # Panics
///
/// Where it is not.
pub fn round_trip(data: &[u8]) {
    let mut choices = Choices::new(data);
    let kind = choices.of(&[KeyKind::Integer, KeyKind::Text]);
    let begin = BLOCK_LEN - 4 * choices.below(200) as u64;
    let room = choices.below(4000);
    let flushes = choices.byte();
    let mut sink_choices = Choices::new(choices.bytes(16));
    let records = records(&mut choices);
    let (file, offsets) = write(&records);

    check_format(&file, &records, &offsets);
    check_sinks(&records, &file, begin, flushes, &mut sink_choices);
    check_index(&records, &offsets, kind, &mut sink_choices);
    check_full_disk(&records, &file, room.min(file.len()), &mut sink_choices);
}

fn check_format(file: &[u8], records: &[Vec<u8>], offsets: &[usize]) {
    let decoded = oracle::decode(file);
    assert_eq!(decoded.fault, None);
    assert!(decoded.records.iter().map(|record| &record.bytes).eq(records));
    assert!(decoded.records.iter().map(|record| record.begin).eq(offsets.iter().copied()));
    assert_eq!(file.len() % 4, 0);
    assert!(oracle::is_escaped(file));
    let magics = file.chunks_exact(4).filter(|word| *word == MAGIC).count();
    let splits = records.iter().flat_map(|record| record.chunks_exact(4));
    assert_eq!(magics, records.len() + splits.filter(|word| *word == MAGIC).count());
    let read: Result<Vec<_>, _> = Reader::new(file).into_records().collect();
    assert_eq!(read.expect("the slow decoder reads it"), records);
    let spans = Indexer::new(file).expect("a file in memory has a length");
    let spans: Result<Vec<_>, _> = spans.map(|span| span.map(|span| span.len)).collect();
    let lens: Vec<_> = records.iter().map(|record| record.len() as u64).collect();
    assert_eq!(spans.expect("the slow decoder reads it"), lens);
}

/// Writes to a sink that stands anywhere and takes few bytes at once.
fn check_sinks(
    records: &[Vec<u8>],
    file: &[u8],
    begin: u64,
    flushes: u8,
    choices: &mut Choices<'_>,
) {
    let mut writer = Writer::at_offset(Sink::new(usize::MAX, choices), begin);
    for (ordinal, record) in records.iter().enumerate() {
        assert_eq!(writer.count(), ordinal as u64);
        let before = writer.offset();
        let (has_room, sunk) = (writer.has_room_for(record.len()), sunk(&writer));
        assert_eq!(writer.write_record(record).expect("there is room"), before);
        let is_split = writer.offset() - before > record.len() as u64 + 11;
        assert!(!has_room || is_split || self::sunk(&writer) == sunk);
        if (flushes >> (ordinal % 8)) & 1 == 1 {
            writer.flush().expect("there is room");
            assert_eq!(sunk_until(&writer, begin), writer.offset());
        }
    }
    assert_eq!(writer.offset() - begin, file.len() as u64);
    assert!(writer.into_inner().expect("there is room").bytes == file);
}

fn sunk(writer: &Writer<Sink>) -> usize {
    writer.get_ref().map_or(0, |sink| sink.bytes.len())
}

fn sunk_until(writer: &Writer<Sink>, begin: u64) -> u64 {
    begin + sunk(writer) as u64
}

fn check_index(records: &[Vec<u8>], offsets: &[usize], kind: KeyKind, choices: &mut Choices<'_>) {
    let (mut file, mut text) = (Vec::new(), Sink::new(usize::MAX, choices));
    let step = i64::from(choices.byte()) - 100;
    let names: Vec<String> =
        (0..).map(|key: i64| format!("{}ä", key * step)).take(records.len()).collect();
    let key = |ordinal: usize| match kind {
        KeyKind::Integer => Key::Integer(step * i64::try_from(ordinal).unwrap_or_default()),
        KeyKind::Text => Key::Text(&names[ordinal]),
    };
    let mut writer = IndexedWriter::new(Writer::new(&mut file), &mut text);
    for (ordinal, record) in records.iter().enumerate() {
        assert!(writer.write_record(Key::Text("a\tb"), record).is_err());
        let offset = writer.write_record(key(ordinal), record).expect("there is room");
        assert_eq!(offset, offsets[ordinal] as u64);
    }
    writer.flush().expect("there is room");
    drop(writer);
    let index = Index::parse(&text.bytes[..], kind).expect("it was just written");
    assert!(index.offsets().iter().copied().eq(offsets.iter().map(|offset| *offset as u64)));
    let reader = IndexedReader::new(file, index);
    let mut buffer = Vec::new();
    for (ordinal, record) in records.iter().enumerate() {
        assert_eq!(reader.index().key(ordinal), Some(key(ordinal)));
        let found = reader.read(ordinal, &mut buffer).expect("it was just written");
        assert_eq!(found, Some(&record[..]));
        let last = if step == 0 { &records[records.len() - 1] } else { record };
        let found = reader.read_key(key(ordinal), &mut buffer).expect("it was just written");
        assert_eq!(found, Some(&last[..]));
    }
    assert!(matches!(reader.read(records.len(), &mut buffer), Ok(None)));
}

/// Writes to a disk that is too small.
fn check_full_disk(records: &[Vec<u8>], file: &[u8], room: usize, choices: &mut Choices<'_>) {
    let mut writer = Writer::new(Sink::new(room, choices));
    let mut has_failed = false;
    for record in records {
        match writer.write_record(record) {
            Ok(_) => assert!(!has_failed),
            Err(Error::Io(_)) => has_failed = true,
            Err(Error::WriteAfterFailure) => assert!(has_failed),
            Err(error) => panic!("{error}"),
        }
    }
    match writer.into_inner() {
        Ok(sink) => assert!(sink.bytes == file && room == file.len()),
        Err(error) => {
            assert!(room < file.len());
            let writer = error.into_writer();
            let found = &writer.get_ref().expect("the sink is still there").bytes;
            assert!(*found == file[..room]);
            let decoded = oracle::decode(found);
            assert!(decoded.records.iter().zip(records).all(|(one, other)| one.bytes == *other));
        }
    }
}
