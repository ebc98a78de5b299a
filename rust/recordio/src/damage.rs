//! What a lenient reader passes over, and why.
//!
//! A lenient reader weighs what may have happened, and takes the explanation that changes the fewest
//! bits; the module [`io`](crate::io) has it as [`Rescue`](crate::io::Rescue), and docs/format.md
//! has the rules.

use std::fmt;

use crate::FormatError;

/// Why bytes that may once have been a record are none any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Damage {
    /// A strict reader fails here, too.
    Format(FormatError),
    /// A fragment holds the head of another one, which no writer that splits leaves there: its
    /// length leads across what stood behind it.
    SwallowsRecord {
        /// Where that head stands.
        head: u64,
    },
    /// The record is said to end, and fragments follow that only continue one.
    RecordGoesOn {
        /// Where the first of them stands.
        continuation: u64,
    },
    /// One byte over and over, in the last bytes of the record and in those behind it where the next
    /// one has to begin.
    Overwritten {
        /// That byte.
        byte: u8,
    },
    /// Nothing begins where the record ends, and one other bit in its length would lead to the
    /// next record.
    CutShort {
        /// The length that would, in bytes.
        expected: u64,
        /// The length that stands there.
        found: u64,
    },
}

/// Bytes of a file that a lenient reader passes over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SkippedRegion {
    /// The offset of the first byte.
    pub begin: u64,
    /// The offset behind the last byte. The same as `begin` where only padding is missing at the
    /// end of the file: then nothing was passed over.
    pub end: u64,
    /// The offset of the fragment at fault, the first if there are several.
    pub offset: u64,
    /// What is wrong with it.
    pub damage: Damage,
}

impl Damage {
    /// Returns the name that the rules have for this kind of damage: words in lower case with
    /// hyphens between them.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Format(error) => error.kind(),
            Self::SwallowsRecord { .. } => "swallows-record",
            Self::RecordGoesOn { .. } => "record-goes-on",
            Self::CutShort { .. } => "cut-short",
            Self::Overwritten { .. } => "overwritten",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(error) => error.fmt(f),
            Self::SwallowsRecord { head } => {
                write!(f, "length leads across the head of another fragment at byte {head}")
            }
            Self::RecordGoesOn { continuation } => write!(
                f,
                "record ends too early (fragments at byte {continuation} only continue one)"
            ),
            Self::Overwritten { byte } => {
                write!(f, "end of the record and what follows are {byte:#04x} over and over")
            }
            Self::CutShort { expected, found } => write!(
                f,
                "nothing begins where the record ends (expected {expected} bytes, found {found})"
            ),
        }
    }
}
