//! The one place where what a Python caller gives becomes bytes.

use pyo3::{
    prelude::*,
    types::{PyBytes, PyMemoryView, PyString},
};

/// Returns the bytes of `data`: `bytes` as they are, `str` as UTF-8, a copy of any other buffer.
///
/// A buffer that someone could change meanwhile is copied, so the result may be used detached.
pub(crate) fn bytes_of<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if let Ok(text) = data.cast::<PyString>() {
        return text.encode_utf8();
    }
    let copy = PyMemoryView::from(data)?.call_method0("tobytes")?;
    Ok(copy.cast_into::<PyBytes>()?)
}
