//! Many records in one call.
//!
//! Records are found and read in the order of their offsets, neighbours in one read, and handed
//! out in the caller's order. Small ones pass through an arena; large ones go from the file
//! straight to where they are wanted.

use pyo3::{prelude::*, types::PyBytes};
use recordio::{
    Error,
    idx::Index,
    io::{Place, read_record_at},
};
use recordio_storage::Storage;

use crate::{
    finding::{Found, find_records},
    pool::{Threads, for_each_part},
    record_bytes::{min_direct, new_bytes},
    unfilled::NewRecord,
};

/// How many bytes one round of a batch has at most, so that they are still in the processor's
/// cache when they are copied, and Ctrl-C is heard between two of them.
const MAX_ROUND: u64 = 16 << 20;

/// How many records one round of a batch has at most.
const MAX_ROUND_COUNT: usize = 1 << 14;

/// How many records of a mapped file are worth a thread: less than that is done before one wakes.
const MAPPED_GRAIN: usize = 4096;

/// How many records that have to be read are worth a thread.
const READ_GRAIN: usize = 32;

/// How many bytes to be copied are worth a thread.
const COPY_GRAIN: usize = 512 * 1024;

/// A failure to read one record of a batch.
#[derive(Debug)]
pub(crate) struct Failure {
    /// `None` where it is not about one record.
    pub(crate) ordinal: Option<usize>,
    pub(crate) error: Error,
    /// Its place in the caller's order: of several failures the first is told.
    number: usize,
}

/// The records that a caller asks for, by ordinals that the index has.
pub(crate) struct Batch<'a> {
    pub(crate) storage: &'a Storage,
    index: &'a Index,
    pub(crate) ordinals: &'a [usize],
    pub(crate) threads: usize,
}

impl<'a> Batch<'a> {
    /// Creates a batch.
    pub(crate) fn new(
        storage: &'a Storage,
        index: &'a Index,
        ordinals: &'a [usize],
        threads: Threads,
    ) -> Self {
        Self { storage, index, ordinals, threads: threads.into() }
    }
}

/// A record of a batch: its place, and its number in the caller's order.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    place: Place,
    pub(crate) number: usize,
}

/// Some records of a batch, neighbours in the file, as one thread has found them.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) arena: Vec<u8>,
    /// As many as `wanted`, unless one has failed.
    pub(crate) found: Vec<Found>,
    failure: Option<Failure>,
}

impl Part {
    /// Returns each record that was found, with the arena that it may be in.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Wanted, &Found, &[u8])> {
        let found = self.wanted.iter().zip(&self.found);
        found.map(|(wanted, found)| (*wanted, found, self.arena.as_slice()))
    }
}

impl Batch<'_> {
    /// Returns the records in the order of the file.
    pub(crate) fn plan(&self) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = (0..)
            .zip(self.ordinals)
            .filter_map(|(number, ordinal)| {
                Some(Wanted { place: Place::of(self.index, *ordinal)?, number })
            })
            .collect();
        // From a map a small batch is read in less time than it is sorted in.
        let is_worth_sorting = !self.storage.is_mapped() || wanted.len() >= MAPPED_GRAIN;
        if is_worth_sorting && !wanted.is_sorted_by_key(|wanted| wanted.place.offset) {
            wanted.sort_unstable_by_key(|wanted| (wanted.place.offset, wanted.number));
        }
        wanted
    }

    /// Finds the records of a round, and reads the small ones; to be called detached.
    ///
    /// # Errors
    ///
    /// The failure that comes first in the caller's order.
    pub(crate) fn find(&self, round: &[Wanted], min_direct: usize) -> Result<Vec<Part>, Failure> {
        self.storage.check_map();
        let grain = if self.storage.is_mapped() { MAPPED_GRAIN } else { READ_GRAIN };
        let grain = grain.max(round.len().div_ceil(self.threads * 2));
        let new_part = |wanted: &[Wanted]| Part { wanted: wanted.to_vec(), ..Part::default() };
        let mut parts: Vec<Part> = round.chunks(grain).map(new_part).collect();
        for_each_part(self.threads, &mut parts, 1, |parts| {
            for part in parts {
                self.find_part(part, min_direct);
            }
        });
        let failures = parts.iter_mut().filter_map(|part| part.failure.take());
        match failures.min_by_key(|failure| failure.number) {
            Some(failure) => Err(self.first_failure(round, failure)),
            None => Ok(parts),
        }
    }

    /// Returns the failure that comes first in the caller's order: records before the known one
    /// may only have been found, and not been read yet.
    fn first_failure(&self, round: &[Wanted], known: Failure) -> Failure {
        let is_before = |wanted: &&Wanted| wanted.number < known.number;
        let mut before: Vec<Wanted> = round.iter().filter(is_before).copied().collect();
        before.sort_unstable_by_key(|wanted| wanted.number);
        before.into_iter().find_map(|wanted| self.read_again(wanted).err()).unwrap_or(known)
    }

    fn find_part(&self, part: &mut Part, min_direct: usize) {
        let places: Vec<Place> = part.wanted.iter().map(|wanted| wanted.place).collect();
        let Part { wanted, arena, found, failure } = part;
        found.reserve(wanted.len());
        let mut wanted = wanted.iter();
        find_records(self.storage, &places, min_direct, arena, |record| {
            let wanted = wanted.next();
            match (record, wanted) {
                (Ok(record), _) => found.push(record),
                (Err(error), Some(wanted)) => {
                    if failure.as_ref().is_none_or(|known| wanted.number < known.number) {
                        *failure = Some(self.failure_of(*wanted, error));
                    }
                }
                (Err(_), None) => {}
            }
        });
    }

    fn failure_of(&self, wanted: Wanted, error: Error) -> Failure {
        let Wanted { number, .. } = wanted;
        Failure { ordinal: self.ordinals.get(number).copied(), error, number }
    }

    /// Returns the failure to find memory for all of the batch.
    pub(crate) fn no_memory(error: Error) -> Failure {
        Failure { ordinal: None, error, number: 0 }
    }

    /// Returns the failure for a record that is not as long any more as it was a moment ago.
    pub(crate) fn changed(&self, wanted: Wanted) -> Failure {
        let changed = std::io::Error::other("the file changed while it was read");
        self.failure_of(wanted, changed.into())
    }

    /// Reads a record that `Storage::fill` could not give: it says what is wrong, or the record as
    /// it is now.
    pub(crate) fn read_again(&self, wanted: Wanted) -> Result<Vec<u8>, Failure> {
        let mut buffer = Vec::new();
        let record = read_record_at(self.storage, wanted.place.offset, None, &mut buffer);
        let range = record.map_err(|error| self.failure_of(wanted, error))?.range;
        buffer.truncate(range.end);
        buffer.drain(..range.start);
        Ok(buffer)
    }

    /// Returns how many records are worth a thread to copy, where they have `bytes` together.
    pub(crate) fn copy_grain(count: usize, bytes: usize) -> usize {
        let mean = bytes / count.max(1);
        (COPY_GRAIN / mean.max(1)).max(1)
    }
}

/// Takes the next round, of bounded size, from the front of a plan.
pub(crate) fn next_round<'w>(plan: &mut &'w [Wanted]) -> Option<&'w [Wanted]> {
    let mut bytes = 0_u64;
    let is_within = |wanted: &&Wanted| {
        bytes = bytes.saturating_add(wanted.place.extent.unwrap_or_default());
        bytes <= MAX_ROUND
    };
    let count = plan.iter().take(MAX_ROUND_COUNT).take_while(is_within).count().max(1);
    let (round, rest) = plan.split_at_checked(count)?;
    *plan = rest;
    Some(round)
}

/// Reads the records of a batch as `bytes` objects, in the caller's order.
///
/// # Errors
///
/// `Ok(Err(_))` says which record could not be read; `Err(_)` is what a signal handler has raised.
pub(crate) fn read_list<'py>(
    py: Python<'py>,
    batch: &Batch<'_>,
) -> PyResult<Result<Vec<Bound<'py, PyBytes>>, Failure>> {
    let mut records: Vec<Option<Bound<'py, PyBytes>>> = vec![None; batch.ordinals.len()];
    let plan = py.detach(|| batch.plan());
    let mut rest = plan.as_slice();
    while let Some(round) = next_round(&mut rest) {
        let parts = match py.detach(|| batch.find(round, min_direct(batch.storage))) {
            Ok(parts) => parts,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Err(failure) = make_objects(py, batch, &parts, &mut records) {
            return Ok(Err(failure));
        }
        py.check_signals()?;
    }
    Ok(Ok(records.into_iter().flatten().collect()))
}

fn make_objects<'py>(
    py: Python<'py>,
    batch: &Batch<'_>,
    parts: &[Part],
    records: &mut [Option<Bound<'py, PyBytes>>],
) -> Result<(), Failure> {
    let mut large = Vec::new();
    for part in parts {
        for (wanted, found, arena) in part.records() {
            let failed = |error| batch.failure_of(wanted, error);
            match found {
                Found::InArena(range) => {
                    let bytes = arena.get(range.clone()).unwrap_or_default();
                    if let Some(record) = records.get_mut(wanted.number) {
                        *record = Some(new_bytes(py, bytes).map_err(failed)?);
                    }
                }
                Found::InFile(whole) => {
                    large.push((wanted, NewRecord::new(py, *whole).map_err(failed)?));
                }
            }
        }
    }
    if large.is_empty() {
        return Ok(());
    }
    let bytes = large.iter().map(|(_, record)| record.len()).sum();
    let grain = Batch::copy_grain(large.len(), bytes);
    py.detach(|| {
        for_each_part(batch.threads, &mut large, grain, |part| {
            for (_, record) in part {
                record.fill(batch.storage);
            }
        });
    });
    // In the caller's order, in which the first failure is told.
    large.sort_unstable_by_key(|(wanted, _)| wanted.number);
    for (wanted, record) in large {
        let bytes = match record.finish(py) {
            Some(bytes) => bytes,
            None => PyBytes::new(py, &py.detach(|| batch.read_again(wanted))?),
        };
        if let Some(record) = records.get_mut(wanted.number) {
            *record = Some(bytes);
        }
    }
    Ok(())
}
