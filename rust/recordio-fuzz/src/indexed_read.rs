//! Reads at any offset against the slow decoder.

use recordio::{
    Error,
    idx::{IndexBuilder, Key, KeyKind},
    io::{IndexedReader, Place, read_record_at, read_records_at},
};

use crate::{
    Choices,
    fault::{Fault, fault},
    files::file,
    oracle::{self, record_at},
    records::to_usize,
};

/// What is at an offset: a record and where it ends, or nothing, for the file has ended, or a fault.
type Outcome = Result<Option<(Vec<u8>, usize)>, Fault>;

/// Checks that a record is the same whoever reads it at its offset, alone or together with others,
/// however wrong the extent is; and that an offset at which none is gives the slow decoder's error.
///
/// # Panics
///
/// Where it is not.
pub fn indexed_read(data: &[u8]) {
    let mut choices = Choices::new(data);
    let drawn: Vec<_> = (0..choices.below(12)).map(|_| Drawn::new(&mut choices)).collect();
    let is_sorted = choices.one_in(2);
    let file = file(&mut choices);
    let offsets = offsets(&file);
    let mut places: Vec<Place> = drawn.iter().map(|drawn| drawn.place(&offsets)).collect();
    if is_sorted {
        places.sort_by_key(|place| place.offset);
    }
    let want: Vec<Outcome> = places.iter().map(|place| slowly(&file, place.offset)).collect();
    for (place, want) in places.iter().zip(&want) {
        assert_eq!(&alone(&file, *place), want);
    }
    check_together(&file, &places, &want);
    check_index(&file, &places, &want);
}

/// What is needed to make a place in a file that is not there yet.
struct Drawn {
    kind: usize,
    number: usize,
    delta: usize,
    extent: Option<u64>,
}

impl Drawn {
    fn new(choices: &mut Choices<'_>) -> Self {
        let (kind, number, delta) = (choices.below(8), choices.below(256), choices.below(20));
        let extent = match choices.below(6) {
            0 => None,
            1 => Some(choices.below(200) as u64),
            2 => Some(choices.of(&[0, 4096, 65_536, 65_537, 1 << 40, u64::MAX])),
            _ => Some(4 * choices.below(256) as u64),
        };
        Self { kind, number, delta, extent }
    }

    /// Chooses a record of the file, a place near one, or one that no file has.
    fn place(&self, offsets: &[usize]) -> Place {
        let near = offsets[self.number % offsets.len()];
        let offset = match self.kind {
            0 => (near + self.delta).saturating_sub(8) as u64,
            1 if self.number.is_multiple_of(4) => u64::MAX - self.delta as u64,
            1 if self.number % 4 == 1 => (1 << 63) - self.delta as u64,
            1 => near as u64 + (1 << (self.number % 32)),
            _ => near as u64,
        };
        Place { offset, extent: self.extent }
    }
}

/// Returns where records begin, in sequence or after damage, and where the file ends.
fn offsets(file: &[u8]) -> Vec<usize> {
    let mut offsets: Vec<usize> =
        (0..file.len()).step_by(4).filter(|at| oracle::is_magic_at(file, *at)).take(256).collect();
    offsets.push(file.len());
    offsets
}

fn slowly(file: &[u8], offset: u64) -> Outcome {
    let found = record_at(file, usize::try_from(offset).unwrap_or(usize::MAX));
    let ordinal = (offset == 0).then_some(0);
    found
        .map(|found| found.map(|record| (record.bytes, record.end)))
        .map_err(|(at, source)| (at, ordinal, source))
}

fn outcome<T>(file: &[u8], offset: u64, found: Result<T, Error>) -> Result<Option<T>, Fault> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::OffsetBeyondEnd { offset: of_error, file_len }) => {
            assert_eq!((of_error, file_len), (offset, file.len() as u64));
            Ok(None)
        }
        Err(error) => Err(fault(&error)),
    }
}

fn alone(file: &[u8], Place { offset, extent }: Place) -> Outcome {
    let mut buffer = b"before".to_vec();
    let found = read_record_at(file, offset, extent, &mut buffer);
    let found = outcome(file, offset, found)?;
    Ok(found.map(|found| (buffer[found.range].to_vec(), to_usize(found.end))))
}

fn check_together(file: &[u8], places: &[Place], want: &[Outcome]) {
    let (mut arena, mut found) = (b"before".to_vec(), Vec::new());
    read_records_at(file, places, &mut arena, |number, record| {
        assert_eq!(number, found.len());
        found.push(record);
    });
    assert!(arena.starts_with(b"before"));
    assert_eq!(found.len(), places.len());
    for ((found, place), want) in found.into_iter().zip(places).zip(want) {
        let found = outcome(file, place.offset, found).map(|found| found.map(|at| &arena[at]));
        let want = want.as_ref().map(|want| want.as_ref().map(|(record, _)| &record[..]));
        assert_eq!(found, want.map_err(|fault| *fault));
    }
}

/// Reads through an index that lists the places, by ordinal and by key.
fn check_index(file: &[u8], places: &[Place], want: &[Outcome]) {
    let mut builder = IndexBuilder::new(KeyKind::Integer);
    for (ordinal, place) in (0..).zip(places) {
        builder.push(Key::Integer(key_of(ordinal)), place.offset);
    }
    let reader = IndexedReader::new(file, builder.finish());
    let mut buffer = Vec::new();
    for ((ordinal, want), place) in want.iter().enumerate().zip(places) {
        let key = key_of(i64::try_from(ordinal).expect("there are few places"));
        let by_key =
            reader.read_key(Key::Integer(key), &mut buffer).map(|it| it.map(<[u8]>::to_vec));
        let found = reader.read(ordinal, &mut buffer).map(|it| it.map(<[u8]>::to_vec));
        for found in [by_key, found] {
            let found = found.map(|found| found.expect("the index has this entry"));
            let want = want.clone().map(|want| want.map(|(record, _)| record));
            assert_eq!(outcome(file, place.offset, found), want);
        }
    }
    assert!(matches!(reader.read(places.len(), &mut buffer), Ok(None)));
}

/// Returns a key that is not the ordinal.
fn key_of(ordinal: i64) -> i64 {
    ordinal * 7 % 13 - 3
}
