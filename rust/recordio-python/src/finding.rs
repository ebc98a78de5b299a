//! Where the bytes of records are: read to an arena, or still in the file.

use std::ops::Range;

use recordio::{
    Error,
    io::{Place, read_records_at},
};
use recordio_storage::{Storage, WholeRecord};

use crate::record_bytes::MIN_DIRECT;

/// How many records of a mapped file are on their way from memory while one is copied: about as
/// many as a processor can wait for.
const LOOK_AHEAD: usize = 16;

/// Where the bytes of a record are.
#[derive(Debug)]
pub(crate) enum Found {
    /// In the arena.
    InArena(Range<usize>),
    /// Still in the file.
    InFile(WholeRecord),
}

impl Found {
    /// Returns the length of the record in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::InArena(range) => range.len(),
            Self::InFile(record) => record.len,
        }
    }
}

/// Finds the records at `places`, and reads those shorter than `min_direct` bytes to `arena`.
///
/// `take` is called for each place in turn. Places that ascend and lie near each other share a
/// read; from a mapped file there is nothing to share.
pub(crate) fn find_records(
    storage: &Storage,
    places: &[Place],
    min_direct: usize,
    arena: &mut Vec<u8>,
    mut take: impl FnMut(Result<Found, Error>),
) {
    let is_mapped = storage.is_mapped();
    let is_direct =
        |place: &Place| is_mapped || place.extent.is_some_and(|extent| extent > MIN_DIRECT as u64);
    let expect = |place: &Place| storage.expect(place.offset);
    for run in places.chunk_by(|one, next| is_direct(one) == is_direct(next)) {
        if !run.first().is_some_and(is_direct) {
            read_records_at(storage, run, arena, |_, record| take(record.map(Found::InArena)));
            continue;
        }
        run.iter().take(LOOK_AHEAD).for_each(expect);
        for (number, place) in run.iter().enumerate() {
            run.get(number + LOOK_AHEAD).into_iter().for_each(expect);
            if let Some(found) = find_direct(storage, *place, min_direct, arena) {
                take(Ok(found));
            } else {
                let alone = std::slice::from_ref(place);
                read_records_at(storage, alone, arena, |_, record| {
                    take(record.map(Found::InArena));
                });
            }
        }
    }
}

/// Finds a record by its header; `None` where only reading it tells more.
fn find_direct(
    storage: &Storage,
    place: Place,
    min_direct: usize,
    arena: &mut Vec<u8>,
) -> Option<Found> {
    let whole = storage.find_whole(place.offset)?;
    if whole.len >= min_direct {
        return Some(Found::InFile(whole));
    }
    let range = arena.len()..arena.len() + whole.len;
    arena.try_reserve(whole.len).ok()?;
    arena.resize(range.end, 0);
    storage.fill_slice(&whole, arena.get_mut(range.clone())?).then_some(Found::InArena(range))
}
