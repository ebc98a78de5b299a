//! Lenient decoding: every record that is intact, and what lies between.
//!
//! Of two explanations for what stands in a file, the one counts that changes fewer bits.

use std::collections::BTreeSet;

use recordio::{
    FormatError,
    damage::{Damage, SkippedRegion},
};

use super::{
    MAGIC, Record, is_magic_at,
    strict::{Fragment, check_pad, fragment_at},
};

/// What lenient decoding finds, in the order of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// An intact record.
    Record(Record),
    /// Bytes that belong to none.
    Skipped(SkippedRegion),
}

/// What is wrong, and the offset of the fragment at fault.
type Fault = (usize, Damage);

/// Decodes a whole file; `listed` are the offsets that an index has, if there is one.
#[must_use]
pub fn rescue(file: &[u8], listed: &BTreeSet<usize>) -> Vec<Found> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut open: Option<(usize, Fault)> = None;
    while at < file.len() {
        match judge(file, at, listed) {
            Err(fault) => {
                open = open.or(Some((at, fault)));
                at = next_record_head(file, at + 4);
            }
            Ok((record, cut_pad)) => {
                found.extend(open.take().map(|(begin, fault)| skipped(begin, at, fault)));
                at = record.end.min(file.len());
                found.push(Found::Record(record));
                found.extend(cut_pad.map(|fault| skipped(at, at, fault)));
            }
        }
    }
    found.extend(open.map(|(begin, fault)| skipped(begin, file.len(), fault)));
    found
}

fn skipped(begin: usize, end: usize, (offset, damage): Fault) -> Found {
    let [begin, end, offset] = [begin, end, offset].map(|at| at as u64);
    Found::Skipped(SkippedRegion { begin, end, offset, damage })
}

/// Returns the first multiple of four from an offset on where a record may begin: the magic and
/// flag 0 or 1 stand there. Returns the length of the file where there is none.
#[must_use]
pub fn next_record_head(file: &[u8], from: usize) -> usize {
    let mut words = (from.next_multiple_of(4)..file.len()).step_by(4);
    words.find(|at| is_record_head(file, *at)).unwrap_or(file.len())
}

fn is_record_head(file: &[u8], at: usize) -> bool {
    matches!(head_at(file, at), Some((MAGIC, 0 | 1, _)))
}

/// Returns the eight bytes at an offset as magic, flag and length, whatever they are.
fn head_at(file: &[u8], at: usize) -> Option<([u8; 4], u32, usize)> {
    let (magic, rest) = file.get(at..)?.split_first_chunk()?;
    let word = u32::from_le_bytes(*rest.first_chunk()?);
    Some((*magic, word >> 29, (word & 0x1fff_ffff) as usize))
}

/// Returns the record that begins at an offset, if it is intact; and what is wrong with its pad,
/// which alone the end of the file may have cut.
fn judge(
    file: &[u8],
    begin: usize,
    listed: &BTreeSet<usize>,
) -> Result<(Record, Option<Fault>), Fault> {
    let (record, last, cut_pad) = read_fragments(file, begin)?;
    let swallows = if last.flag == 0 { swallows_record(file, last, listed) } else { None };
    let damage = swallows
        .or_else(|| goes_on(file, record.end))
        .or_else(|| is_cut_short(file, last, listed))
        .or_else(|| is_overwritten_too(file, last));
    match damage {
        Some(damage) => Err((begin, damage)),
        None => Ok((record, cut_pad)),
    }
}

/// Reads the fragments of a record by the strict rules. Whoever splits records leaves no aligned
/// magic in a fragment.
fn read_fragments(file: &[u8], begin: usize) -> Result<(Record, Fragment, Option<Fault>), Fault> {
    let mut record = Record { begin, end: begin, bytes: Vec::new() };
    let mut so_far = None;
    loop {
        let at = record.end;
        let strict = |error: FormatError| (at, Damage::Format(error));
        let fragment = fragment_at(file, at, so_far).map_err(strict)?;
        let fragment = fragment.expect("the caller asks before the end of the file");
        if let (1.., Some(head)) = (fragment.flag, magics_in(file, fragment).first()) {
            return Err((begin, Damage::SwallowsRecord { head: *head as u64 }));
        }
        if so_far.is_some() {
            record.bytes.extend_from_slice(&MAGIC);
        }
        record.bytes.extend_from_slice(fragment.payload(file));
        record.end = fragment.end();
        so_far = Some(record.bytes.len());
        let pad = check_pad(file, fragment).map_err(strict);
        if matches!(fragment.flag, 0 | 3) {
            return Ok((record, fragment, pad.err()));
        }
        pad?;
    }
}

/// Returns the multiples of four inside a fragment where the magic stands.
fn magics_in(file: &[u8], fragment: Fragment) -> Vec<usize> {
    let words = (fragment.begin + 8..fragment.end()).step_by(4);
    words.filter(|at| is_magic_at(file, *at)).collect()
}

/// Returns whether something that belongs to RecordIO stands at the end of a record.
fn follows(file: &[u8], end: usize) -> bool {
    let rest = file.get(end..).unwrap_or_default();
    rest.starts_with(&MAGIC) || MAGIC.starts_with(rest)
}

/// Finds out whether a full fragment is so long that it holds records of the same file, rather than
/// the magic that a writer left in a payload which does not split records.
fn swallows_record(file: &[u8], full: Fragment, listed: &BTreeSet<usize>) -> Option<Damage> {
    let magics = magics_in(file, full);
    let damage = Damage::SwallowsRecord { head: *magics.first()? as u64 };
    let (begin, end) = (full.begin, full.end());
    let ends_listed = end >= file.len() || listed.contains(&end);
    let holds_record = |magic: &usize| {
        matches!(read_fragments(file, *magic), Ok((inner, _, None))
            if inner.end <= end && ends_well(file, inner.end))
    };
    if listed.contains(&begin) && ends_listed && listed.range(begin + 1..end).next().is_none() {
        // The index need not list every record. A payload may be a file of records, though.
        let first = magics.first().filter(|magic| **magic > begin + 8 && holds_record(magic))?;
        return bit_leads_to(file, full, *first).map(|_| damage);
    }
    if !ends_well(file, end) {
        return Some(damage);
    }
    let mut first_ones = magics.iter().take(64);
    first_ones.any(|magic| listed.contains(magic) || holds_record(magic)).then_some(damage)
}

/// Returns whether a record may begin at an offset, or the file ends there, inside a head perhaps.
fn ends_well(file: &[u8], at: usize) -> bool {
    let rest = file.get(at..).unwrap_or_default();
    is_record_head(file, at) || (rest.len() < 8 && follows(file, at))
}

/// Finds out whether middle fragments, if any, and a last one lead from the end of a record to the
/// next record head: then its last fragment is not the last.
fn goes_on(file: &[u8], end: usize) -> Option<Damage> {
    let mut at = end;
    loop {
        let Some((MAGIC, flag @ (2 | 3), len)) = head_at(file, at) else { return None };
        at = Fragment { begin: at, flag, len }.end();
        if at > file.len() {
            return None;
        }
        if flag == 3 {
            let damage = Damage::RecordGoesOn { continuation: end as u64 };
            return (at == next_record_head(file, end)).then_some(damage);
        }
    }
}

/// Finds out whether one bit of the length of a record's last fragment explains why nothing follows
/// its end, but a record does further on.
fn is_cut_short(file: &[u8], last: Fragment, listed: &BTreeSet<usize>) -> Option<Damage> {
    let end = last.end();
    let next = next_record_head(file, end);
    if follows(file, end) || next >= file.len() || listed.contains(&end) {
        return None;
    }
    if leads_on(file, end) || is_overwritten(file, end, next) {
        return None;
    }
    let is_empty = last.flag == 0 && last.len == 0;
    let gap = || is_empty.then_some(next - end);
    let expected = bit_leads_to(file, last, next).or_else(gap)?;
    Some(Damage::CutShort { expected: expected as u64, found: last.len as u64 })
}

/// Returns the length that differs in one bit from that of a fragment, if with it the fragment ends
/// at `target`, behind zeros.
fn bit_leads_to(file: &[u8], fragment: Fragment, target: usize) -> Option<usize> {
    (0..29).map(|bit| fragment.len ^ (1 << bit)).find(|len| {
        Fragment { len: *len, ..fragment }.end() == target
            && file[fragment.begin + 8 + len..target].iter().all(|byte| *byte == 0)
    })
}

/// Finds out whether a lost block, of one byte over and over, lies across the end of a record.
fn is_overwritten_too(file: &[u8], last: Fragment) -> Option<Damage> {
    let end = last.end();
    if follows(file, end) || leads_on(file, end) {
        return None;
    }
    let behind = file.get(end..end + 8)?;
    let byte = behind[0];
    let is_lost = |bytes: &[u8]| bytes.iter().all(|other| *other == byte);
    let is_overwritten = if last.len >= 32 {
        is_lost(&file[end - 32..end + 8])
    } else {
        last.flag == 0 && last.len == 0 && byte == 0 && is_lost(behind)
    };
    is_overwritten.then_some(Damage::Overwritten { byte })
}

/// Returns whether what stands at an offset is the header of a record but for its magic.
fn leads_on(file: &[u8], at: usize) -> bool {
    let Some((_, flag @ (0 | 1), len)) = head_at(file, at) else { return false };
    let end = Fragment { begin: at, flag, len }.end();
    end == file.len() || is_magic_at(file, end)
}

/// Returns whether somebody has written over the file from an offset on, with the same byte again
/// and again.
fn is_overwritten(file: &[u8], at: usize, next: usize) -> bool {
    let Some([byte, rest @ ..]) = file.get(at..at + 8) else { return false };
    at + 8 <= next
        && rest.iter().all(|other| other == byte)
        && file[at - 4..at].iter().any(|other| other != byte)
}
