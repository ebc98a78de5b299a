//! What can go wrong, with the facts: where, what was expected, what was found.

use std::{error, fmt, io};

use crate::{
    fragment::{FragmentKind, MAGIC_NUMBER, MAX_RECORD_LEN},
    idx::{EntryError, InvalidKey},
};

/// Why the bytes at some offset are not RecordIO.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FormatError {
    /// Four other bytes stand where [`MAGIC`](crate::fragment::MAGIC) belongs.
    BadMagic {
        /// The four bytes as a little-endian number.
        found: u32,
    },
    /// The flag is none of the four that are defined.
    UnknownFlag {
        /// The flag, 4 to 7.
        flag: u8,
    },
    /// A fragment that only continues a record stands where a record has to begin.
    ContinuationWithoutFirst {
        /// The kind that was found: middle or last.
        found: FragmentKind,
    },
    /// A record begins before the one that is split over several fragments has ended.
    RecordWithoutLast {
        /// The kind that was found: full or first.
        found: FragmentKind,
    },
    /// The fragments of a record have more bytes together than a record can have.
    RecordTooLong {
        /// How many bytes the record has up to and with the fragment at fault.
        found: u64,
    },
    /// The input ends inside a record.
    Truncated {
        /// The part that is cut.
        part: Part,
        /// How many bytes this part has, by what stands before it.
        expected: u64,
        /// How many bytes of it are there.
        found: u64,
    },
}

impl FormatError {
    /// Returns the name that docs/format.md has for this: words in lower case with hyphens.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BadMagic { .. } => "bad-magic",
            Self::UnknownFlag { .. } => "unknown-flag",
            Self::ContinuationWithoutFirst { .. } => "continuation-without-first",
            Self::RecordWithoutLast { .. } => "record-without-last",
            Self::RecordTooLong { .. } => "record-too-long",
            Self::Truncated { part: Part::Header, .. } => "truncated-header",
            Self::Truncated { part: Part::Payload, .. } => "truncated-payload",
            Self::Truncated { part: Part::Padding, .. } => "truncated-padding",
            Self::Truncated { part: Part::Continuation, .. } => "truncated-continuation",
        }
    }
}

/// The parts of a stored record that can be cut by the end of the input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// The eight bytes before a payload.
    Header,
    /// The bytes of a fragment's payload.
    Payload,
    /// The zeros behind a payload; a last record without them is cut, too.
    Padding,
    /// A middle or last fragment that has to follow: the cut is between two fragments.
    Continuation,
}

/// An error of a reader or a writer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The source or the sink of the records failed.
    Io(io::Error),
    /// The sink of the index failed.
    IndexIo(io::Error),
    /// The bytes are not RecordIO.
    Format {
        /// The offset of the fragment at fault, in bytes from the start of the file.
        offset: u64,
        /// How many records come before the one at fault, where that is known.
        ordinal: Option<u64>,
        /// What is wrong with it.
        source: FormatError,
    },
    /// A record was asked for at an offset where the file has already ended.
    OffsetBeyondEnd {
        /// The offset that was asked for.
        offset: u64,
        /// The length of the file in bytes.
        file_len: u64,
    },
    /// An index lists an offset at which no record begins.
    NoRecordAt {
        /// The offset that it lists.
        offset: u64,
    },
    /// A line of an index is not `key`, tab, `offset`.
    Index(EntryError),
    /// A key cannot be written to an index.
    InvalidKey(InvalidKey),
    /// A record is longer than [`MAX_RECORD_LEN`]; nothing of it was written.
    RecordTooLarge {
        /// Its length in bytes.
        len: usize,
    },
    /// An earlier write failed, so the sink may hold a part of a record; nothing more is written.
    WriteAfterFailure,
}

impl Error {
    /// Returns the byte offset at fault, where there is one.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match self {
            Self::Format { offset, .. }
            | Self::OffsetBeyondEnd { offset, .. }
            | Self::NoRecordAt { offset } => Some(*offset),
            _ => None,
        }
    }

    /// Returns the name that docs/format.md has for this, where it has one.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Format { source, .. } => Some(source.kind()),
            Self::OffsetBeyondEnd { .. } => Some("entry-beyond-end"),
            Self::Index(entry) => Some(entry.fault.kind()),
            _ => None,
        }
    }

    /// Returns whether the input ended inside a record.
    #[must_use]
    pub fn is_truncation(&self) -> bool {
        matches!(self, Self::Format { source: FormatError::Truncated { .. }, .. })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "fragment header",
            Self::Payload => "payload",
            Self::Padding => "padding",
            Self::Continuation => "next fragment of the record",
        })
    }
}

impl fmt::Display for FragmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Full => "full",
            Self::First => "first",
            Self::Middle => "middle",
            Self::Last => "last",
        };
        write!(f, "{name} (flag {})", self.flag())
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadMagic { found } => {
                write!(f, "bad magic (expected {MAGIC_NUMBER:#010x}, found {found:#010x})")
            }
            Self::UnknownFlag { flag } => {
                write!(f, "unknown continue flag (expected 0 to 3, found {flag})")
            }
            Self::ContinuationWithoutFirst { found } => {
                write!(
                    f,
                    "no record begins here (expected a full or first fragment, found {found})"
                )
            }
            Self::RecordWithoutLast { found } => {
                write!(
                    f,
                    "split record breaks off (expected a middle or last fragment, found {found})"
                )
            }
            Self::RecordTooLong { found } => {
                write!(
                    f,
                    "record too long (expected at most {MAX_RECORD_LEN} bytes, found {found})"
                )
            }
            Self::Truncated { part, expected, found } => {
                write!(f, "file ends inside the {part} (expected {expected} bytes, found {found})")
            }
        }
    }
}

impl error::Error for FormatError {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(source) | Self::IndexIo(source) => source.fmt(f),
            Self::Format { offset, ordinal: Some(ordinal), .. } => {
                write!(f, "invalid RecordIO at byte {offset} (record {ordinal})")
            }
            Self::Format { offset, ordinal: None, .. } => {
                write!(f, "invalid RecordIO at byte {offset}")
            }
            Self::OffsetBeyondEnd { offset, file_len } => {
                write!(f, "no record at byte {offset}: the file ends at byte {file_len}")
            }
            Self::NoRecordAt { offset } => {
                write!(f, "no record begins at byte {offset}, where the index has one")
            }
            Self::Index(source) => source.fmt(f),
            Self::InvalidKey(source) => source.fmt(f),
            Self::RecordTooLarge { len } => {
                write!(f, "record too large (expected at most {MAX_RECORD_LEN} bytes, found {len})")
            }
            Self::WriteAfterFailure => f.write_str("an earlier write failed; refusing to write on"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(source) | Self::IndexIo(source) => source.source(),
            Self::Format { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

impl From<EntryError> for Error {
    fn from(source: EntryError) -> Self {
        Self::Index(source)
    }
}

impl From<InvalidKey> for Error {
    fn from(source: InvalidKey) -> Self {
        Self::InvalidKey(source)
    }
}
