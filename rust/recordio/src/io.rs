//! Readers and writers.
//!
//! | type | reads or writes | through |
//! |---|---|---|
//! | [`Reader`] | records in sequence | [`std::io::Read`] |
//! | [`IndexedReader`] | any record, from any number of threads | [`ReadAt`] |
//! | [`Rescue`] | where intact records are, in a file that may be damaged | [`ReadAt`] |
//! | [`Indexer`] | only headers: where each record is | [`ReadAt`] |
//! | [`Workers`] | the index, or else all headers, on several threads | [`ReadAt`] |
//! | [`Writer`] | records in sequence | [`std::io::Write`] |
//! | [`IndexedWriter`] | records and the index of them | two of these |
//!
//! [`AppendPoint`] says where to write on behind what two files have, and [`Tail`] where behind
//! what one has. What is [`Durable`] can be told to survive a loss of power.

mod append_point;
mod batch;
mod durable;
mod header_window;
mod index_text;
mod indexed_reader;
mod indexed_writer;
mod indexer;
mod page_buffer;
mod read_at;
mod reader;
mod record_search;
mod rescue;
mod rest;
mod tail;
mod walk;
mod workers;
mod writer;

pub use append_point::{AppendPoint, IndexPoint};
pub use batch::{Place, read_records_at};
pub use durable::Durable;
pub use indexed_reader::{IndexedReader, StoredRecord, read_record_at};
pub use indexed_writer::IndexedWriter;
pub use indexer::{Indexer, RecordSpan};
pub use read_at::{ReadAt, ReadAtCursor};
pub use reader::{IntoRecords, Reader, Records};
pub use rescue::{Found, Rescue, Salvage, Skipped};
pub use tail::Tail;
pub use workers::Workers;
pub use writer::{IntoInnerError, Writer};
