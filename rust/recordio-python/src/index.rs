//! `RecordIndex`: keys and offsets by ordinal.

use std::{fs::File, io::BufReader, path::PathBuf, sync::Arc};

use pyo3::{
    prelude::*,
    types::{PyBytes, PyList, PyString},
};
use recordio::{
    idx::{Index, Key, KeyKind, append_entry},
    io::Workers,
};

use crate::{
    error::{BindingError, BindingResult},
    interrupt::{self, Interruptible},
};

#[pyclass(name = "RecordIndex", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyRecordIndex {
    pub(crate) index: Arc<Index>,
}

/// An index, the lines that are no entries (number, fault, beginning), and how many there are.
type Salvaged = (PyRecordIndex, Vec<(u64, String, String)>, u64);

/// A key as Python gives it.
pub(crate) enum KeyArg {
    Integer(i64),
    Text(String),
}

impl FromPyObject<'_, '_> for KeyArg {
    type Error = PyErr;

    fn extract(key: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let Ok(text) = key.cast::<PyString>() else { return key.extract().map(Self::Integer) };
        match text.to_str() {
            Ok(text) => Ok(Self::Text(text.to_owned())),
            Err(_) => Err(BindingError::KeyNotUnicode { key: key.to_owned().unbind() }.into()),
        }
    }
}

impl KeyArg {
    /// Returns how long a text key is, in bytes; 0 for an integer.
    pub(crate) fn text_len(&self) -> usize {
        match self {
            Self::Integer(_) => 0,
            Self::Text(key) => key.len(),
        }
    }

    pub(crate) fn as_key(&self) -> Key<'_> {
        match self {
            Self::Integer(key) => Key::Integer(*key),
            Self::Text(key) => Key::Text(key),
        }
    }
}

#[pymethods]
impl PyRecordIndex {
    #[staticmethod]
    #[pyo3(signature = (path, *, text_keys))]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn parse(py: Python<'_>, path: PathBuf, text_keys: bool) -> BindingResult<Self> {
        let kind = if text_keys { KeyKind::Text } else { KeyKind::Integer };
        let parse = || {
            let file = File::open(&path)?;
            if file.metadata()?.is_file() {
                return Workers::default().parse_index(&file, kind, interrupt::pause());
            }
            Index::parse(BufReader::new(Interruptible(file)), kind) // a pipe
        };
        let index = py.detach(parse).map_err(|error| BindingError::core(error, &path))?;
        Ok(Self { index: Arc::new(index) })
    }

    /// Parses what can be parsed; returns the other lines, too: number, fault and beginning of each,
    /// as many as were asked for, and how many there are.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn salvage(py: Python<'_>, path: PathBuf, max_faults: usize) -> BindingResult<Salvaged> {
        let parse = || {
            let source = BufReader::new(Interruptible(File::open(&path)?));
            Index::salvage(source, KeyKind::Text, max_faults)
        };
        let salvaged = py.detach(parse).map_err(|error| BindingError::core(error, &path))?;
        let faults = salvaged.faults.into_iter();
        let faults = faults.map(|fault| (fault.line, fault.fault.to_string(), fault.found));
        Ok((Self { index: Arc::new(salvaged.index) }, faults.collect(), salvaged.fault_count))
    }

    fn __len__(&self) -> usize {
        self.index.len()
    }

    fn offset(&self, ordinal: usize) -> Option<u64> {
        self.index.offset(ordinal)
    }

    fn key<'py>(&self, py: Python<'py>, ordinal: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.index.key(ordinal).map(|key| key_object(py, key)).transpose()
    }

    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn find(&self, key: KeyArg) -> Option<usize> {
        self.index.find(key.as_key())
    }

    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let keys = (0..self.index.len()).filter_map(|ordinal| self.index.key(ordinal));
        let keys: Vec<_> = keys.map(|key| key_object(py, key)).collect::<PyResult<_>>()?;
        PyList::new(py, keys)
    }

    fn offsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let offsets = self.index.offsets();
        integers(py, offsets.len(), offsets.iter().map(|offset| offset.to_ne_bytes()))
    }

    /// Returns all keys in eight bytes each; `None` where they are text.
    fn integer_keys<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        if self.index.key_kind() == KeyKind::Text {
            return Ok(None);
        }
        let keys = (0..self.index.len()).map(|ordinal| match self.index.key(ordinal) {
            Some(Key::Integer(key)) => key.to_ne_bytes(),
            _ => [0; 8], // there is no other
        });
        integers(py, self.index.len(), keys).map(Some)
    }
}

/// Returns the line of one entry of an index.
#[pyfunction]
pub(crate) fn format_entry(key: &str, offset: u64) -> BindingResult<String> {
    let mut line = Vec::new();
    append_entry(&mut line, Key::Text(key), offset).map_err(BindingError::plain)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Returns 64-bit integers as they lie in this machine's memory.
pub(crate) fn integers(
    py: Python<'_>,
    count: usize,
    values: impl Iterator<Item = [u8; 8]>,
) -> PyResult<Bound<'_, PyBytes>> {
    PyBytes::new_with(py, count.saturating_mul(8), |bytes| {
        for (place, value) in bytes.chunks_exact_mut(8).zip(values) {
            place.copy_from_slice(&value);
        }
        Ok(())
    })
}

fn key_object<'py>(py: Python<'py>, key: Key<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match key {
        Key::Integer(key) => key.into_pyobject(py)?.into_any(),
        Key::Text(key) => key.into_pyobject(py)?.into_any(),
    })
}
