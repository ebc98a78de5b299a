//! The 24-byte header that `MXNet` puts in front of labelled data, mostly images.
//!
//! ```text
//!  byte   0         4         8                  16                 24
//!        | flag u32 | label f32 | id u64          | id2 u64         | flag × f32 | data …
//! ```
//!
//! All numbers are little-endian. Where the flag is 0 the label stands in the header; else the flag
//! counts the labels that follow it, and the header's own label is 0 (`MXNet` `recordio.py`, `pack`).

use std::{error, fmt};

/// The length of the header in bytes, without the labels that may follow.
pub const HEADER_LEN: usize = 24;

const LABEL_LEN: usize = 4;

/// One label, or several.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// A single label in the header.
    Scalar(f32),
    /// Labels behind the header. An empty vector is stored, and comes back, as the scalar 0.
    Vector(Vec<f32>),
}

/// The header of an image record: what `MXNet` calls `IRHeader`, without its redundant flag.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRecordHeader {
    /// The label or labels.
    pub label: Label,
    /// The number of the image, mostly its key in the index.
    pub id: u64,
    /// The upper half of a number beyond 64 bits; mostly 0.
    pub id2: u64,
}

/// Why a record is no image record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ImageRecordError {
    /// The record is shorter than the header.
    HeaderTooShort {
        /// The length of the record in bytes.
        found: usize,
    },
    /// The record is shorter than header and labels.
    LabelsTooShort {
        /// How many bytes of labels the flag promises.
        expected: u64,
        /// How many bytes follow the header.
        found: usize,
    },
}

impl ImageRecordHeader {
    /// Splits a record into its header and the data behind it.
    ///
    /// # Errors
    ///
    /// Returns [`ImageRecordError`] where the record is too short.
    ///
    /// # Examples
    ///
    /// ```
    /// use recordio::image_record::{ImageRecordHeader, Label};
    ///
    /// let header = ImageRecordHeader { label: Label::Vector(vec![1.0, 2.0]), id: 7, id2: 0 };
    /// let mut record = Vec::new();
    /// header.pack_into(&mut record);
    /// record.extend_from_slice(b"body");
    /// assert_eq!(ImageRecordHeader::unpack(&record)?, (header, &b"body"[..]));
    /// # Ok::<(), recordio::image_record::ImageRecordError>(())
    /// ```
    pub fn unpack(record: &[u8]) -> Result<(Self, &[u8]), ImageRecordError> {
        let too_short = ImageRecordError::HeaderTooShort { found: record.len() };
        let Some((header, rest)) = record.split_first_chunk::<HEADER_LEN>() else {
            return Err(too_short);
        };
        let [f0, f1, f2, f3, l0, l1, l2, l3, ids @ ..] = *header;
        let [a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7] = ids;
        let flag = u32::from_le_bytes([f0, f1, f2, f3]);
        let (label, data) = if flag == 0 {
            (Label::Scalar(f32::from_le_bytes([l0, l1, l2, l3])), rest)
        } else {
            unpack_labels(flag, rest)?
        };
        let id = u64::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7]);
        let id2 = u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]);
        Ok((Self { label, id, id2 }, data))
    }

    /// Appends the header, with its labels, to `record`.
    ///
    /// # Panics
    ///
    /// Where there are 2^32 labels or more: no record could hold them.
    pub fn pack_into(&self, record: &mut Vec<u8>) {
        let (scalar, labels) = match &self.label {
            Label::Scalar(label) => (*label, &[][..]),
            Label::Vector(labels) => (0.0, labels.as_slice()),
        };
        let flag = u32::try_from(labels.len()).expect("a record has fewer than 2^29 bytes");
        record.extend_from_slice(&flag.to_le_bytes());
        record.extend_from_slice(&scalar.to_le_bytes());
        record.extend_from_slice(&self.id.to_le_bytes());
        record.extend_from_slice(&self.id2.to_le_bytes());
        record.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
    }
}

fn unpack_labels(flag: u32, rest: &[u8]) -> Result<(Label, &[u8]), ImageRecordError> {
    let expected = u64::from(flag) * LABEL_LEN as u64;
    let split = usize::try_from(expected).ok().and_then(|len| rest.split_at_checked(len));
    let (labels, data) =
        split.ok_or(ImageRecordError::LabelsTooShort { expected, found: rest.len() })?;
    let labels = labels
        .chunks_exact(LABEL_LEN)
        .filter_map(|bytes| bytes.first_chunk().copied().map(f32::from_le_bytes));
    Ok((Label::Vector(labels.collect()), data))
}

impl fmt::Display for ImageRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderTooShort { found } => {
                write!(
                    f,
                    "not an image record (expected {HEADER_LEN} bytes of header, found {found})"
                )
            }
            Self::LabelsTooShort { expected, found } => {
                write!(
                    f,
                    "image record is cut (expected {expected} bytes of labels, found {found})"
                )
            }
        }
    }
}

impl error::Error for ImageRecordError {}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALAR: &[u8] = &[
        0x00, 0x00, 0x00, 0x00, // flag = 0: the label is in the header
        0x00, 0x00, 0x80, 0x3f, // label = 1.0
        0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // id = 7
        0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // id2 = 8
        b'b', b'o', b'd', b'y', // data
    ];

    #[test]
    fn a_scalar_label_is_in_the_header() {
        let header = ImageRecordHeader { label: Label::Scalar(1.0), id: 7, id2: 8 };
        assert_eq!(ImageRecordHeader::unpack(SCALAR), Ok((header.clone(), &b"body"[..])));
        let mut record = Vec::new();
        header.pack_into(&mut record);
        assert_eq!(record, SCALAR[..24]);
    }

    #[test]
    fn every_prefix_of_the_header_is_too_short() {
        for found in 0..HEADER_LEN {
            let error = ImageRecordHeader::unpack(&SCALAR[..found]).unwrap_err();
            assert_eq!(error, ImageRecordError::HeaderTooShort { found });
        }
    }

    #[test]
    fn a_flag_beyond_the_record_allocates_nothing_on_its_word() {
        let mut record = SCALAR.to_vec();
        record[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        let expected = u64::from(u32::MAX) * 4;
        let error = ImageRecordHeader::unpack(&record).unwrap_err();
        assert_eq!(error, ImageRecordError::LabelsTooShort { expected, found: 4 });
    }
}
