//! Strict decoding: everything up to the first fault.

use recordio::{FormatError, Part, fragment::FragmentKind};

use super::MAGIC;

/// The longest record there can be, in bytes.
const MAX_RECORD_LEN: usize = (1 << 29) - 1;

/// One fragment, whose payload is whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fragment {
    /// The offset of its magic.
    pub begin: usize,
    /// Whether it is full, first, middle or last: 0 to 3.
    pub flag: u32,
    /// How many bytes its payload has.
    pub len: usize,
}

impl Fragment {
    /// Returns where it ends, pad included; the file may end before.
    #[must_use]
    pub fn end(&self) -> usize {
        self.begin + 8 + self.len.div_ceil(4) * 4
    }

    /// Returns its payload.
    #[must_use]
    pub fn payload<'f>(&self, file: &'f [u8]) -> &'f [u8] {
        &file[self.begin + 8..self.begin + 8 + self.len]
    }
}

/// One whole record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Where its first fragment begins.
    pub begin: usize,
    /// Where its last fragment ends, pad included.
    pub end: usize,
    /// The record.
    pub bytes: Vec<u8>,
}

/// What strict decoding gives: the records before the first fault, and the offset of the fragment
/// at fault with what is wrong there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// The records, in their order.
    pub records: Vec<Record>,
    /// Why it does not go on; `None` at the end of a file that is RecordIO.
    pub fault: Option<(usize, FormatError)>,
}

/// Decodes a file from its start.
#[must_use]
pub fn decode(file: &[u8]) -> Decoded {
    let (mut records, mut at) = (Vec::new(), 0);
    loop {
        match record_at(file, at) {
            Ok(Some(record)) => {
                at = record.end;
                records.push(record);
            }
            Ok(None) => return Decoded { records, fault: None },
            Err(fault) => return Decoded { records, fault: Some(fault) },
        }
    }
}

/// Decodes the record that begins at an offset; `None` where the file ends there or before.
///
/// # Errors
///
/// Returns the offset of the fragment at fault, and what is wrong there.
pub fn record_at(file: &[u8], begin: usize) -> Result<Option<Record>, (usize, FormatError)> {
    let mut record = Record { begin, end: begin, bytes: Vec::new() };
    let mut is_inside = false;
    loop {
        let at = record.end;
        let so_far = is_inside.then_some(record.bytes.len());
        let Some(fragment) = fragment_at(file, at, so_far).map_err(|error| (at, error))? else {
            return Ok(None);
        };
        check_pad(file, fragment).map_err(|error| (at, error))?;
        if is_inside {
            record.bytes.extend_from_slice(&MAGIC);
        }
        record.bytes.extend_from_slice(fragment.payload(file));
        record.end = fragment.end();
        is_inside = matches!(fragment.flag, 1 | 2);
        if !is_inside {
            return Ok(Some(record));
        }
    }
}

/// Reads the fragment at an offset, without its pad; `None` where no record has begun and the file
/// ends.
///
/// `so_far` is how many bytes the record has that it has to continue, `None` between records.
pub(super) fn fragment_at(
    file: &[u8],
    at: usize,
    so_far: Option<usize>,
) -> Result<Option<Fragment>, FormatError> {
    let rest = file.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return match so_far {
            None => Ok(None),
            Some(_) => Err(truncated(Part::Continuation, 8, 0)),
        };
    }
    let [m0, m1, m2, m3, l0, l1, l2, l3, behind @ ..] = rest else {
        return Err(truncated(Part::Header, 8, rest.len()));
    };
    if [*m0, *m1, *m2, *m3] != MAGIC {
        return Err(FormatError::BadMagic { found: u32::from_le_bytes([*m0, *m1, *m2, *m3]) });
    }
    let word = u32::from_le_bytes([*l0, *l1, *l2, *l3]);
    let (flag, len) = (word >> 29, (word & 0x1fff_ffff) as usize);
    let found = match flag {
        0 => FragmentKind::Full,
        1 => FragmentKind::First,
        2 => FragmentKind::Middle,
        3 => FragmentKind::Last,
        _ => return Err(FormatError::UnknownFlag { flag: l3 >> 5 }),
    };
    if so_far.is_none() && flag >= 2 {
        return Err(FormatError::ContinuationWithoutFirst { found });
    }
    if so_far.is_some() && flag < 2 {
        return Err(FormatError::RecordWithoutLast { found });
    }
    let record_len = so_far.map_or(len, |so_far| so_far + MAGIC.len() + len);
    if record_len > MAX_RECORD_LEN {
        return Err(FormatError::RecordTooLong { found: record_len as u64 });
    }
    if behind.len() < len {
        return Err(truncated(Part::Payload, len, behind.len()));
    }
    Ok(Some(Fragment { begin: at, flag, len }))
}

/// Checks that the pad of a fragment is there, whatever it holds.
pub(super) fn check_pad(file: &[u8], fragment: Fragment) -> Result<(), FormatError> {
    let payload_end = fragment.begin + 8 + fragment.len;
    if file.len() < fragment.end() {
        let expected = fragment.end() - payload_end;
        return Err(truncated(Part::Padding, expected, file.len() - payload_end));
    }
    Ok(())
}

fn truncated(part: Part, expected: usize, found: usize) -> FormatError {
    FormatError::Truncated { part, expected: expected as u64, found: found as u64 }
}

/// Returns whether no aligned word of a file of whole records is the magic but the heads of their
/// fragments, as every writer that splits records leaves it.
#[must_use]
pub fn is_escaped(file: &[u8]) -> bool {
    let (mut at, mut so_far) = (0, None);
    while let Ok(Some(fragment)) = fragment_at(file, at, so_far) {
        let inside = file.get(at + 8..fragment.end()).unwrap_or_default();
        if inside.chunks_exact(4).any(|word| word == MAGIC) {
            return false;
        }
        at = fragment.end();
        so_far = matches!(fragment.flag, 1 | 2).then_some(0);
    }
    at == file.len() && so_far.is_none()
}
