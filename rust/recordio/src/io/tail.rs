//! The end of a file: where the next record belongs, and what of it a crash has torn.

use std::{borrow::Cow, io};

use super::{Indexer, ReadAt, rest::Rest};
use crate::{
    Error, FormatError, Part,
    fragment::{ALIGNMENT, FragmentHeader, HEADER_LEN, MAGIC},
};

/// How many of the records that are listed last are gone through.
const LISTED_COUNT: usize = 64;

/// How many of those have to be where the index has them, for it to be believed.
const TRUSTED_COUNT: usize = 4;

/// How many records are passed between two pauses.
const STEPS: usize = 16;

/// How many bytes are looked at at once for any that is not zero.
const ZEROS_LEN: usize = 64 * 1024;

/// The end of a file that is to be written on.
///
/// # Examples
///
/// ```
/// use recordio::io::{Tail, Writer};
///
/// let mut writer = Writer::new(Vec::new());
/// for record in [b"first", b"other", b"third"] {
///     writer.write_record(record)?;
/// }
/// let mut file = writer.into_inner()?;
/// file.truncate(42);
/// let tail = Tail::find(&file, &[0], || Ok(()))?;
/// assert_eq!((tail.end(), tail.unlisted()), (32, &[16][..]));
/// assert!(tail.torn().is_some());
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct Tail {
    end: u64,
    file_len: u64,
    torn: Option<FormatError>,
    /// Where the records begin that were gone through; they go up to the end.
    seen: Vec<u64>,
    /// How many of those come before the first one behind all that are listed.
    listed_count: usize,
}

impl Tail {
    /// Finds the end of a file whose index lists records at these offsets.
    ///
    /// Records are gone through from one of the last that are listed on, if the index proves right
    /// there, and else from the start of the file. A file may end in anything that can be the trace
    /// of a writer that came to an end too early: that holds no head of a record, wherever it may
    /// stand, is not longer than a record, but for zeros, and where the index lists no record, but
    /// for one that breaks off. And it has to be one of records: if none is whole, it begins with
    /// the magic, or what there is of it, or it holds zeros only.
    ///
    /// `pause` is called now and then; an error from it ends the work.
    ///
    /// # Errors
    ///
    /// - [`Error::Format`] where the file is damaged, and a record may stand there or behind that.
    /// - [`Error::NoRecordAt`] where the index lists an offset before the end at which no record
    ///   begins.
    /// - [`Error::Io`] where `source` fails, or `pause`.
    pub fn find<S: ReadAt + ?Sized>(
        source: &S,
        listed: &[u64],
        mut pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Self, Error> {
        let file_len = source.source_len()?;
        let listed = ascending(listed);
        let listed = &listed[..listed.partition_point(|offset| *offset < file_len)];
        let last = &listed[listed.len().saturating_sub(LISTED_COUNT)..];
        if let Some(begin) = last.first().filter(|begin| **begin % ALIGNMENT as u64 == 0) {
            match Self::find_from(source, *begin, last, &mut pause) {
                Ok(tail) if tail.listed_count >= TRUSTED_COUNT => return Ok(tail),
                Ok(_) | Err(Error::Format { .. } | Error::NoRecordAt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Self::find_from(source, 0, listed, &mut pause)
    }

    /// Goes from record to record, from `begin` on; what is listed is not before that.
    fn find_from<S: ReadAt + ?Sized>(
        source: &S,
        begin: u64,
        listed: &[u64],
        pause: &mut impl FnMut() -> io::Result<()>,
    ) -> Result<Self, Error> {
        let file_len = source.source_len()?;
        let mut indexer = Indexer::with_source_len(source, file_len);
        indexer.go_on_at(begin, (begin == 0).then_some(0));
        let mut seen = Vec::new();
        let outcome = pass_records(&mut indexer, &mut seen, pause)?;
        let (mut end, mut torn) = (indexer.record_offset(), None);
        if let Some((offset, source_error, error)) = outcome {
            if let Some(whole_end) = end_without_padding(source, offset, source_error)? {
                seen.push(end);
                end = whole_end;
            } else {
                let rest =
                    Rest { source, begin: end, end: file_len, fault: (offset, source_error) };
                if rest.is_more_than_torn(listed, pause)?
                    || (end == 0 && !may_begin_records(source)?)
                {
                    return Err(error);
                }
            }
            torn = Some(source_error);
        }
        let listed = &listed[..listed.partition_point(|offset| *offset < end)];
        if let Some(offset) = first_missing(listed, &seen) {
            return Err(Error::NoRecordAt { offset });
        }
        let last = listed.last().copied();
        let listed_count = seen.partition_point(|offset| Some(*offset) <= last);
        Ok(Self { end, file_len, torn, seen, listed_count })
    }

    /// Returns where the next record belongs. If only padding is missing that is behind the end of
    /// the file.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns how long the file is.
    #[must_use]
    pub fn file_len(&self) -> u64 {
        self.file_len
    }

    /// Returns what is wrong with the bytes that do not belong to a whole record, if there are any,
    /// or that the last record lacks padding.
    #[must_use]
    pub fn torn(&self) -> Option<FormatError> {
        self.torn
    }

    /// Returns the offsets of the records behind the last one that is listed.
    #[must_use]
    pub fn unlisted(&self) -> &[u64] {
        &self.seen[self.listed_count..]
    }

    /// Takes an offset that a torn line of the index names for listed, if that line can only be
    /// whole: a record begins there, and none where the offset of a longer line could be.
    pub(super) fn list_torn(&mut self, offset: u64) -> bool {
        let may_be_cut_from = |mut other: u64| {
            while offset > 0 && other > offset {
                other /= 10;
            }
            other == offset
        };
        let mut named = self.seen.iter().filter(|other| may_be_cut_from(**other));
        if (named.next(), named.next()) != (Some(&offset), None) {
            return false;
        }
        let count = self.seen.partition_point(|other| *other <= offset);
        self.listed_count = self.listed_count.max(count);
        true
    }
}

/// Sorts offsets, where they are not.
fn ascending(offsets: &[u64]) -> Cow<'_, [u64]> {
    if offsets.is_sorted() {
        return Cow::Borrowed(offsets);
    }
    let mut sorted = offsets.to_vec();
    sorted.sort_unstable();
    Cow::Owned(sorted)
}

/// Goes from record to record, and notes where they begin; returns the error that ends that, with
/// the offset of the fragment at fault and what is wrong with it.
fn pass_records<S: ReadAt + ?Sized>(
    indexer: &mut Indexer<'_, S>,
    seen: &mut Vec<u64>,
    pause: &mut impl FnMut() -> io::Result<()>,
) -> Result<Option<(u64, FormatError, Error)>, Error> {
    loop {
        for _ in 0..STEPS {
            match indexer.next() {
                None => return Ok(None),
                Some(Ok(span)) => seen.push(span.offset),
                Some(Err(error)) => {
                    let Error::Format { offset, source, .. } = error else { return Err(error) };
                    return Ok(Some((offset, source, error)));
                }
            }
        }
        pause()?;
    }
}

/// Returns where a record ends that lacks only zeros behind its last payload.
fn end_without_padding<S: ReadAt + ?Sized>(
    source: &S,
    offset: u64,
    error: FormatError,
) -> Result<Option<u64>, Error> {
    if !matches!(error, FormatError::Truncated { part: Part::Padding, .. }) {
        return Ok(None);
    }
    let header = header_at(source, offset)?.filter(|header| header.kind().ends_record());
    Ok(header.map(|header| offset + (HEADER_LEN + header.padded_len()) as u64))
}

/// Returns whether a file without a whole record is one of records all the same: it begins with the
/// magic, or with what there is of it, or holds the zeros only that a crash may leave.
fn may_begin_records<S: ReadAt + ?Sized>(source: &S) -> io::Result<bool> {
    let (mut buffer, mut offset) = (vec![0; ZEROS_LEN], 0);
    loop {
        let filled = source.read_full_at(&mut buffer, offset)?;
        let bytes = &buffer[..filled];
        let magic_len = bytes.len().min(MAGIC.len());
        if offset == 0 && bytes[..magic_len] == MAGIC[..magic_len] {
            return Ok(true);
        }
        if bytes.is_empty() || bytes.iter().any(|byte| *byte != 0) {
            return Ok(bytes.is_empty());
        }
        offset += filled as u64;
    }
}

fn header_at<S: ReadAt + ?Sized>(source: &S, offset: u64) -> io::Result<Option<FragmentHeader>> {
    let mut bytes = [0; HEADER_LEN];
    let is_whole = source.read_full_at(&mut bytes, offset)? == HEADER_LEN;
    Ok(Some(bytes).filter(|_| is_whole).and_then(|bytes| FragmentHeader::parse(bytes).ok()))
}

/// Returns the first of some ascending numbers that is not among others.
fn first_missing(numbers: &[u64], others: &[u64]) -> Option<u64> {
    let mut others = others.iter().peekable();
    numbers.iter().copied().find(|number| {
        while others.next_if(|other| *other < number).is_some() {}
        others.peek() != Some(&number)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::io::Writer;

    fn write(records: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
        let mut writer = Writer::new(Vec::new());
        let offsets = records.iter().map(|record| writer.write_record(record).unwrap()).collect();
        (writer.into_inner().unwrap(), offsets)
    }

    /// A hundred records; every seventh is split in three.
    fn sample() -> (Vec<u8>, Vec<u64>) {
        let split = [b"abcd", &MAGIC[..], &MAGIC[..], b"x"].concat();
        let record = |number| if number % 7 == 0 { split.clone() } else { vec![7; number] };
        write(&(0..100).map(record).collect::<Vec<_>>())
    }

    fn find(file: &[u8], listed: &[u64]) -> Result<Tail, Error> {
        Tail::find(file, listed, || Ok(()))
    }

    #[test]
    fn a_file_cut_anywhere_ends_behind_its_last_whole_record() {
        let (file, offsets) = sample();
        for listed in [&[][..], &offsets[..], &offsets[..10], &offsets[90..]] {
            for len in 0..=file.len() {
                // Entries are written behind their records.
                let count = offsets.partition_point(|offset| *offset < len as u64);
                let is_there = |offset: &u64| *offset < offsets[count.saturating_sub(1)];
                let listed = &listed[..listed.partition_point(is_there)];
                let tail = find(&file[..len], listed).unwrap();
                let next = offsets.partition_point(|offset| *offset < len as u64);
                let end = offsets.get(next).copied().unwrap_or(file.len() as u64);
                let is_whole = end - len as u64 == 0;
                // Up to three zeros behind a payload may be missing.
                let lacks_padding = tail.end() == end && !is_whole;
                let last = if len == 0 { 0 } else { offsets[next - 1] };
                assert_eq!(tail.end(), if is_whole || lacks_padding { end } else { last });
                assert!(!lacks_padding || end - len as u64 <= 3);
                assert_eq!(tail.torn().is_none(), is_whole, "{len}");
                let behind = |offset: &&u64| **offset < tail.end();
                let whole: Vec<u64> = offsets.iter().take_while(behind).copied().collect();
                let last = listed.iter().rfind(|offset| **offset < tail.end());
                let unlisted = whole.partition_point(|offset| Some(offset) <= last);
                assert_eq!(tail.unlisted(), &whole[unlisted..], "{len}");
            }
        }
    }

    #[test]
    fn only_padding_that_is_missing_leaves_the_record_whole() {
        let (file, _) = write(&[b"abcd".to_vec(), b"a".to_vec()]);
        for len in 21..24 {
            let tail = find(&file[..len], &[]).unwrap();
            assert_eq!((tail.end(), tail.file_len(), tail.unlisted().len()), (24, len as u64, 2));
            let part = Part::Padding;
            assert!(
                matches!(tail.torn(), Some(FormatError::Truncated { part: p, .. }) if p == part)
            );
        }
    }

    #[test]
    fn damage_before_a_record_is_an_error_and_behind_all_it_is_not() {
        let (file, offsets) = sample();
        let last = usize::try_from(offsets[99]).unwrap();
        for at in (0..file.len()).step_by(4).filter(|at| file[*at..*at + 4] == MAGIC) {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            let found = find(&damaged, &[]);
            match found {
                Ok(tail) => assert_eq!((at, tail.end()), (last, offsets[99])),
                Err(error) => assert!(at < last && error.offset() <= Some(at as u64), "{at}"),
            }
        }
        for junk in [vec![0; 5000], vec![7; 3], b"text behind it".to_vec()] {
            let tail = find(&[&file, junk.as_slice()].concat(), &offsets).unwrap();
            assert_eq!((tail.end(), tail.torn().is_some()), (file.len() as u64, true));
        }
    }

    #[test]
    fn a_file_of_something_else_is_an_error() {
        let zeros = vec![0; 70_000];
        for other in [&b"precious"[..], b"p", b"\0\0\0 ftyp", &[&zeros[..], b"x"].concat()] {
            let error = find(other, &[]).unwrap_err();
            assert!(matches!(error, Error::Format { offset: 0, .. }));
        }
        for torn in [&MAGIC[..3], &MAGIC, &zeros, &[0]] {
            assert_eq!(find(torn, &[]).unwrap().end(), 0);
        }
    }

    #[test]
    fn an_index_that_is_wrong_or_stale_is_not_believed() {
        let (file, offsets) = sample();
        let (_, of_another) = write(&vec![vec![0; 12]; 200]);
        assert!(matches!(find(&file, &of_another), Err(Error::NoRecordAt { .. })));
        for wrong in [offsets[99] + 1, offsets[99] + 4, offsets[50] + 4] {
            let listed = [offsets.as_slice(), &[wrong]].concat();
            let error = find(&file, &listed).unwrap_err();
            assert!(matches!(error, Error::NoRecordAt { offset } if offset == wrong));
        }
        // Offsets behind the end, in any order, are those of records that are gone.
        let listed: Vec<u64> = offsets.iter().rev().chain(&[1 << 40, u64::MAX]).copied().collect();
        assert_eq!(find(&file, &listed).unwrap().unlisted(), []);
    }

    /// Counts the bytes that are read.
    struct Counting<'a>(&'a [u8], Cell<usize>);

    impl ReadAt for Counting<'_> {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.1.set(self.1.get() + buffer.len());
            self.0.read_at(buffer, offset)
        }

        fn source_len(&self) -> io::Result<u64> {
            self.0.source_len()
        }
    }

    #[test]
    fn of_a_long_file_with_an_index_little_is_read() {
        let (mut file, offsets) = write(&vec![vec![7; 5000]; 2000]);
        for cut in [0, 1, 5100, 20_000] {
            file.truncate(file.len() - cut);
            let source = Counting(&file, Cell::new(0));
            let listed = &offsets[..offsets.len() - 2];
            assert!(Tail::find(&source, listed, || Ok(())).is_ok());
            assert!(source.1.get() < 1_000_000, "{}", source.1.get());
        }
    }

    #[test]
    fn whoever_has_no_patience_ends_it() {
        let (file, _) = sample();
        let found = Tail::find(file.as_slice(), &[], || Err(io::ErrorKind::TimedOut.into()));
        assert!(matches!(found, Err(Error::Io(_))));
    }
}
