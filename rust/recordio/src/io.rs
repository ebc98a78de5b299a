//! Readers and writers.
//!
//! | type | reads or writes | through |
//! |---|---|---|
//! | [`Reader`] | records in sequence | [`std::io::Read`] |
//! | [`IndexedReader`] | any record, from any number of threads | [`ReadAt`] |
//! | [`Indexer`] | only headers: where each record is | [`ReadAt`] |
//! | [`Writer`] | records in sequence | [`std::io::Write`] |
//! | [`IndexedWriter`] | records and the index of them | two of these |

mod batch;
mod indexed_reader;
mod indexed_writer;
mod indexer;
mod read_at;
mod reader;
mod writer;

pub use batch::{Place, read_records_at};
pub use indexed_reader::{IndexedReader, StoredRecord, read_record_at};
pub use indexed_writer::IndexedWriter;
pub use indexer::{Indexer, RecordSpan};
pub use read_at::{ReadAt, ReadAtCursor};
pub use reader::{IntoRecords, Reader, Records};
pub use writer::{IntoInnerError, Writer};
