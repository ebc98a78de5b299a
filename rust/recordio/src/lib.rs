//! Reads and writes Apache `MXNet` RecordIO, the format of `.rec` and `.idx` files.
//!
//! A `.rec` file is a plain sequence of *records*; there is no file header, footer, checksum or
//! version. A record is stored as one *fragment*, or as several where its payload holds the magic
//! at a multiple of four bytes:
//!
//! ```text
//! fragment := magic (4) | flag and length (4) | payload (length) | zeros up to a multiple of 4
//! record   := Full | First Middle* Last
//! ```
//!
//! The layers, each of which uses only those above it:
//!
//! | module | subject |
//! |---|---|
//! | [`fragment`] | the eight header bytes and what they mean |
//! | [`damage`] | what a lenient reader passes over |
//! | [`sequence`] | which fragment may follow which |
//! | [`encoder`], [`decoder`] | records to fragments and back, without any I/O |
//! | [`idx`] | the `.idx` text: ordered keys, and key to offset |
//! | [`image_record`] | the 24-byte header that `MXNet` puts in front of labelled data |
//! | [`io`] | readers and writers over `Read`, `Write` and positioned reads |
//! | [`fs`] | the same by path |
//!
//! # Examples
//!
//! ```
//! use recordio::io::{Reader, Writer};
//!
//! let mut writer = Writer::new(Vec::new());
//! assert_eq!(writer.write_record(b"hello")?, 0);
//! assert_eq!(writer.write_record(b"")?, 16);
//! let file = writer.into_inner()?;
//!
//! let mut reader = Reader::new(file.as_slice());
//! assert_eq!(reader.read_record()?, Some(&b"hello"[..]));
//! assert_eq!(reader.read_record()?, Some(&b""[..]));
//! assert_eq!(reader.read_record()?, None);
//! # Ok::<(), recordio::Error>(())
//! ```
//!
//! Facts about the format come from `dmlc-core` (`recordio.h`, `recordio.cc`) and from runs of the
//! real `MXNet` 1.9.1, whose files stand in `tests/vectors`.

#![forbid(unsafe_code)]

pub mod damage;
pub mod decoder;
pub mod encoder;
mod error;
pub mod fragment;
pub mod fs;
pub mod idx;
pub mod image_record;
pub mod io;
pub mod sequence;

pub use error::{Error, FormatError, Part};
