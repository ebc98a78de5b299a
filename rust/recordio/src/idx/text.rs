//! One line of an `.idx` file, in both directions.

use std::{error, fmt, io::Write};

use super::{Key, KeyKind};

/// The longest line that is read, in bytes: a file that is no index must not fill the memory.
pub(crate) const MAX_LINE_LEN: usize = 1 << 16;

/// The longest key that is written, in bytes: its line has room for an offset of 20 digits.
const MAX_KEY_LEN: usize = MAX_LINE_LEN - 32;

/// How much of a bad line an error quotes, in bytes.
const MAX_EXCERPT_LEN: usize = 80;

/// A line of an index that is not `key`, tab, `offset`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntryError {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: EntryFault,
    /// The beginning of the line, for the message.
    pub found: String,
}

/// Why a line is no entry of an index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EntryFault {
    /// There is nothing on the line.
    Blank,
    /// There is no tab.
    MissingTab,
    /// The key is not a decimal integer that fits 64 bits with a sign.
    KeyNotInteger,
    /// The offset is not a decimal integer from 0 to 2^64 - 1.
    OffsetNotInteger,
    /// A carriage return stands inside the line, where `MXNet` would end it.
    CarriageReturn,
    /// The line is not UTF-8.
    NotUtf8,
    /// The line is longer than 65,536 bytes.
    TooLong,
}

/// A key that would not come back as it is: it is empty, longer than 65,504 bytes, holds a tab or a
/// line break, or has white space at an end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidKey {
    /// The key.
    pub key: String,
}

impl EntryFault {
    /// Returns the name that docs/format.md has for this: words in lower case with hyphens.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::MissingTab => "missing-tab",
            Self::KeyNotInteger => "key-not-integer",
            Self::OffsetNotInteger => "offset-not-integer",
            Self::CarriageReturn => "carriage-return",
            Self::NotUtf8 => "not-utf-8",
            Self::TooLong => "too-long",
        }
    }
}

impl fmt::Display for EntryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blank => "the line is blank",
            Self::MissingTab => "there is no tab",
            Self::KeyNotInteger => "the key is not a 64-bit integer",
            Self::OffsetNotInteger => "the offset is not an unsigned 64-bit integer",
            Self::CarriageReturn => "there is a carriage return without a line feed",
            Self::NotUtf8 => "the line is not UTF-8",
            Self::TooLong => "the line is longer than 65536 bytes",
        })
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, fault, found } = self;
        write!(
            f,
            "invalid index at line {line}: {fault} (expected key, tab, offset; found {found:?})"
        )
    }
}

impl error::Error for EntryError {}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt: String = self.key.chars().take(MAX_EXCERPT_LEN).collect();
        write!(
            f,
            "invalid key {excerpt:?}: an index holds no empty key, no tab or line break in a key, \
             no white space at its ends, and at most {MAX_KEY_LEN} bytes of it"
        )
    }
}

impl error::Error for InvalidKey {}

/// Takes the first line with its line feed, if it has one, or as much as shows that it is too long.
pub(super) fn split_line(lines: &[u8]) -> (&[u8], &[u8]) {
    let window = &lines[..lines.len().min(MAX_LINE_LEN + 1)];
    let end = window.iter().position(|byte| *byte == b'\n').map_or(window.len(), |last| last + 1);
    lines.split_at(end)
}

/// Parses a line as [`split_line`] gives it.
pub(super) fn parse_line(
    line: &[u8],
    number: u64,
    kind: KeyKind,
) -> Result<(Key<'_>, u64), EntryError> {
    if line.len() > MAX_LINE_LEN {
        return Err(entry_error(line, number, EntryFault::TooLong));
    }
    parse_entry(line, number, kind)
}

/// Parses one line: white space around it and further columns are passed over.
fn parse_entry(line: &[u8], number: u64, kind: KeyKind) -> Result<(Key<'_>, u64), EntryError> {
    let entry = match kind {
        KeyKind::Integer => parse_fields(trim_ascii(line), |field| {
            parse_integer(field).map(Key::Integer).ok_or(EntryFault::KeyNotInteger)
        }),
        KeyKind::Text => match std::str::from_utf8(line) {
            Ok(text) => parse_fields(text.trim_matches(is_python_space).as_bytes(), |field| {
                std::str::from_utf8(field).map(Key::Text).map_err(|_| EntryFault::NotUtf8)
            }),
            Err(_) => Err(EntryFault::NotUtf8),
        },
    };
    entry.map_err(|fault| entry_error(line, number, fault))
}

fn parse_fields<'l>(
    line: &'l [u8],
    parse_key: impl Fn(&'l [u8]) -> Result<Key<'l>, EntryFault>,
) -> Result<(Key<'l>, u64), EntryFault> {
    if line.is_empty() {
        return Err(EntryFault::Blank);
    }
    if line.contains(&b'\r') {
        return Err(EntryFault::CarriageReturn);
    }
    let mut fields = line.split(|byte| *byte == b'\t');
    let key = fields.next().unwrap_or_default();
    let offset = fields.next().ok_or(EntryFault::MissingTab)?;
    let offset = parse_unsigned(trim(offset)).ok_or(EntryFault::OffsetNotInteger)?;
    Ok((parse_key(key)?, offset))
}

/// Appends the line of one entry to `text`.
///
/// # Errors
///
/// Returns [`InvalidKey`], and leaves `text` alone, where the key would not come back as it is.
pub fn append_entry(text: &mut Vec<u8>, key: Key<'_>, offset: u64) -> Result<(), InvalidKey> {
    check_key(key)?;
    let written = match key {
        Key::Integer(key) => writeln!(text, "{key}\t{offset}"),
        Key::Text(key) => writeln!(text, "{key}\t{offset}"),
    };
    debug_assert!(written.is_ok(), "a Vec takes all that is written to it");
    Ok(())
}

/// Checks that a key can stand in an index.
///
/// # Errors
///
/// Returns [`InvalidKey`] where it would not come back as it is.
pub fn check_key(key: Key<'_>) -> Result<(), InvalidKey> {
    let Key::Text(key) = key else { return Ok(()) };
    let is_valid = !key.is_empty()
        && key.len() <= MAX_KEY_LEN
        && !key.contains(['\t', '\n', '\r'])
        && !key.starts_with(is_python_space)
        && !key.ends_with(is_python_space);
    if is_valid { Ok(()) } else { Err(InvalidKey { key: key.to_owned() }) }
}

/// White space as Python's `str.strip` has it: Unicode's, and the four ASCII separators.
fn is_python_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

fn trim_ascii(bytes: &[u8]) -> &[u8] {
    // `u8::trim_ascii` leaves out the vertical tab, which Python strips.
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let Some(begin) = bytes.iter().position(|byte| !is_space(byte)) else { return &[] };
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(begin, |last| last + 1);
    &bytes[begin..end]
}

/// Takes white space off both ends, as Python's `int` does.
fn trim(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() => text.trim_matches(is_python_space).as_bytes(),
        _ => trim_ascii(bytes),
    }
}

/// Returns a key as the integer that it is, if it is one of 64 bits.
pub(super) fn parse_integer_key(key: &str) -> Option<i64> {
    parse_integer(key.as_bytes())
}

fn parse_integer(field: &[u8]) -> Option<i64> {
    let field = trim_ascii(field);
    match field.strip_prefix(b"-") {
        Some(digits) => 0_i64.checked_sub_unsigned(parse_digits(digits)?),
        None => i64::try_from(parse_unsigned(field)?).ok(),
    }
}

fn parse_unsigned(field: &[u8]) -> Option<u64> {
    parse_digits(field.strip_prefix(b"+").unwrap_or(field))
}

/// Parses decimal digits with single underscores between them, as Python's `int` does.
fn parse_digits(digits: &[u8]) -> Option<u64> {
    let (mut number, mut is_after_digit) = (0_u64, false);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
        } else if *byte != b'_' || !is_after_digit {
            return None;
        }
        is_after_digit = digit <= 9;
    }
    is_after_digit.then_some(number)
}

fn entry_error(line: &[u8], number: u64, fault: EntryFault) -> EntryError {
    let excerpt = &line[..line.len().min(MAX_EXCERPT_LEN)];
    let found = String::from_utf8_lossy(excerpt).trim_end_matches(['\r', '\n']).to_owned();
    EntryError { line: number, fault, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(Key<'_>, u64), EntryFault> {
        parse_entry(line.as_bytes(), 1, KeyKind::Integer).map_err(|error| error.fault)
    }

    #[test]
    fn accepts_what_mxnet_accepts() {
        let lines = [
            "7\t16\n",
            "7\t16",
            "7\t16\r\n",
            " 7 \t 16 \n",
            "7\t16\textra\tcolumns\n",
            "007\t016\n",
            "+7\t1_6\n",
            "7\t\u{a0}16\u{85}\tmore\n",
        ];
        for line in lines {
            assert_eq!(parse(line), Ok((Key::Integer(7), 16)), "{line:?}");
        }
    }

    #[test]
    fn integers_reach_their_limits_and_no_further() {
        assert_eq!(parse("-9223372036854775808\t0"), Ok((Key::Integer(i64::MIN), 0)));
        assert_eq!(parse("9223372036854775807\t0"), Ok((Key::Integer(i64::MAX), 0)));
        assert_eq!(parse("9223372036854775808\t0"), Err(EntryFault::KeyNotInteger));
        // What 32-bit builds of MXNet wrote for offsets past 2 GiB; a reader finds nothing there.
        assert_eq!(parse("0\t18446744073709551615"), Ok((Key::Integer(0), u64::MAX)));
        assert_eq!(parse("0\t18446744073709551616"), Err(EntryFault::OffsetNotInteger));
    }

    #[test]
    fn a_bad_line_says_what_is_wrong() {
        let cases = [
            ("\n", EntryFault::Blank),
            (" \t \n", EntryFault::Blank),
            ("7 16\n", EntryFault::MissingTab),
            ("7\t16\r8\t32\n", EntryFault::CarriageReturn),
            ("7\t16\tmore\r8\t32\n", EntryFault::CarriageReturn),
            ("7\t-16\n", EntryFault::OffsetNotInteger),
            ("7\t1.5\n", EntryFault::OffsetNotInteger),
            ("7\t\t16\n", EntryFault::OffsetNotInteger),
            ("x\t16\n", EntryFault::KeyNotInteger),
            ("\u{feff}7\t16\n", EntryFault::KeyNotInteger),
            ("1__0\t16\n", EntryFault::KeyNotInteger),
            ("_1\t16\n", EntryFault::KeyNotInteger),
            ("1\t16_\n", EntryFault::OffsetNotInteger),
            ("1\t+\n", EntryFault::OffsetNotInteger),
            ("1\t+-1\n", EntryFault::OffsetNotInteger),
        ];
        for (line, fault) in cases {
            assert_eq!(parse(line), Err(fault), "{line:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_read_to_its_end() {
        let endless = vec![b'7'; 2 * MAX_LINE_LEN];
        let (line, _) = split_line(&endless);
        assert_eq!(line.len(), MAX_LINE_LEN + 1);
        let error = parse_line(line, 1, KeyKind::Integer).unwrap_err();
        assert_eq!((error.line, error.fault), (1, EntryFault::TooLong));
    }

    #[test]
    fn a_key_that_would_not_come_back_is_refused() {
        let long = "k".repeat(MAX_KEY_LEN + 1);
        for key in ["", "a\tb", "a\nb", "a\rb", " a", "a ", "a\u{a0}", "\u{1c}a", &long] {
            let mut text = Vec::new();
            assert!(append_entry(&mut text, Key::Text(key), 0).is_err(), "{key:?}");
            assert!(text.is_empty());
        }
    }

    #[test]
    fn text_keys_come_back() {
        let long = "k".repeat(MAX_KEY_LEN);
        for key in ["a", "ä b", "7", "日本", &long] {
            let mut text = Vec::new();
            append_entry(&mut text, Key::Text(key), u64::MAX).unwrap();
            let (line, rest) = split_line(&text);
            assert!(rest.is_empty());
            assert_eq!(parse_line(line, 1, KeyKind::Text), Ok((Key::Text(key), u64::MAX)));
        }
    }

    #[test]
    fn a_key_is_refused_with_or_without_a_place_for_it() {
        for key in ["", " 7", "7 ", "a\tb", "a\nb", "a\rb", &"x".repeat(MAX_KEY_LEN + 1)] {
            let refused = InvalidKey { key: key.to_owned() };
            assert_eq!(check_key(Key::Text(key)), Err(refused.clone()));
            let mut text = b"before".to_vec();
            assert_eq!(append_entry(&mut text, Key::Text(key), 0), Err(refused));
            assert_eq!(text, b"before");
        }
        for key in [Key::Integer(i64::MIN), Key::Text("a b"), Key::Text("鍵")] {
            assert_eq!(check_key(key), Ok(()));
        }
    }
}
