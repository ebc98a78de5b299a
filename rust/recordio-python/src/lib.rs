//! The Python module `recordio_rs._recordio_rs`: the crate `recordio` for Python.
//!
//! Only conversions live here. What a record is stands in the crate below, what a Python user
//! meets stands in `python/recordio_rs` above; the stub `_recordio_rs.pyi` documents this layer.

#![deny(unsafe_code)]

mod appending;
mod arrow;
mod batch;
mod bulk;
mod bytes_arg;
mod created;
mod error;
mod files;
mod finding;
mod folder;
mod fork;
mod heap;
mod in_sequence;
mod index;
mod intact;
mod interrupt;
mod iterator;
mod opened;
mod ordinals;
mod os_error;
mod output;
mod packed;
mod packing;
mod partial;
mod pool;
mod prefetch;
mod read_ahead;
mod reader;
mod record_bytes;
mod salvage;
mod shared;
mod shelf;
mod source;
mod target;
mod unfilled;
mod writer;

use pyo3::prelude::*;

#[pymodule]
mod _recordio_rs {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::{
        bytes_arg::bytes_of,
        fork::after_fork_in_child,
        index::{PyRecordIndex, format_entry},
        intact::PyIntactIterator,
        iterator::PyRecordIterator,
        packed::{PyPackedOffsets, PyPackedRecords},
        prefetch::PyPrefetch,
        reader::PyFileReader,
        salvage::PySalvage,
        writer::PyFileWriter,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // Now, because at the end of the interpreter nothing can be imported any more.
        crate::error::import_exceptions(module.py())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("is_debug_build", cfg!(debug_assertions))
    }
}
