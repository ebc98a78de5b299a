//! Many records at once, neighbours in one read.

use std::{io::ErrorKind, ops::Range};

use super::{
    ReadAt,
    indexed_reader::{MAX_TRUSTED_EXTENT, UNKNOWN_EXTENT, read_record_at},
};
use crate::{Error, decoder::Decoder, fragment::HEADER_LEN, idx::Index};

/// How many bytes that nobody wants are read between two records rather than to read twice.
const MAX_GAP: u64 = 8 * 1024;

/// How many bytes are read at once.
const MAX_RUN: u64 = 256 * 1024;

/// Where a record is, as far as an index tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// The offset of its first fragment in bytes.
    pub offset: u64,
    /// How many bytes its fragments take at most, where that is known.
    pub extent: Option<u64>,
}

impl Place {
    /// Returns the place of the record with this ordinal; `None` where the index has no such entry.
    #[must_use]
    pub fn of(index: &Index, ordinal: usize) -> Option<Self> {
        Some(Self { offset: index.offset(ordinal)?, extent: index.extent(ordinal) })
    }

    /// Returns the end of what is read of a record before its header is known.
    fn window_end(&self) -> u64 {
        let trusted = self.extent.filter(|extent| *extent <= MAX_TRUSTED_EXTENT);
        self.offset.saturating_add(trusted.unwrap_or(UNKNOWN_EXTENT as u64))
    }
}

/// Reads the records at `places` and appends them to `arena`, though not without gaps.
///
/// `take` is called for each place in turn, with its number and with where in the arena its record
/// is, or with why it could not be read. Places that ascend and lie near each other share a read.
/// What the arena held before stays.
///
/// # Examples
///
/// ```
/// use recordio::io::{Place, Writer, read_records_at};
///
/// let mut writer = Writer::new(Vec::new());
/// let places = [b"one".as_slice(), b"two", b"three"].map(|record| {
///     Place { offset: writer.write_record(record).unwrap(), extent: None }
/// });
/// let file = writer.into_inner()?;
/// let (mut arena, mut lens) = (Vec::new(), Vec::new());
/// read_records_at(&file, &places, &mut arena, |_, record| lens.push(record.unwrap().len()));
/// assert_eq!(lens, [3, 3, 5]);
/// # Ok::<(), recordio::Error>(())
/// ```
pub fn read_records_at<S: ReadAt + ?Sized>(
    source: &S,
    places: &[Place],
    arena: &mut Vec<u8>,
    mut take: impl FnMut(usize, Result<Range<usize>, Error>),
) {
    let mut number = 0;
    while let Some(run) = places.get(number..).and_then(next_run) {
        let window = read_window(source, run, arena);
        for place in run {
            let decoded = window.as_ref().and_then(|window| decode(arena, window, place.offset));
            let record = match decoded {
                Some(range) => Ok(range),
                None => read_alone(source, *place, arena),
            };
            take(number, record);
            number += 1;
        }
    }
}

/// Which bytes of the file stand where in the arena.
struct Window {
    offset: u64,
    begin: usize,
    end: usize,
}

/// Returns the places at the front that are worth one read: at least one, if there is any.
fn next_run(places: &[Place]) -> Option<&[Place]> {
    let first = places.first()?;
    let (mut count, mut offset, mut end) = (1, first.offset, first.window_end());
    for place in places.iter().skip(1) {
        let new_end = end.max(place.window_end());
        let is_near = place.offset >= offset && place.offset <= end.saturating_add(MAX_GAP);
        if !is_near || new_end - first.offset > MAX_RUN {
            break;
        }
        (count, offset, end) = (count + 1, place.offset, new_end);
    }
    places.get(..count)
}

/// Reads what the places of a run are expected to take; `None` where reading fails, which whoever
/// reads a single record will find out, too.
fn read_window<S: ReadAt + ?Sized>(
    source: &S,
    run: &[Place],
    arena: &mut Vec<u8>,
) -> Option<Window> {
    let offset = run.first()?.offset;
    let end = run.iter().map(Place::window_end).max()?;
    let (begin, len) = (arena.len(), usize::try_from(end - offset).ok()?);
    arena.try_reserve(len).ok()?;
    arena.resize(begin + len, 0);
    let filled = source.read_full_at(arena.get_mut(begin..)?, offset).unwrap_or_default();
    arena.truncate(begin + filled);
    Some(Window { offset, begin, end: begin + filled })
}

/// Finds a record of one fragment in a window; `None` where it is not whole there.
fn decode(arena: &[u8], window: &Window, offset: u64) -> Option<Range<usize>> {
    let begin = window.begin + usize::try_from(offset - window.offset).ok()?;
    let mut input = arena.get(begin..window.end)?;
    let record = Decoder::new(offset, None).decode_whole(&mut input)?;
    Some(begin + HEADER_LEN..begin + HEADER_LEN + record.len())
}

/// Reads a record that is split, longer than its window, or damaged.
fn read_alone<S: ReadAt + ?Sized>(
    source: &S,
    place: Place,
    arena: &mut Vec<u8>,
) -> Result<Range<usize>, Error> {
    let mut own = Vec::new();
    let record = read_record_at(source, place.offset, place.extent, &mut own)?;
    let (begin, record) = (arena.len(), own.get(record.range).unwrap_or_default());
    arena.try_reserve(record.len()).map_err(|_| Error::Io(ErrorKind::OutOfMemory.into()))?;
    arena.extend_from_slice(record);
    Ok(begin..arena.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fragment::MAGIC, io::Writer};

    /// Counts the reads that reach the source.
    struct Counted(Vec<u8>, std::cell::Cell<usize>);

    impl ReadAt for Counted {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
            self.1.set(self.1.get() + 1);
            self.0.read_at(buffer, offset)
        }

        fn source_len(&self) -> std::io::Result<u64> {
            self.0.source_len()
        }
    }

    fn file_of(records: &[Vec<u8>]) -> (Vec<u8>, Vec<Place>) {
        let mut writer = Writer::new(Vec::new());
        let offsets: Vec<u64> =
            records.iter().map(|record| writer.write_record(record).unwrap()).collect();
        let ends = offsets.iter().skip(1).map(|end| Some(*end)).chain([None]);
        let places = offsets
            .iter()
            .zip(ends)
            .map(|(offset, end)| Place { offset: *offset, extent: end.map(|end| end - offset) })
            .collect();
        (writer.into_inner().unwrap(), places)
    }

    fn read(source: &impl ReadAt, places: &[Place]) -> Vec<Vec<u8>> {
        let (mut arena, mut ranges) = (b"before".to_vec(), Vec::new());
        read_records_at(source, places, &mut arena, |number, record| {
            assert_eq!(number, ranges.len());
            ranges.push(record.unwrap());
        });
        assert!(arena.starts_with(b"before"));
        ranges.into_iter().map(|range| arena[range].to_vec()).collect()
    }

    #[test]
    fn any_order_gives_the_records_in_that_order() {
        let split = [b"abcd", &MAGIC[..], b"e"].concat();
        let lens = [0, 1, 5, 100, 4096, 70_000, 300_000, 3, 2_000_000, 9];
        let mut records: Vec<Vec<u8>> =
            lens.iter().zip(0..).map(|(len, byte)| vec![byte; *len]).collect();
        records.push(split);
        let (file, places) = file_of(&records);
        for step in [1, 2, 3, 10] {
            for unknown in [false, true] {
                let order: Vec<usize> = (0..22).map(|count| count * step % 11).collect();
                let asked: Vec<Place> = order
                    .iter()
                    .map(|number| Place {
                        extent: places[*number].extent.filter(|_| !unknown),
                        ..places[*number]
                    })
                    .collect();
                let wanted: Vec<Vec<u8>> =
                    order.iter().map(|number| records[*number].clone()).collect();
                assert!(read(&file, &asked) == wanted, "{step} {unknown}");
            }
        }
    }

    #[test]
    fn neighbours_share_a_read() {
        let (file, places) = file_of(&vec![vec![1; 1000]; 100]);
        let source = Counted(file, std::cell::Cell::new(0));
        read(&source, &places[..99]);
        assert_eq!(source.1.get(), 1);
        let every_eighth: Vec<Place> = places.iter().step_by(8).copied().collect();
        read(&source, &every_eighth[..12]);
        assert_eq!(source.1.get(), 2, "gaps of 7 kB");
    }

    #[test]
    fn a_damaged_record_leaves_the_others_alone() {
        let (mut file, places) = file_of(&[b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
        file[usize::try_from(places[1].offset).unwrap()] ^= 1;
        let (mut arena, mut found) = (Vec::new(), Vec::new());
        let beyond = Place { offset: 1 << 40, extent: Some(1 << 30) };
        let places = [places[0], places[1], places[2], beyond];
        read_records_at(&file, &places, &mut arena, |_, record| found.push(record));
        assert!(found[0].is_ok() && found[2].is_ok());
        assert!(matches!(found[1], Err(Error::Format { offset: 12, .. })));
        assert!(matches!(found[3], Err(Error::OffsetBeyondEnd { .. })));
    }
}
