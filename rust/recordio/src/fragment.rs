//! The fragment header: eight bytes, in both directions.
//!
//! ```text
//!  byte   0   1   2   3 | 4   5   6   7
//!        0a  23  d7  ce | length: bits 0..29, flag: bits 29..32, little-endian
//! ```

use crate::FormatError;

/// The number that starts every fragment (dmlc-core `recordio.h`, `kMagic`).
pub const MAGIC_NUMBER: u32 = 0xced7_230a;

/// [`MAGIC_NUMBER`] as it stands in the file.
pub const MAGIC: [u8; 4] = MAGIC_NUMBER.to_le_bytes();

/// The length of a fragment header in bytes.
pub const HEADER_LEN: usize = 8;

/// Fragments begin at multiples of this many bytes, and records are split only there.
pub const ALIGNMENT: usize = 4;

/// The longest record that can be written, in bytes: the length field has 29 bits.
pub const MAX_RECORD_LEN: usize = (1 << LENGTH_BITS) - 1;

const LENGTH_BITS: u32 = 29;
const LENGTH_MASK: u32 = (1 << LENGTH_BITS) - 1;

/// Where a fragment stands in its record (dmlc-core calls the number `cflag`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FragmentKind {
    /// The whole record (0).
    Full,
    /// The first of several fragments (1).
    First,
    /// Neither the first nor the last (2).
    Middle,
    /// The last of several fragments (3).
    Last,
}

impl FragmentKind {
    /// Returns the kind that the three flag bits mean, or `None` for the unused 4 to 7.
    #[must_use]
    pub const fn from_flag(flag: u8) -> Option<Self> {
        match flag {
            0 => Some(Self::Full),
            1 => Some(Self::First),
            2 => Some(Self::Middle),
            3 => Some(Self::Last),
            _ => None,
        }
    }

    /// Returns the flag that stands in the file, 0 to 3.
    #[must_use]
    pub const fn flag(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::First => 1,
            Self::Middle => 2,
            Self::Last => 3,
        }
    }

    /// Returns whether a record begins with this fragment.
    #[must_use]
    pub const fn begins_record(self) -> bool {
        matches!(self, Self::Full | Self::First)
    }

    /// Returns whether a record ends with this fragment.
    #[must_use]
    pub const fn ends_record(self) -> bool {
        matches!(self, Self::Full | Self::Last)
    }
}

/// The header of one fragment: its kind and the length of its payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FragmentHeader {
    kind: FragmentKind,
    len: u32,
}

impl FragmentHeader {
    /// Creates a header, or returns `None` where `len` is above [`MAX_RECORD_LEN`].
    #[must_use]
    pub fn new(kind: FragmentKind, len: usize) -> Option<Self> {
        let len = u32::try_from(len).ok().filter(|len| *len <= LENGTH_MASK)?;
        Some(Self { kind, len })
    }

    /// Parses the eight bytes at the head of a fragment.
    ///
    /// # Errors
    ///
    /// - [`FormatError::BadMagic`] where the first four bytes are not [`MAGIC`].
    /// - [`FormatError::UnknownFlag`] where the flag is 4 to 7.
    ///
    /// # Examples
    ///
    /// ```
    /// use recordio::fragment::{FragmentHeader, FragmentKind};
    ///
    /// let header = FragmentHeader::parse([
    ///     0x0a, 0x23, 0xd7, 0xce, // magic
    ///     0x05, 0x00, 0x00, 0x20, // flag = 1 (first), length = 5
    /// ])?;
    /// assert_eq!(header.kind(), FragmentKind::First);
    /// assert_eq!((header.len(), header.padding()), (5, 3));
    /// # Ok::<(), recordio::FormatError>(())
    /// ```
    pub fn parse(bytes: [u8; HEADER_LEN]) -> Result<Self, FormatError> {
        let [m0, m1, m2, m3, l0, l1, l2, l3] = bytes;
        let found = u32::from_le_bytes([m0, m1, m2, m3]);
        if found != MAGIC_NUMBER {
            return Err(FormatError::BadMagic { found });
        }
        let flag = l3 >> (LENGTH_BITS - 24);
        let kind = FragmentKind::from_flag(flag).ok_or(FormatError::UnknownFlag { flag })?;
        Ok(Self { kind, len: u32::from_le_bytes([l0, l1, l2, l3]) & LENGTH_MASK })
    }

    /// Returns the eight bytes that stand at the head of the fragment.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [m0, m1, m2, m3] = MAGIC;
        let word = (u32::from(self.kind.flag()) << LENGTH_BITS) | self.len;
        let [l0, l1, l2, l3] = word.to_le_bytes();
        [m0, m1, m2, m3, l0, l1, l2, l3]
    }

    /// Returns where the fragment stands in its record.
    #[must_use]
    pub const fn kind(self) -> FragmentKind {
        self.kind
    }

    /// Returns the length of the payload in bytes, without padding.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a length field, not a collection")]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Returns how many zero bytes follow the payload: 0 to 3.
    #[must_use]
    pub const fn padding(self) -> usize {
        padding(self.len())
    }

    /// Returns the length of payload and padding in bytes.
    #[must_use]
    pub const fn padded_len(self) -> usize {
        self.len() + self.padding()
    }
}

/// Returns how many zero bytes follow a payload of `len` bytes: 0 to 3.
#[must_use]
pub const fn padding(len: usize) -> usize {
    len.wrapping_neg() % ALIGNMENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_length_round_trips() {
        for flag in 0..4 {
            let kind = FragmentKind::from_flag(flag).unwrap();
            for len in [0, 1, 4, 0x1234_5678 & MAX_RECORD_LEN, MAX_RECORD_LEN] {
                let header = FragmentHeader::new(kind, len).unwrap();
                assert_eq!(FragmentHeader::parse(header.to_bytes()), Ok(header));
                assert_eq!((header.kind(), header.len()), (kind, len));
            }
        }
    }

    #[test]
    fn a_length_of_2_to_the_29_has_no_header() {
        assert_eq!(FragmentHeader::new(FragmentKind::Full, MAX_RECORD_LEN + 1), None);
    }

    #[test]
    fn padding_reaches_the_next_multiple_of_four() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(padding), [0, 3, 2, 1, 0, 3]);
    }

    #[test]
    fn a_wrong_magic_is_reported_with_what_was_found() {
        let bytes = [
            0x0b, 0x23, 0xd7, 0xce, // not the magic
            0x00, 0x00, 0x00, 0x00, // flag = 0 (full), length = 0
        ];
        let found = 0xced7_230b;
        assert_eq!(FragmentHeader::parse(bytes), Err(FormatError::BadMagic { found }));
    }

    #[test]
    fn flags_four_to_seven_are_unknown() {
        for flag in 4..8_u8 {
            let bytes = [
                0x0a,
                0x23,
                0xd7,
                0xce, // magic
                0x00,
                0x00,
                0x00,
                flag << 5, // flag, length = 0
            ];
            assert_eq!(FragmentHeader::parse(bytes), Err(FormatError::UnknownFlag { flag }));
        }
    }
}
