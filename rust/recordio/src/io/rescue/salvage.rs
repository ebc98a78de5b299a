//! What a whole file has that is intact, on several threads, and what an index says of that.

use std::{io, sync::Arc};

use super::{
    super::{
        ReadAt, Workers,
        walk::{Collect, Step, Walk},
    },
    Found, Rescue,
    attended::{Attendant, Attended},
    listed_of,
};
use crate::{
    Error,
    damage::SkippedRegion,
    idx::{Index, IndexBuilder},
};

/// What a lenient reader finds in a whole file.
///
/// # Examples
///
/// ```
/// use recordio::{idx::{Index, KeyKind}, io::{Workers, Writer}};
///
/// let mut writer = Writer::new(Vec::new());
/// for record in [b"one", b"two", b"six"] {
///     writer.write_record(record)?;
/// }
/// let mut file = writer.into_inner()?;
/// file[12] ^= 1; // in the magic of the second record
/// let index = Index::parse(&b"1\t0\n2\t12\n"[..], KeyKind::Integer)?;
///
/// let salvage = Workers::default().salvage(&file, Some(&index), usize::MAX, |_| Ok(()))?;
/// assert_eq!(salvage.offsets(), [0, 24]);
/// assert_eq!((salvage.skipped()[0].region.begin, salvage.skipped()[0].ordinal), (12, 1));
/// assert_eq!(salvage.wrong_entries(&index).collect::<Vec<_>>(), [1]);
/// assert_eq!(salvage.unlisted_records(&index).collect::<Vec<_>>(), [1]);
/// assert_eq!(salvage.entries_of(&index).offsets(), [0]);
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct Salvage {
    offsets: Vec<u64>,
    skipped: Vec<Skipped>,
    skipped_count: u64,
    max_skipped: usize,
    intact_len: u64,
}

/// A region, and its place among the intact records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Skipped {
    /// The region.
    pub region: SkippedRegion,
    /// How many intact records come before it.
    pub ordinal: u64,
}

impl Workers {
    /// Goes through a whole file as [`Rescue`] does.
    ///
    /// `index` is what [`Rescue::with_listed`] takes into account. At most `max_skipped` regions are
    /// kept, for there may be millions. `pause` is called on this thread many times a second, however
    /// long a search takes, with how many bytes were gone through; an error from it ends the work.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] where `source` fails, or `pause`.
    pub fn salvage<S: ReadAt + Sync + ?Sized>(
        self,
        source: &S,
        index: Option<&Index>,
        max_skipped: usize,
        pause: impl FnMut(u64) -> io::Result<()> + Send,
    ) -> Result<Salvage, Error> {
        let attendant = Attendant::new(pause);
        let source = &Attended::new(source, &attendant);
        let len = source.source_len()?;
        let listed = listed_of(index.map(Index::ascending_offsets).unwrap_or_default().to_vec());
        let new_walk = || Rescue::with_source_len(source, len, Arc::clone(&listed));
        let salvage = Salvage {
            offsets: Vec::new(),
            skipped: Vec::new(),
            skipped_count: 0,
            max_skipped,
            intact_len: 0,
        };
        self.walk(len, new_walk, salvage, |done| attendant.tell(done))
    }
}

impl Salvage {
    /// Returns the offsets of the intact records, ascending.
    #[must_use]
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// Returns the regions that were passed over, as many as were kept, in the order of the file.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Returns how many regions there are, kept or not.
    #[must_use]
    pub fn skipped_count(&self) -> u64 {
        self.skipped_count
    }

    /// Returns how many bytes the intact records take in the file.
    #[must_use]
    pub fn intact_len(&self) -> u64 {
        self.intact_len
    }

    /// Returns the ordinals of the entries that point to no intact record.
    pub fn wrong_entries<'a>(&'a self, index: &'a Index) -> impl Iterator<Item = usize> + 'a {
        let offsets = index.offsets().iter().enumerate();
        offsets.filter(|(_, offset)| !self.has(**offset)).map(|(ordinal, _)| ordinal)
    }

    /// Returns the ordinals of the intact records that no entry points to.
    pub fn unlisted_records(&self, index: &Index) -> impl Iterator<Item = usize> {
        let (listed, mut place) = (index.ascending_offsets(), 0);
        self.offsets.iter().enumerate().filter_map(move |(ordinal, offset)| {
            place += listed.get(place..)?.iter().take_while(|listed| *listed < offset).count();
            (listed.get(place) != Some(offset)).then_some(ordinal)
        })
    }

    /// Makes an index of the entries that point to intact records, in their order.
    #[must_use]
    pub fn entries_of(&self, index: &Index) -> Index {
        let mut builder = IndexBuilder::new(index.key_kind());
        for (ordinal, offset) in index.offsets().iter().enumerate() {
            if let Some(key) = index.key(ordinal).filter(|_| self.has(*offset)) {
                builder.push(key, *offset);
            }
        }
        builder.finish()
    }

    /// Makes an index of all intact records, with the ordinals for keys.
    #[must_use]
    pub fn to_index(&self) -> Index {
        Index::of_records(self.offsets.clone())
    }

    fn has(&self, offset: u64) -> bool {
        self.offsets.binary_search(&offset).is_ok()
    }
}

impl Collect<Found> for Salvage {
    fn take(&mut self, found: Found) {
        match found {
            Found::Record(span) => {
                self.offsets.push(span.offset);
                self.intact_len += span.extent;
            }
            Found::Skipped(region) => {
                self.skipped_count += 1;
                if self.skipped.len() < self.max_skipped {
                    self.skipped.push(Skipped { region, ordinal: self.count() });
                }
            }
        }
    }

    fn take_all(&mut self, found: &[Found], _begin: u64, _end: u64) {
        for found in found {
            self.take(*found);
        }
    }

    fn count(&self) -> u64 {
        self.offsets.len() as u64
    }
}

impl<S: ReadAt + Send> Walk for Rescue<S> {
    type Found = Found;

    fn go_on_at(&mut self, offset: u64, _ordinal: Option<u64>) {
        (self.offset, self.region, self.judged) = (offset, None, None);
    }

    fn offset(&self) -> u64 {
        self.offset
    }

    fn settled_offset(&self) -> u64 {
        self.region.map_or(self.offset, |(begin, _)| begin)
    }

    fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    fn step(&mut self) -> Result<Step<Found>, Error> {
        Ok(Rescue::step(self)?)
    }

    fn settle(&mut self) -> Option<Found> {
        self.take_region(self.offset)
    }

    fn find_magic(&mut self, offset: u64, limit: u64) -> io::Result<Option<u64>> {
        self.judge.view.find_magic(offset, limit)
    }

    fn begin_of(found: &Found) -> Option<u64> {
        match found {
            Found::Record(span) => Some(span.offset),
            Found::Skipped(_) => None,
        }
    }
}
