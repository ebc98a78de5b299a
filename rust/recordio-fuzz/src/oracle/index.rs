//! The text of an index, line by line.

use recordio::idx::{EntryFault, KeyKind};

/// The longest line that is read, in bytes, with its line feed.
const MAX_LINE_LEN: usize = 65_536;

/// The key of one line, as text, and its offset.
pub type Line = (String, u64);

/// What a line is: an entry, or what is wrong with it.
pub type Parsed = Result<Line, EntryFault>;

/// Parses every line of an index for itself.
#[must_use]
pub fn parse_lines(text: &[u8], kind: KeyKind) -> Vec<Parsed> {
    text.split_inclusive(|byte| *byte == b'\n').map(|line| parse(line, kind)).collect()
}

/// Parses the text of an index.
///
/// # Errors
///
/// Returns the number of the first line, from 1, that is no entry, and what is wrong with it.
pub fn parse_index(text: &[u8], kind: KeyKind) -> Result<Vec<Line>, (u64, EntryFault)> {
    let lines = parse_lines(text, kind).into_iter().zip(1..);
    lines.map(|(line, number)| line.map_err(|fault| (number, fault))).collect()
}

fn parse(line: &[u8], kind: KeyKind) -> Parsed {
    if line.len() > MAX_LINE_LEN {
        return Err(EntryFault::TooLong);
    }
    let line = match kind {
        KeyKind::Integer => strip_ascii(line),
        KeyKind::Text => strip_unicode(std::str::from_utf8(line).map_err(|_| EntryFault::NotUtf8)?),
    };
    if line.is_empty() {
        return Err(EntryFault::Blank);
    }
    if line.contains(&b'\r') {
        return Err(EntryFault::CarriageReturn);
    }
    let columns: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
    let [key, offset, ..] = columns[..] else { return Err(EntryFault::MissingTab) };
    let offset = match std::str::from_utf8(offset) {
        Ok(text) if !text.is_ascii() => strip_unicode(text),
        _ => strip_ascii(offset),
    };
    let offset =
        integer(offset).and_then(
            |(is_negative, number)| {
                if is_negative { None } else { u64::try_from(number).ok() }
            },
        );
    let offset = offset.ok_or(EntryFault::OffsetNotInteger)?;
    let key = match kind {
        KeyKind::Text => String::from_utf8(key.to_vec()).map_err(|_| EntryFault::NotUtf8)?,
        KeyKind::Integer => {
            let (is_negative, number) =
                integer(strip_ascii(key)).ok_or(EntryFault::KeyNotInteger)?;
            let number = i128::try_from(number).map_err(|_| EntryFault::KeyNotInteger)?;
            let number = if is_negative { -number } else { number };
            i64::try_from(number).map_err(|_| EntryFault::KeyNotInteger)?.to_string()
        }
    };
    Ok((key, offset))
}

/// Takes the white space of C off both ends.
fn strip_ascii(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t'..=b'\r', rest @ ..] | [rest @ .., b' ' | b'\t'..=b'\r'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Takes the white space of Python's `str.strip` off both ends.
fn strip_unicode(text: &str) -> &[u8] {
    let is_space = |letter: char| letter.is_whitespace() || ('\x1c'..='\x1f').contains(&letter);
    text.trim_matches(is_space).as_bytes()
}

/// Parses decimal digits with single underscores between them and a sign before: whether it is
/// a minus, and the number behind it.
fn integer(field: &[u8]) -> Option<(bool, u128)> {
    let (is_negative, digits) = match field {
        [sign @ (b'-' | b'+'), digits @ ..] => (*sign == b'-', digits),
        digits => (false, digits),
    };
    let mut number = 0_u128;
    for part in digits.split(|byte| *byte == b'_') {
        if part.is_empty() || !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        for digit in part {
            // Above 2^64 it only matters that it is: no need for more than that.
            number = (number * 10 + u128::from(digit - b'0')).min(1 << 100);
        }
    }
    Some((is_negative, number))
}
