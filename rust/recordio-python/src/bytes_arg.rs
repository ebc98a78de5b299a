//! The one place where what a Python caller gives becomes bytes.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBytes, PyMemoryView, PyString},
};
use recordio::{Error, fragment::MAX_RECORD_LEN};

use crate::error::{BindingError, BindingResult};

/// Returns the bytes of `data`: `bytes` as they are, `str` as UTF-8, a copy of any other buffer.
///
/// A buffer that someone could change meanwhile is copied, so the result may be used detached. One
/// that is too large for a record is not even copied.
#[pyfunction]
pub(crate) fn bytes_of<'py>(data: &Bound<'py, PyAny>) -> BindingResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if let Ok(text) = data.cast::<PyString>() {
        return Ok(text.encode_utf8()?);
    }
    let view = PyMemoryView::from(data)?;
    let len: usize = view.getattr("nbytes")?.extract()?;
    if len > MAX_RECORD_LEN {
        return Err(BindingError::plain(Error::RecordTooLarge { len }));
    }
    let format: String = view.getattr("format")?.extract()?;
    if has_pointers(&format) {
        let message =
            format!("a record cannot hold pointers to objects (buffer format {format:?})");
        return Err(PyTypeError::new_err(message).into());
    }
    let copy = view.call_method0("tobytes")?;
    Ok(copy.cast_into::<PyBytes>().map_err(PyErr::from)?)
}

/// Returns whether a buffer of this format (`struct`'s, or PEP 3118's) holds addresses.
fn has_pointers(format: &str) -> bool {
    // The names of fields stand between colons.
    format.split(':').step_by(2).any(|part| part.contains(['O', 'P', '&', 'X']))
}
