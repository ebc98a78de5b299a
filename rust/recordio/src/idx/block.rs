//! Many lines of an `.idx` file at once: plain ones fast, all others as [`text`] parses them.

use std::mem;

use super::{
    Key, KeyKind, text,
    text::{EntryError, MAX_LINE_LEN},
};

/// How many digits one step takes: as many as a word has bytes.
const WORD_LEN: usize = size_of::<u64>();

/// Room for what stands behind a plain key: a tab, two words for the digits, a line break of two.
const PLAIN_REST_LEN: usize = 1 + 2 * WORD_LEN + 2;

/// The entries of a block of text, in their order.
///
/// It is made to be used again: what it has allocated stays.
#[derive(Debug)]
pub(crate) struct Entries {
    kind: KeyKind,
    /// How many bytes the lines have.
    text_len: usize,
    /// What is wrong with the line behind these entries, counted from 1 in this block.
    pub(super) fault: Option<EntryError>,
    pub(super) offsets: Vec<u64>,
    /// Those of [`KeyKind::Integer`].
    pub(super) keys: Vec<i64>,
    /// Those of [`KeyKind::Text`], end to end.
    pub(super) text: String,
    pub(super) ends: Vec<usize>,
    pub(super) has_ascending_offsets: bool,
    pub(super) has_ascending_keys: bool,
    pub(super) has_consecutive_keys: bool,
}

impl Entries {
    /// Creates a place for entries with keys of one kind.
    pub(crate) const fn new(kind: KeyKind) -> Self {
        Self {
            kind,
            text_len: 0,
            fault: None,
            offsets: Vec::new(),
            keys: Vec::new(),
            text: String::new(),
            ends: Vec::new(),
            has_ascending_offsets: true,
            has_ascending_keys: true,
            has_consecutive_keys: true,
        }
    }

    /// Parses whole lines, of which only the last may have no line feed, up to the first that is no
    /// entry.
    pub(crate) fn parse(&mut self, lines: &[u8]) {
        self.text_len = lines.len();
        self.offsets.clear();
        self.keys.clear();
        self.ends.clear();
        let result = match self.kind {
            KeyKind::Integer => self.parse_integer_keys(lines),
            KeyKind::Text => self.parse_text_keys(lines),
        };
        self.fault = result.err();
        // While they are in the cache, and on whichever thread this is.
        self.has_ascending_offsets = self.offsets.is_sorted_by(|one, next| one < next);
        self.has_ascending_keys = self.keys.is_sorted_by(|one, next| one < next);
        self.has_consecutive_keys =
            self.keys.is_sorted_by(|one, next| one.checked_add(1) == Some(*next));
    }

    /// Returns how many entries there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns how many entries there may be in these lines and `left` bytes more of the kind, and
    /// how many bytes of text their keys may have.
    pub(super) fn forecast(&self, left: u64) -> (usize, usize) {
        let scaled = |part: usize| {
            let text_len = self.text_len.max(1) as u128;
            let whole = part as u128 * (u128::from(left) + text_len) / text_len;
            usize::try_from(whole).unwrap_or(usize::MAX)
        };
        (scaled(self.len()), scaled(self.text.len()))
    }

    fn parse_integer_keys(&mut self, mut lines: &[u8]) -> Result<(), EntryError> {
        while !lines.is_empty() {
            if let Some((key, offset, len)) = plain_integer_entry(lines) {
                self.keys.push(key);
                self.offsets.push(offset);
                lines = &lines[len..];
                continue;
            }
            let (line, rest) = text::split_line(lines);
            if let (Key::Integer(key), offset) = self.parse_line(line)? {
                self.keys.push(key);
                self.offsets.push(offset);
            }
            lines = rest;
        }
        Ok(())
    }

    fn parse_text_keys(&mut self, mut lines: &[u8]) -> Result<(), EntryError> {
        let mut text = mem::take(&mut self.text).into_bytes();
        text.clear();
        let mut result = Ok(());
        while !lines.is_empty() {
            if let Some((key, offset, len)) = plain_text_entry(lines) {
                text.extend_from_slice(key);
                self.ends.push(text.len());
                self.offsets.push(offset);
                lines = &lines[len..];
                continue;
            }
            let (line, rest) = text::split_line(lines);
            match self.parse_line(line) {
                Ok((Key::Text(key), offset)) => {
                    text.extend_from_slice(key.as_bytes());
                    self.ends.push(text.len());
                    self.offsets.push(offset);
                }
                Ok(_) => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
            lines = rest;
        }
        self.text = String::from_utf8(text).expect("every key is UTF-8");
        result
    }

    /// Parses the line behind the entries that are there.
    fn parse_line<'l>(&self, line: &'l [u8]) -> Result<(Key<'l>, u64), EntryError> {
        text::parse_line(line, self.len() as u64 + 1, self.kind)
    }
}

/// Parses the first line if it is `digits`, tab, `digits` of at most 15 each and a line break, with
/// a minus or none before; returns key, offset and the length of the line.
///
/// `None` says nothing about the line, and comes near the end of a block, too.
#[inline]
fn plain_integer_entry(lines: &[u8]) -> Option<(i64, u64, usize)> {
    let is_negative = *lines.first()? == b'-';
    let begin = usize::from(is_negative);
    let (key, key_len) = leading_number(lines.get(begin..)?.first_chunk()?)?;
    let tab = begin + key_len;
    let (offset, len) = plain_rest(lines, tab)?;
    let key = i64::try_from(key).ok()?;
    Some((if is_negative { -key } else { key }, offset, len))
}

/// Parses the first line if its key is of printable ASCII and what follows is plain.
fn plain_text_entry(lines: &[u8]) -> Option<(&[u8], u64, usize)> {
    let window = &lines[..lines.len().min(MAX_LINE_LEN)];
    if *window.first()? == b' ' {
        return None;
    }
    let mut tab = 0;
    loop {
        let word = u64::from_le_bytes(*window.get(tab..)?.first_chunk()?);
        let stop = control_or_not_ascii(word);
        tab += count_before(stop);
        if stop != 0 {
            break;
        }
    }
    let key = window.get(..tab).filter(|key| !key.is_empty())?;
    let (offset, len) = plain_rest(window, tab)?;
    Some((key, offset, len))
}

/// Parses tab, digits and line break behind a key; returns the offset and where the line ends.
#[inline]
fn plain_rest(line: &[u8], tab: usize) -> Option<(u64, usize)> {
    let rest: &[u8; PLAIN_REST_LEN] = line.get(tab..)?.first_chunk()?;
    let [b'\t', digits @ .., _, _] = rest else { return None };
    let (offset, count) = leading_number(digits)?;
    let line_break_len = match (rest.get(count + 1)?, rest.get(count + 2)?) {
        (b'\n', _) => 1,
        (b'\r', b'\n') => 2,
        _ => return None,
    };
    Some((offset, tab + 1 + count + line_break_len))
}

/// Parses 1 to 15 digits and returns the number and how many they are.
#[expect(clippy::inline_always, reason = "the lengths of keys and of offsets are guessed apart")]
#[inline(always)]
fn leading_number(bytes: &[u8; 2 * WORD_LEN]) -> Option<(u64, usize)> {
    let (word, rest) = bytes.split_first_chunk()?;
    let (digits, others) = digits_and_others(u64::from_le_bytes(*word));
    // An arm for each count: the processor guesses it and goes on with what follows.
    match count_before(others) {
        0 => return None,
        1 => return Some((number_of(digits, 1), 1)),
        2 => return Some((number_of(digits, 2), 2)),
        3 => return Some((number_of(digits, 3), 3)),
        4 => return Some((number_of(digits, 4), 4)),
        5 => return Some((number_of(digits, 5), 5)),
        6 => return Some((number_of(digits, 6), 6)),
        7 => return Some((number_of(digits, 7), 7)),
        _ => {}
    }
    let upper = number_of(digits, 8);
    let (digits, others) = digits_and_others(u64::from_le_bytes(*rest.first_chunk()?));
    match count_before(others) {
        0 => Some((upper, 8)),
        1 => Some((upper * 10 + number_of(digits, 1), 9)),
        2 => Some((upper * 100 + number_of(digits, 2), 10)),
        3 => Some((upper * 1_000 + number_of(digits, 3), 11)),
        4 => Some((upper * 10_000 + number_of(digits, 4), 12)),
        5 => Some((upper * 100_000 + number_of(digits, 5), 13)),
        6 => Some((upper * 1_000_000 + number_of(digits, 6), 14)),
        7 => Some((upper * 10_000_000 + number_of(digits, 7), 15)),
        _ => None,
    }
}

/// Returns what a word has for digits, and the upper bit of each byte that is none.
///
/// All bytes of the word are worked on at once; the first one is the lowest.
const fn digits_and_others(word: u64) -> (u64, u64) {
    let digits = word ^ every_byte(b'0');
    // 10 and 0x76 is 0x80.
    let others = (digits & every_byte(0x7f)) + every_byte(0x76);
    (digits, (others | digits) & every_byte(0x80))
}

/// Returns the number that the first `count` digits are, up to 8.
#[inline]
const fn number_of(digits: u64, count: usize) -> u64 {
    // Zeros before the number instead of whatever stands behind it.
    let digits = if count == 0 { 0 } else { digits << ((WORD_LEN - count) * 8) };
    let pairs = digits * 10 + (digits >> 8);
    // Four pairs, each in the lower of two bytes, to four digits twice, to eight digits.
    let (even, odd) = (pairs & 0x0000_00ff_0000_00ff, (pairs >> 16) & 0x0000_00ff_0000_00ff);
    let even = even.wrapping_mul(100 + (1_000_000 << 32));
    let odd = odd.wrapping_mul(1 + (10_000 << 32));
    even.wrapping_add(odd) >> 32
}

const fn every_byte(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; WORD_LEN])
}

/// Returns the upper bit of the first byte that is below 0x20 or above 0x7f, and others behind it.
const fn control_or_not_ascii(word: u64) -> u64 {
    (word.wrapping_sub(every_byte(0x20)) | word) & every_byte(0x80)
}

/// Returns how many bytes of a word come before the first that has its upper bit in `bits`.
const fn count_before(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use std::{io::BufReader, num::NonZero};

    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::{
        Error,
        idx::{Index, IndexBuilder},
        io::Workers,
    };

    /// Parses line by line: what all other ways must agree with.
    fn parse_slowly(mut text: &[u8], kind: KeyKind) -> Result<Index, Error> {
        let mut builder = IndexBuilder::new(kind);
        while !text.is_empty() {
            let (line, rest) = text::split_line(text);
            let (key, offset) = text::parse_line(line, builder.len() as u64 + 1, kind)?;
            builder.push(key, offset);
            text = rest;
        }
        Ok(builder.finish())
    }

    /// All that an index or an error tells.
    fn facts(index: Result<Index, Error>) -> String {
        let index = match index {
            Ok(index) => index,
            Err(error) => return format!("{error:?}"),
        };
        let entry = |ordinal| {
            let key = index.key(ordinal);
            (key, index.offset(ordinal), index.extent(ordinal), index.find(key.unwrap()))
        };
        format!("{:?}", (0..index.len()).map(entry).collect::<Vec<_>>())
    }

    /// Numbers of every length, and what is almost one.
    fn number() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => (any::<u64>(), 0..64_u32).prop_map(|(number, bits)| (number >> bits).to_string()),
            1 => (any::<i64>(), 0..64_u32).prop_map(|(number, bits)| (number >> bits).to_string()),
            1 => "[0-9]{1,22}",
            1 => select(vec!["", "-", "-0", "+7", "1_0", "_1", " 8", "9 ", "\u{663}", "1.5", "1\0"])
                .prop_map(str::to_owned),
        ]
    }

    fn key(kind: KeyKind) -> BoxedStrategy<String> {
        let text = prop_oneof![
            6 => "[ -~]{1,20}",
            1 => "[a-zé日\u{a0}\u{1c}\r]{0,9}",
        ];
        match kind {
            KeyKind::Integer => number().boxed(),
            KeyKind::Text => text.boxed(),
        }
    }

    /// Lines of an index; in few texts all of them are right.
    fn text(kind: KeyKind) -> impl Strategy<Value = Vec<u8>> {
        let line_break = prop_oneof![9 => Just("\n"), 1 => select(vec!["\r\n", "", "\t\n", "\r"])];
        let odd = (key(kind), number(), line_break)
            .prop_map(|(key, offset, line_break)| format!("{key}\t{offset}{line_break}"));
        let plain = (any::<u32>(), any::<u64>(), 0..60_u32).prop_map(|(key, offset, bits)| {
            format!("{}\t{}\n", key >> (bits % 32), offset >> (bits + 4))
        });
        let line = prop_oneof![1 => odd, 30 => plain];
        let counted = (0..1_000_000_u32, 0..40_u32).prop_map(|(first, len)| {
            let entry = |key| format!("{}\t{}\n", first + key, key * 5008);
            (0..len).map(entry).collect::<Vec<_>>().concat()
        });
        let lines = prop_oneof![
            4 => vec(line, 0..40).prop_map(|lines| lines.concat()),
            1 => counted,
        ];
        let changes = prop_oneof![2 => vec((any::<usize>(), any::<u8>()), 0), 1 => vec(any::<(usize, u8)>(), 1..3)];
        (lines, changes, 0..3_usize).prop_map(|(lines, changes, cut)| {
            let mut text = lines.into_bytes();
            for (at, byte) in changes {
                let len = text.len().max(1);
                if let Some(place) = text.get_mut(at % len) {
                    *place = byte;
                }
            }
            text.truncate(text.len().saturating_sub(cut));
            text
        })
    }

    fn check(text: &[u8], kind: KeyKind, threads: usize, len: usize) -> Result<(), TestCaseError> {
        let want = facts(parse_slowly(text, kind));
        let streamed = Index::parse(BufReader::with_capacity(len, text), kind);
        prop_assert_eq!(facts(streamed), want.clone());
        for threads in [1, threads] {
            let workers = Workers::new(threads).with_block_len(NonZero::new(len).unwrap());
            prop_assert_eq!(facts(workers.parse_index(text, kind, || Ok(()))), want.clone());
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

        #[test]
        fn blocks_and_threads_give_what_single_lines_do(
            text in text(KeyKind::Integer), threads in 2..9_usize, len in 1..300_usize,
        ) {
            check(&text, KeyKind::Integer, threads, len)?;
        }

        #[test]
        fn so_they_do_with_keys_that_are_text(
            text in text(KeyKind::Text), threads in 2..9_usize, len in 1..300_usize,
        ) {
            check(&text, KeyKind::Text, threads, len)?;
        }
    }

    #[test]
    fn lengths_around_the_limit_are_the_same_everywhere() {
        for len in MAX_LINE_LEN - 3..MAX_LINE_LEN + 4 {
            for end in ["\t5", "\t5\n", "\t5\r\n", "\t5\nthere is more\t8\n"] {
                let text = format!("a\t1\n{}{end}", "k".repeat(len - end.len().min(4)));
                for block_len in [1000, 1 << 16, 1 << 17] {
                    check(text.as_bytes(), KeyKind::Text, 4, block_len).unwrap();
                }
            }
        }
    }

    #[test]
    fn every_count_of_digits_is_parsed() {
        for digits in 1..=20 {
            for number in ["1", "9", "90"].map(|digit| digit.repeat(20)[..digits].to_owned()) {
                let text =
                    format!("{number}\t{number}\n-{number}\t{number}\r\n{}", "1\t2\n".repeat(20));
                check(text.as_bytes(), KeyKind::Integer, 1, 1 << 10).unwrap();
            }
        }
    }
}
