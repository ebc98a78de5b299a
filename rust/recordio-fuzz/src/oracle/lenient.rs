//! Lenient decoding: every record that is intact, and what lies between.
//!
//! Of two explanations for what stands in a file, the one counts that changes fewer bits.

use std::collections::BTreeSet;

use recordio::FormatError;

use super::{
    MAGIC, Record, is_magic_at, record_at,
    strict::{Fragment, check_pad, fragment_at},
};

/// What lenient decoding finds, in the order of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// An intact record.
    Record(Record),
    /// Bytes that belong to none.
    Skipped(Region),
}

/// Bytes that belong to no intact record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Region {
    /// Where they begin.
    pub begin: usize,
    /// Where they end: at the next intact record, or at the end of the file.
    pub end: usize,
    /// The offset of the fragment at fault.
    pub at: usize,
    /// Why the first of them is no intact record.
    pub damage: Damage,
}

/// Why no intact record begins at an offset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Damage {
    /// A strict reader fails, too.
    Strict(FormatError),
    /// It is so long that others lie inside.
    SwallowsRecord,
    /// What follows is the rest of it.
    RecordGoesOn,
    /// It ends before its time.
    CutShort,
}

/// Decodes a whole file; `listed` are the offsets that an index has, if there is one.
#[must_use]
pub fn rescue(file: &[u8], listed: &BTreeSet<usize>) -> Vec<Found> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut region: Option<Region> = None;
    while at < file.len() {
        match judge(file, at, listed) {
            Err((fault_at, damage)) => {
                let new = Region { begin: at, end: at, at: fault_at, damage };
                region = region.or(Some(new));
                at = next_record_head(file, at + 4);
            }
            Ok((record, pad)) => {
                found.extend(region.take().map(|region| closed(region, at)));
                at = record.end.min(file.len());
                found.push(Found::Record(record));
                found.extend(pad.map(|(fault_at, error)| {
                    let damage = Damage::Strict(error);
                    Found::Skipped(Region { begin: at, end: at, at: fault_at, damage })
                }));
            }
        }
    }
    found.extend(region.map(|region| closed(region, file.len())));
    found
}

fn closed(region: Region, end: usize) -> Found {
    Found::Skipped(Region { end, ..region })
}

/// Returns the first multiple of four from an offset on where a record may begin: the magic and
/// flag 0 or 1 stand there. Returns the length of the file where there is none.
#[must_use]
pub fn next_record_head(file: &[u8], from: usize) -> usize {
    let words = (from.next_multiple_of(4)..file.len()).step_by(4);
    words.clone().find(|at| is_record_head(file, *at)).unwrap_or(file.len())
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

/// What is wrong with a pad that the end of the file has cut, and where.
type CutPad = Option<(usize, FormatError)>;

/// Returns the record that begins at an offset, if it is intact; only the pad of its last fragment
/// may be cut.
fn judge(
    file: &[u8],
    begin: usize,
    listed: &BTreeSet<usize>,
) -> Result<(Record, CutPad), (usize, Damage)> {
    let (record, last, pad) = read_fragments(file, begin)?;
    if last.flag == 0 && swallows_record(file, last, listed) {
        return Err((begin, Damage::SwallowsRecord));
    }
    if goes_on(file, record.end) {
        return Err((begin, Damage::RecordGoesOn));
    }
    if is_cut_short(file, last, listed) {
        return Err((begin, Damage::CutShort));
    }
    Ok((record, pad))
}

/// Reads the fragments of a record by the strict rules. Whoever splits records leaves no aligned
/// magic in a fragment.
fn read_fragments(
    file: &[u8],
    begin: usize,
) -> Result<(Record, Fragment, CutPad), (usize, Damage)> {
    let mut record = Record { begin, end: begin, bytes: Vec::new() };
    let mut so_far = None;
    loop {
        let at = record.end;
        let strict = |error| (at, Damage::Strict(error));
        let fragment = fragment_at(file, at, so_far).map_err(strict)?;
        let fragment = fragment.expect("the caller asks before the end of the file");
        if fragment.flag != 0 && !magics_in(file, fragment).is_empty() {
            return Err((begin, Damage::SwallowsRecord));
        }
        if so_far.is_some() {
            record.bytes.extend_from_slice(&MAGIC);
        }
        record.bytes.extend_from_slice(fragment.payload(file));
        record.end = fragment.end();
        so_far = Some(record.bytes.len());
        let pad = check_pad(file, fragment);
        if matches!(fragment.flag, 0 | 3) {
            return Ok((record, fragment, pad.err().map(|error| (at, error))));
        }
        pad.map_err(strict)?;
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

/// Returns whether a full fragment is so long that it holds records of the same file, rather than
/// the magic that a writer left in a payload which does not split records.
fn swallows_record(file: &[u8], full: Fragment, listed: &BTreeSet<usize>) -> bool {
    let magics = magics_in(file, full);
    if magics.is_empty() {
        return false;
    }
    let (begin, end) = (full.begin, full.end());
    let ends_listed = end >= file.len() || listed.contains(&end);
    if listed.contains(&begin) && ends_listed && listed.range(begin + 1..end).next().is_none() {
        return false;
    }
    if magics.iter().any(|magic| listed.contains(magic)) || !follows(file, end) {
        return true;
    }
    magics.iter().any(|magic| {
        is_record_head(file, *magic)
            && matches!(record_at(file, *magic), Ok(Some(inner)) if inner.end <= end
                && (inner.end == end || is_record_head(file, inner.end)))
    })
}

/// Returns whether middle fragments, if any, and a last one lead from the end of a record to the
/// next record head: then its last fragment is not the last.
fn goes_on(file: &[u8], end: usize) -> bool {
    let mut at = end;
    loop {
        match head_at(file, at) {
            Some((MAGIC, flag @ (2 | 3), len)) => {
                let fragment = Fragment { begin: at, flag, len };
                if fragment.end() > file.len() {
                    return false;
                }
                at = fragment.end();
                if flag == 3 {
                    return at == next_record_head(file, end);
                }
            }
            _ => return false,
        }
    }
}

/// Returns whether one bit of the length of a record's last fragment explains why nothing follows
/// its end, but a record does further on.
fn is_cut_short(file: &[u8], last: Fragment, listed: &BTreeSet<usize>) -> bool {
    let end = last.end();
    let next = next_record_head(file, end);
    if follows(file, end) || next >= file.len() || listed.contains(&end) {
        return false;
    }
    if leads_on(file, end) || is_overwritten(file, end, next) {
        return false;
    }
    (0..29).any(|bit| {
        let len = last.len ^ (1 << bit);
        let longer = Fragment { len, ..last };
        len > last.len
            && longer.end() == next
            && file[last.begin + 8 + len..next].iter().all(|byte| *byte == 0)
    })
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
