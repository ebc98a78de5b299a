//! Slow decoders whose every line is obvious, over a whole file in memory.
//!
//! They share no code with the crate `recordio` but the types in which it says what is wrong.

mod index;
mod lenient;
mod strict;

pub use index::{Line, Parsed, parse_index, parse_lines};
pub use lenient::{Found, next_record_head, rescue};
pub use strict::{Decoded, Fragment, Record, decode, is_escaped, record_at};

/// The four bytes that begin every fragment.
pub const MAGIC: [u8; 4] = [0x0a, 0x23, 0xd7, 0xce];

/// Returns whether the magic stands, whole, at an offset.
#[must_use]
pub fn is_magic_at(file: &[u8], at: usize) -> bool {
    file.get(at..).is_some_and(|rest| rest.starts_with(&MAGIC))
}
