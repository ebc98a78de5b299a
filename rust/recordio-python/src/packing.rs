//! The records of a batch in one buffer.

use std::mem::MaybeUninit;

use pyo3::prelude::*;

use crate::{
    batch::{Batch, Failure, Part, Wanted, next_round},
    finding::Found,
    pool::for_each_part,
    unfilled::NewBuffer,
};

/// How many bytes are filled in before Ctrl-C is heard again.
const FILLED_AT_ONCE: usize = 64 << 20;

/// The bytes of records end to end, and where each begins, and the last one ends.
pub(crate) struct Packed {
    pub(crate) data: Vec<u8>,
    pub(crate) offsets: Vec<i64>,
}

/// A record, and the memory that it goes to.
struct Target<'t> {
    wanted: Wanted,
    found: &'t Found,
    arena: &'t [u8],
    place: &'t mut [MaybeUninit<u8>],
    is_filled: bool,
}

/// Reads the records of a batch, in the caller's order, to memory that `new_memory` gives for a
/// number of bytes.
///
/// # Errors
///
/// `Ok(Err(_))` says which record could not be read; `Err(_)` is what a signal handler has raised.
pub(crate) fn read_packed(
    py: Python<'_>,
    batch: &Batch<'_>,
    new_memory: impl FnOnce(usize) -> Vec<u8> + Send,
) -> PyResult<Result<Packed, Failure>> {
    let plan = py.detach(|| batch.plan());
    let (mut rest, mut parts) = (plan.as_slice(), Vec::new());
    while let Some(round) = next_round(&mut rest) {
        match py.detach(|| batch.find(round, 0)) {
            Ok(found) => parts.extend(found),
            Err(failure) => return Ok(Err(failure)),
        }
        py.check_signals()?;
    }
    py.detach(|| pack(batch, &parts, new_memory))
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general")]
fn pack(
    batch: &Batch<'_>,
    parts: &[Part],
    new_memory: impl FnOnce(usize) -> Vec<u8>,
) -> PyResult<Result<Packed, Failure>> {
    let found = || parts.iter().flat_map(Part::records);
    let mut offsets = vec![0_i64; batch.ordinals.len() + 1];
    for (wanted, found, _) in found() {
        if let Some(end) = offsets.get_mut(wanted.number + 1) {
            *end = i64::try_from(found.len()).unwrap_or(i64::MAX);
        }
    }
    let mut total = 0_i64;
    for end in &mut offsets {
        total = total.saturating_add(*end);
        *end = total;
    }
    let len = usize::try_from(total).unwrap_or(usize::MAX);
    let mut buffer = match NewBuffer::new(new_memory(len), len) {
        Ok(buffer) => buffer,
        Err(error) => return Ok(Err(Batch::no_memory(error))),
    };
    let mut places = split(buffer.target(), &offsets);
    let mut targets: Vec<Target<'_>> = found()
        .filter_map(|(wanted, found, arena)| {
            let place = places.get_mut(wanted.number)?.take()?;
            Some(Target { wanted, found, arena, place, is_filled: false })
        })
        .collect();
    let grain = Batch::copy_grain(targets.len(), len);
    let mean = len / targets.len().max(1);
    let at_once = (FILLED_AT_ONCE / mean.max(1)).max(batch.threads);
    for some in targets.chunks_mut(at_once) {
        for_each_part(batch.threads, some, grain, |part| {
            for target in part {
                target.fill(batch);
            }
        });
        Python::attach(|py| py.check_signals())?;
    }
    let mut missed: Vec<_> = targets.iter_mut().filter(|target| !target.is_filled).collect();
    missed.sort_unstable_by_key(|target| target.wanted.number);
    for target in missed {
        if let Err(failure) = target.make_sure(batch) {
            return Ok(Err(failure));
        }
    }
    // SAFETY: every byte belongs to one of the targets, and each of those has been filled.
    #[expect(unsafe_code, reason = "the end of what `NewBuffer` begins")]
    let data = unsafe { buffer.finish() };
    Ok(Ok(Packed { data, offsets }))
}

/// Splits memory into one place for each record, in the caller's order.
fn split<'t>(
    mut memory: &'t mut [MaybeUninit<u8>],
    offsets: &[i64],
) -> Vec<Option<&'t mut [MaybeUninit<u8>]>> {
    let lens = offsets.iter().zip(offsets.iter().skip(1)).map(|(begin, end)| end - begin);
    lens.map(|len| {
        let (place, rest) =
            std::mem::take(&mut memory).split_at_mut_checked(usize::try_from(len).ok()?)?;
        memory = rest;
        Some(place)
    })
    .collect()
}

impl Target<'_> {
    fn fill(&mut self, batch: &Batch<'_>) {
        self.is_filled = match self.found {
            Found::InArena(range) => copy(self.place, self.arena.get(range.clone())),
            Found::InFile(whole) => batch.storage.fill(whole, self.place),
        };
    }

    /// Reads a record again that could not be filled in.
    fn make_sure(&mut self, batch: &Batch<'_>) -> Result<(), Failure> {
        let record = batch.read_again(self.wanted)?;
        self.is_filled = copy(self.place, Some(&record));
        if self.is_filled { Ok(()) } else { Err(batch.changed(self.wanted)) }
    }
}

/// Fills a place with bytes if those are as many.
fn copy(place: &mut [MaybeUninit<u8>], bytes: Option<&[u8]>) -> bool {
    let Some(bytes) = bytes.filter(|bytes| bytes.len() == place.len()) else { return false };
    place.iter_mut().zip(bytes).for_each(|(to, from)| {
        to.write(*from);
    });
    true
}
