//! All intact records of a damaged file, and what lies between them.

mod attended;
mod judge;
mod salvage;
mod view;

pub use salvage::{Salvage, Skipped};

use std::{io, sync::Arc};

use self::judge::{Fault, Judge, Verdict};
use super::{ReadAt, RecordSpan, walk::Step};
use crate::{Error, damage::SkippedRegion, fragment::ALIGNMENT};

/// What comes next in a file that may be damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Found {
    /// An intact record.
    Record(RecordSpan),
    /// Bytes that are none.
    Skipped(SkippedRegion),
}

/// An iterator over the intact records of a file and the regions that it passes over, in the order
/// of the file.
///
/// This is the lenient reader of docs/format.md: behind damage it goes on at the next head, at a
/// multiple of four, at which a record can begin. It reads all bytes, payloads as well, because a
/// length that leads across other records shows only there. Memory is bounded by two buffers,
/// whatever lengths a file claims.
///
/// The file is taken as long as it is at the start. Only failures of the source are errors; the
/// iterator ends after one.
///
/// # Examples
///
/// ```
/// use recordio::io::{Found, Rescue, Writer};
///
/// let mut writer = Writer::new(Vec::new());
/// for record in [b"one", b"two", b"six"] {
///     writer.write_record(record)?;
/// }
/// let mut file = writer.into_inner()?;
/// file[12] ^= 1; // in the magic of the second record
/// let found: Vec<Found> = Rescue::new(&file)?.collect::<Result<_, _>>()?;
/// let [Found::Record(one), Found::Skipped(region), Found::Record(six)] = found[..] else {
///     panic!("{found:?}");
/// };
/// assert_eq!((one.offset, six.offset), (0, 24));
/// assert_eq!((region.begin, region.end, region.damage.kind()), (12, 24, "bad-magic"));
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct Rescue<S> {
    judge: Judge<S>,
    /// Where the next record may begin.
    offset: u64,
    /// Where the region began that was not yet handed out, and why.
    region: Option<(u64, Fault)>,
    /// The record at `offset`, if it was judged already.
    judged: Option<(RecordSpan, Option<Fault>)>,
    /// Where a search for the next record pauses.
    limit: u64,
    has_failed: bool,
}

impl<S: ReadAt> Rescue<S> {
    /// Creates an iterator over a file, from its start to the end that it has now.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] where the length of the source cannot be had.
    pub fn new(source: S) -> Result<Self, Error> {
        let len = source.source_len()?;
        Ok(Self::with_source_len(source, len, Arc::default()))
    }

    /// Takes into account which offsets an index lists: where two explanations of some bytes are
    /// possible, they decide. They may be wrong, and in any order.
    #[must_use]
    pub fn with_listed(mut self, offsets: impl Into<Vec<u64>>) -> Self {
        self.judge.listed = listed_of(offsets.into());
        self
    }

    fn with_source_len(source: S, len: u64, listed: Arc<[u64]>) -> Self {
        let judge = Judge::new(source, len, listed);
        Self { judge, offset: 0, region: None, judged: None, limit: u64::MAX, has_failed: false }
    }

    /// Returns how far the file was gone through, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the source.
    pub fn get_ref(&self) -> &S {
        self.judge.view.source()
    }

    /// Looks at what stands at `offset`, and moves on behind it.
    fn step(&mut self) -> io::Result<Step<Found>> {
        let (span, missing_padding) = match self.judged {
            Some(judged) => judged,
            None if self.offset >= self.judge.view.len() => {
                return Ok(self.take_region(self.judge.view.len()).map_or(Step::End, Step::Found));
            }
            None => match self.judge.judge(self.offset)? {
                Verdict::Record(span, missing_padding) => (span, missing_padding),
                Verdict::Damaged(fault) => {
                    self.region.get_or_insert((self.offset, fault));
                    let behind = self.offset + ALIGNMENT as u64;
                    // There may be no head at the limit, which is damage as well: it goes on there.
                    self.offset = self.judge.view.next_record_head_before(behind, self.limit)?;
                    return Ok(Step::Nothing);
                }
            },
        };
        if let Some(region) = self.take_region(span.offset) {
            self.judged = Some((span, missing_padding));
            return Ok(Step::Found(region));
        }
        self.judged = None;
        self.offset = span.offset + span.extent;
        self.region = missing_padding.map(|fault| (self.offset, fault));
        Ok(Step::Found(Found::Record(span)))
    }

    /// Ends the region that has begun, if one has.
    fn take_region(&mut self, end: u64) -> Option<Found> {
        let (begin, Fault { offset, damage }) = self.region.take()?;
        Some(Found::Skipped(SkippedRegion { begin, end: end.max(begin), offset, damage }))
    }
}

/// Returns offsets each once and ascending.
fn listed_of(mut offsets: Vec<u64>) -> Arc<[u64]> {
    offsets.sort_unstable();
    offsets.dedup();
    offsets.into()
}

impl<S: ReadAt> Iterator for Rescue<S> {
    type Item = Result<Found, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        loop {
            match self.step() {
                Ok(Step::Found(found)) => return Some(Ok(found)),
                Ok(Step::Nothing) => {}
                Ok(Step::End) => return None,
                Err(error) => {
                    self.has_failed = true;
                    return Some(Err(Error::Io(error)));
                }
            }
        }
    }
}
