//! Whether the bytes at an offset are a record: the rules of lenient reading.
//!
//! docs/format.md has them in words, and the reasons; the names here are those of its sections.

use std::{io, sync::Arc};

use super::{super::ReadAt, view::View};
use crate::{
    damage::Damage,
    fragment::{ALIGNMENT, FragmentHeader, FragmentKind, HEADER_LEN, MAX_RECORD_LEN, padding},
    io::RecordSpan,
    sequence::{Sequence, cut_in},
};

/// How many equal bytes at the end of a record are no chance where the same stand behind it.
const OVERWRITTEN_LEN: usize = 32;

/// How many heads inside a record are looked at for one that an intact record begins with.
const MAX_INNER_HEADS: usize = 64;

/// What the bytes at an offset are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    /// A record; with what the file lacks of its padding, if it does.
    Record(RecordSpan, Option<Fault>),
    /// No record.
    Damaged(Fault),
}

/// What is wrong, and with the fragment at which offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) offset: u64,
    pub(super) damage: Damage,
}

/// A record as a strict reader has it.
struct Whole {
    span: RecordSpan,
    /// Its last fragment, and where that begins.
    last: (u64, FragmentHeader),
    missing_padding: Option<Fault>,
}

impl Whole {
    fn end(&self) -> u64 {
        self.span.offset + self.span.extent
    }
}

/// Judges the bytes of a file at any offset; what it finds does not depend on what it was asked
/// before.
#[derive(Debug)]
pub(super) struct Judge<S> {
    pub(super) view: View<S>,
    /// The offsets that an index has, each once and ascending.
    pub(super) listed: Arc<[u64]>,
}

impl<S: ReadAt> Judge<S> {
    pub(super) fn new(source: S, len: u64, listed: Arc<[u64]>) -> Self {
        Self { view: View::new(source, len), listed }
    }

    /// Judges the bytes at `begin`, a multiple of four before the end of the file.
    pub(super) fn judge(&mut self, begin: u64) -> io::Result<Verdict> {
        let whole = match self.read_whole(begin)? {
            Ok(whole) => whole,
            Err(fault) => return Ok(Verdict::Damaged(fault)),
        };
        let follows = self.follows(whole.end())?;
        let damage = match self.swallowed(&whole)? {
            Some(head) => Some(Damage::SwallowsRecord { head }),
            None => match self.goes_on(whole.end())? {
                true => Some(Damage::RecordGoesOn { continuation: whole.end() }),
                false if follows => None,
                false => match self.cut_short(&whole)? {
                    None => self.overwritten(&whole)?,
                    damage => damage,
                },
            },
        };
        Ok(match damage {
            Some(damage) => Verdict::Damaged(Fault { offset: begin, damage }),
            None => Verdict::Record(whole.span, whole.missing_padding),
        })
    }

    /// Reads the headers of one record by the strict rules, and looks for the magic in payloads
    /// where none can be: whoever splits a record leaves none in its fragments.
    fn read_whole(&mut self, begin: u64) -> io::Result<Result<Whole, Fault>> {
        let (mut sequence, mut len) = (Sequence::new(begin, None), 0);
        loop {
            let offset = sequence.offset();
            let word = if offset == begin {
                self.view.go_to(offset)?
            } else {
                self.view.glance_at(offset)?
            };
            let checked = match word.whole() {
                Some(bytes) => sequence.header_of(bytes),
                None => Err(sequence.cut_at_header(word.filled())),
            };
            let fault = |error| Fault { offset, damage: Damage::Format(error) };
            let header = match checked {
                Ok(header) => header,
                Err(error) => return Ok(Err(fault(error))),
            };
            let payload_begin = offset + HEADER_LEN as u64;
            let end = payload_begin + header.padded_len() as u64;
            let left = self.view.len().saturating_sub(payload_begin);
            let found = usize::try_from(left).unwrap_or(usize::MAX);
            let cut = (found < header.padded_len()).then(|| fault(cut_in(header, found)));
            if let Some(cut) = cut.filter(|_| found < header.len()) {
                return Ok(Err(cut));
            }
            if header.kind() != FragmentKind::Full
                && let Some(head) = self.view.find_magic(payload_begin, end)?
            {
                return Ok(Err(Fault { offset: begin, damage: Damage::SwallowsRecord { head } }));
            }
            if let Some(cut) = cut.filter(|_| !header.kind().ends_record()) {
                return Ok(Err(cut));
            }
            len += header.len() as u64 + if sequence.in_record() { 4 } else { 0 };
            sequence.accept(header);
            if !sequence.in_record() {
                let extent = end.min(self.view.len()) - begin;
                let span = RecordSpan { offset: begin, extent, len };
                return Ok(Ok(Whole { span, last: (offset, header), missing_padding: cut }));
            }
        }
    }

    /// Returns whether the file ends at `offset`, or the magic stands there.
    fn follows(&mut self, offset: u64) -> io::Result<bool> {
        Ok(offset >= self.view.len() || self.view.glance_at(offset)?.is_magic())
    }

    /// Returns where the head of another fragment stands in a record of one, if its length leads
    /// across that; not if a writer that does not split left the magic there.
    fn swallowed(&mut self, whole: &Whole) -> io::Result<Option<u64>> {
        let (begin, end) = (whole.span.offset, whole.end());
        if whole.last.1.kind() != FragmentKind::Full {
            return Ok(None); // was looked at before
        }
        let payload_begin = begin + HEADER_LEN as u64;
        let Some(first) = self.view.find_magic(payload_begin, end)? else { return Ok(None) };
        if self.is_vouched_for(begin, end) {
            // The index need not list every record. A payload may be a file of records, though.
            let is_bit = first > payload_begin
                && self.is_record_inside(first, end)?
                && self.length_to(first, begin, whole.last.1.len())?.is_some();
            return Ok(is_bit.then_some(first));
        }
        if !self.ends_well(end)? {
            return Ok(Some(first));
        }
        let mut inner = Some(first);
        for _ in 0..MAX_INNER_HEADS {
            let Some(head) = inner else { break };
            if self.is_listed(head) || self.is_record_inside(head, end)? {
                return Ok(Some(first));
            }
            inner = self.view.find_magic(head + ALIGNMENT as u64, end)?;
        }
        Ok(None)
    }

    /// Returns whether the index has this record and the next one, and none between.
    fn is_vouched_for(&self, begin: u64, end: u64) -> bool {
        let Ok(place) = self.listed.binary_search(&begin) else { return false };
        let ends_file = end >= self.view.len();
        self.listed
            .get(place + 1)
            .map_or(ends_file, |next| *next == end || (*next > end && ends_file))
    }

    fn is_listed(&self, offset: u64) -> bool {
        self.listed.binary_search(&offset).is_ok()
    }

    /// Returns whether a record can begin at `offset`, or the file ends.
    fn ends_well(&mut self, offset: u64) -> io::Result<bool> {
        let word = self.view.glance_at(offset)?;
        Ok(word.begins_record() || (word.whole().is_none() && word.is_magic()))
    }

    /// Returns whether an intact record begins at `begin` and ends at or before `end`, where another
    /// can begin or the file ends.
    fn is_record_inside(&mut self, begin: u64, end: u64) -> io::Result<bool> {
        let mut sequence = Sequence::new(begin, None);
        loop {
            let offset = sequence.offset();
            let word = self.view.glance_at(offset)?;
            let Some(Ok(header)) = word.whole().map(|bytes| sequence.header_of(bytes)) else {
                return Ok(false);
            };
            sequence.accept(header);
            if sequence.offset() > end.min(self.view.len()) {
                return Ok(false);
            }
            if header.kind() != FragmentKind::Full
                && self.view.find_magic(offset + HEADER_LEN as u64, sequence.offset())?.is_some()
            {
                return Ok(false);
            }
            if !sequence.in_record() {
                return self.ends_well(sequence.offset());
            }
        }
    }

    /// Returns whether fragments from `offset` on are the rest of a split record, to the last one.
    fn goes_on(&mut self, offset: u64) -> io::Result<bool> {
        let Some(header) = self.view.glance_at(offset)?.header() else { return Ok(false) };
        if header.kind().begins_record() {
            return Ok(false);
        }
        let next = self.view.next_record_head(offset)?;
        let mut end = offset;
        while end < next {
            let Some(header) = self.view.glance_at(end)?.header() else { return Ok(false) };
            end += (HEADER_LEN + header.padded_len()) as u64;
            match header.kind() {
                FragmentKind::Middle => {}
                FragmentKind::Last => return Ok(end == next),
                FragmentKind::Full | FragmentKind::First => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Returns the damage if one wrong bit in a record's length explains best why nothing begins
    /// where the record ends.
    fn cut_short(&mut self, whole: &Whole) -> io::Result<Option<Damage>> {
        let (end, (offset, header)) = (whole.end(), whole.last);
        let next = self.view.next_record_head(end)?;
        if next >= self.view.len() || self.is_listed(end) {
            return Ok(None);
        }
        let expected = match self.length_to(next, offset, header.len())? {
            // The length of an empty record says nothing for itself.
            None if whole.span.len == 0 => next - end,
            None => return Ok(None),
            Some(expected) => expected as u64,
        };
        if self.leads_on(end)? || self.is_overwritten(end, next)? {
            return Ok(None);
        }
        Ok(Some(Damage::CutShort { expected, found: header.len() as u64 }))
    }

    /// Returns the length that differs in one bit from that of the fragment at `offset`, if with it
    /// the fragment ends at `target`, behind zeros.
    fn length_to(&mut self, target: u64, offset: u64, len: usize) -> io::Result<Option<usize>> {
        let Ok(room) = usize::try_from(target - offset - HEADER_LEN as u64) else {
            return Ok(None);
        };
        // All pads, of at most three bytes, lie in the four before the target.
        let Some(bytes) = self.view.glance_at(target - ALIGNMENT as u64)?.whole() else {
            return Ok(None);
        };
        let leads_to_target = |len: &usize| {
            let pad = &bytes[ALIGNMENT - padding(*len)..ALIGNMENT];
            *len <= MAX_RECORD_LEN && len + pad.len() == room && pad.iter().all(|byte| *byte == 0)
        };
        let bits = (0..usize::BITS).map(|bit| 1_usize << bit);
        Ok(bits.map(|bit| len ^ bit).find(leads_to_target))
    }

    /// Returns whether a record stands at `offset` of which only the magic is wrong.
    fn leads_on(&mut self, offset: u64) -> io::Result<bool> {
        let Some(header) = self.view.glance_at(offset)?.header_without_magic() else {
            return Ok(false);
        };
        let end = offset + (HEADER_LEN + header.padded_len()) as u64;
        Ok(end == self.view.len()
            || end < self.view.len() && {
                let word = self.view.glance_at(end)?;
                word.is_magic() && word.filled() >= ALIGNMENT
            })
    }

    /// Returns the damage if the last bytes of a record are the same as those behind it, over and
    /// over: where a block of a file was lost, say, that went across its end. The length of an
    /// empty record, which is zero, may be of that block.
    fn overwritten(&mut self, whole: &Whole) -> io::Result<Option<Damage>> {
        let (end, len) = (whole.end(), whole.last.1.len());
        let Some(bytes) = self.view.glance_at(end)?.whole() else { return Ok(None) };
        let begin = match len {
            0 if whole.span.len == 0 && bytes[0] == 0 => end,
            OVERWRITTEN_LEN.. => end - OVERWRITTEN_LEN as u64,
            _ => return Ok(None),
        };
        for offset in (begin..=end).step_by(HEADER_LEN) {
            let word = self.view.glance_at(offset)?.whole();
            if word.is_none_or(|word| word.iter().any(|byte| *byte != bytes[0])) {
                return Ok(None);
            }
        }
        Ok((!self.leads_on(end)?).then_some(Damage::Overwritten { byte: bytes[0] }))
    }

    /// Returns whether the eight bytes at `offset` are of one value that those before are not of, as
    /// where something has overwritten a header.
    fn is_overwritten(&mut self, offset: u64, next: u64) -> io::Result<bool> {
        let before = self.view.glance_at(offset - ALIGNMENT as u64)?.whole();
        let (Some(before), Some(bytes)) = (before, self.view.glance_at(offset)?.whole()) else {
            return Ok(false);
        };
        let is_all = |bytes: &[u8], value| bytes.iter().all(|byte| *byte == value);
        let has_room = offset + HEADER_LEN as u64 <= next;
        Ok(has_room && is_all(&bytes, bytes[0]) && !is_all(&before[..ALIGNMENT], bytes[0]))
    }
}
