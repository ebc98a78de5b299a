//! The decoder and the reader against the slow decoder.

use recordio::{
    Error,
    decoder::{Decoder, Event},
    io::Reader,
};

use crate::{
    Choices,
    fault::fault,
    files::file,
    oracle::{self, Decoded},
    records::to_usize,
    stutter::Source,
};

/// Checks that the decoder, in pieces of any size, and the reader, by any of its ways and over any
/// source, find the same records at the same offsets, and then the same error, as the slow decoder.
///
/// # Panics
///
/// Where they do not.
pub fn decode(data: &[u8]) {
    let mut choices = Choices::new(data);
    let lens: Vec<usize> = (0..4).map(|_| 1 + choices.below(40)).collect();
    let capacity = choices.of(&[1, 7, 16, 100, 1000, 4096, 65_536]) + choices.below(9);
    let ways = choices.bytes(4);
    let mut source_choices = Choices::new(choices.bytes(8));
    let file = file(&mut choices);
    let want = oracle::decode(&file);
    decode_in_pieces(&file, &lens, &want);
    let source = Source::new(&file, &mut source_choices);
    let mut reader = Reader::with_capacity(capacity, source);
    read(&mut reader, ways, &want);
    seek(&mut reader, ways, &want);
}

fn decode_in_pieces(mut file: &[u8], lens: &[usize], want: &Decoded) {
    let mut decoder = Decoder::new(0, Some(0));
    let (mut count, mut record, mut piece) = (0, Vec::new(), &[][..]);
    let mut lens = lens.iter().cycle();
    let error = loop {
        if let Some(whole) = decoder.decode_whole(&mut piece) {
            assert_eq!(want.records[count].bytes, whole);
            count += 1;
        }
        match decoder.decode(&mut piece) {
            Ok(Event::Payload(payload)) => record.extend_from_slice(payload),
            Ok(Event::EndOfRecord) => {
                assert_eq!(want.records[count].bytes, record);
                assert_eq!(decoder.record_offset(), want.records[count].end as u64);
                record.clear();
                count += 1;
            }
            Ok(Event::NeedInput) if file.is_empty() => break decoder.finish().err(),
            Ok(Event::NeedInput) => {
                let remaining = decoder.payload_remaining().min(file.len());
                if remaining > 8 {
                    // As a caller does that fetches a payload to where it is wanted.
                    record.extend_from_slice(&file[..remaining]);
                    decoder.advance(remaining);
                    file = &file[remaining..];
                }
                let len = lens.next().copied().unwrap_or(1);
                (piece, file) = file.split_at(len.min(file.len()));
            }
            Err(error) => {
                let again = decoder.decode(&mut piece).expect_err("an error is given again");
                assert_eq!(fault(&again), fault(&error));
                break Some(error);
            }
        }
    };
    check_end(error.as_ref(), count, want);
}

fn check_end(error: Option<&Error>, count: usize, want: &Decoded) {
    assert_eq!(count, want.records.len());
    let want = want.fault.map(|(offset, source)| (offset, Some(count as u64), source));
    assert_eq!(error.map(fault), want);
}

/// Reads all records by one way after the other.
fn read(reader: &mut Reader<Source<'_>>, ways: &[u8], want: &Decoded) {
    let mut ways = ways.iter().cycle();
    for (ordinal, record) in want.records.iter().enumerate() {
        assert_eq!(reader.offset(), record.begin as u64);
        assert_eq!(reader.ordinal(), Some(ordinal as u64));
        let found = read_by(reader, ways.next().copied().unwrap_or_default());
        assert_eq!(found.as_deref(), Some(&record.bytes[..]));
    }
    for _ in 0..2 {
        assert!(reader.read_buffered_record().is_none());
        let (found, error) = match reader.read_record() {
            Ok(found) => (found, None),
            Err(error) => (None, Some(error)),
        };
        assert_eq!(found, None);
        check_end(error.as_ref(), want.records.len(), want);
    }
}

fn read_by(reader: &mut Reader<Source<'_>>, way: u8) -> Option<Vec<u8>> {
    let is_whole = "the slow decoder found a whole record here";
    match way % 4 {
        0 => {
            let mut record = b"before".to_vec();
            reader.read_record_into(&mut record).expect(is_whole).then_some(record)
        }
        1 => reader.records().next().transpose().expect(is_whole),
        2 => match reader.read_buffered_record().map(<[u8]>::to_vec) {
            Some(record) => Some(record),
            None => reader.read_record().expect(is_whole).map(<[u8]>::to_vec),
        },
        _ => reader.read_record().expect(is_whole).map(<[u8]>::to_vec),
    }
}

/// Goes to any record, and reads or passes it.
fn seek(reader: &mut Reader<Source<'_>>, places: &[u8], want: &Decoded) {
    for place in places {
        let place = usize::from(*place);
        let Some(ordinal) = place.checked_rem(want.records.len()) else { return };
        let record = &want.records[ordinal];
        reader.seek(record.begin as u64).expect("a source in memory seeks");
        assert_eq!(reader.offset(), record.begin as u64);
        if place % 3 == 0 {
            reader.pass_record(record.end as u64).expect("a source in memory seeks");
        } else {
            let found = reader.read_record().expect("the slow decoder found a record here");
            assert_eq!(found, Some(&record.bytes[..]));
        }
        assert_eq!(to_usize(reader.offset()), record.end);
    }
}
