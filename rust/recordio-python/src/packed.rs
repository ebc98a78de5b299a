//! `PackedRecords`: many records in one buffer.

use std::sync::Arc;

use pyo3::{
    exceptions::{PyIndexError, PyOverflowError, PyValueError},
    ffi,
    prelude::*,
    types::{PyBytes, PyCapsule, PyMemoryView, PySlice, PyTuple},
};

use crate::{arrow, shelf::Shelved};

/// Records end to end in one buffer, with the place of each.
///
/// A read-only buffer of all bytes (`memoryview(packed)`), a sequence of records, each a read-only
/// `memoryview`, and an array for Arrow: `pyarrow.array(packed)` shares its memory. That memory is
/// its own for as long as anything looks at it, views and arrays included; only then a later batch
/// may use it again. `Reader.read_packed` makes it.
#[pyclass(name = "PackedRecords", module = "recordio_rs._recordio_rs", frozen, sequence)]
pub(crate) struct PyPackedRecords {
    data: Arc<Shelved>,
    /// One more than there are records; the n-th record ends where the next one begins.
    offsets: Arc<Vec<i64>>,
}

/// The offsets of packed records, for `NumPy` to look at.
#[pyclass(name = "PackedOffsets", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyPackedOffsets(Arc<Vec<i64>>);

impl PyPackedRecords {
    /// Creates the object from bytes and the ends of the records in them.
    pub(crate) fn new(data: Arc<Shelved>, offsets: Vec<i64>) -> Self {
        Self { data, offsets: Arc::new(offsets) }
    }

    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    fn bytes(&self) -> &[u8] {
        (*self.data).as_ref()
    }

    /// Returns the bytes of each record.
    pub(crate) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.bytes();
        self.offsets.iter().zip(self.offsets.iter().skip(1)).map(|(begin, end)| {
            // The offsets ascend, and none is negative or behind the end.
            let range = usize::try_from(*begin).ok().zip(usize::try_from(*end).ok());
            range.and_then(|(begin, end)| bytes.get(begin..end)).unwrap_or_default()
        })
    }
}

#[pymethods]
impl PyPackedRecords {
    fn __len__(&self) -> usize {
        self.len()
    }

    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        ordinal: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let this = slf.get();
        let place = match ordinal.extract::<isize>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(slf.py()) => None,
            place => Some(place?),
        };
        let from_start = place.and_then(|place| {
            if place < 0 { place.checked_add_unsigned(this.len()) } else { Some(place) }
        });
        let range = from_start.and_then(|place| usize::try_from(place).ok()).and_then(|place| {
            Some((*this.offsets.get(place)?, *this.offsets.get(place.checked_add(1)?)?))
        });
        let Some((begin, end)) = range else {
            let message = format!("{ordinal} is out of range: there are {} records", this.len());
            return Err(PyIndexError::new_err(message));
        };
        let (begin, end) = (isize::try_from(begin)?, isize::try_from(end)?);
        PyMemoryView::from(slf.as_any())?.get_item(PySlice::new(slf.py(), begin, end, 1))
    }

    /// What Python does by itself for a sequence, but type checkers want to see.
    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: `slf` is a sequence; the result is an iterator that we own, or null with an
        // exception set.
        #[expect(unsafe_code, reason = "safe bindings only have the iterator of `__iter__`")]
        unsafe {
            Bound::from_owned_ptr_or_err(slf.py(), ffi::PySeqIter_New(slf.as_ptr()))
        }
    }

    fn __repr__(&self) -> String {
        format!("<PackedRecords: {} records, {} bytes>", self.len(), self.bytes().len())
    }

    /// All bytes, as an array of `uint8` over the buffer; read-only.
    #[getter]
    fn data<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        from_buffer(slf.as_any(), "uint8")
    }

    /// Where each record begins in `data`, and where the last one ends: an array of `int64` with one
    /// item more than there are records; read-only.
    #[getter]
    fn offsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let offsets = Bound::new(py, PyPackedOffsets(Arc::clone(&self.offsets)))?;
        from_buffer(offsets.as_any(), "int64")
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema); // the protocol allows to give what there is
        let array = arrow::export(&self.data, &self.offsets)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((self.__arrow_c_schema__(py)?, PyCapsule::new_with_value(py, array, c"arrow_array")?))
    }

    #[expect(clippy::unused_self, reason = "a method of the Arrow protocol")]
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = arrow::schema().map_err(|error| PyValueError::new_err(error.to_string()))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, this) = (slf.py(), slf.get());
        let data = PyBytes::new(py, this.bytes());
        let restore = slf.get_type().getattr("_restore")?;
        (restore, (data, this.offsets.as_slice())).into_pyobject(py)
    }

    /// Makes the object that was pickled.
    #[staticmethod]
    fn _restore(data: &[u8], offsets: Vec<i64>) -> PyResult<Self> {
        let spans_all = offsets.first() == Some(&0)
            && offsets.last().and_then(|end| usize::try_from(*end).ok()) == Some(data.len());
        if !spans_all || !offsets.is_sorted() {
            return Err(PyValueError::new_err("these are no offsets of these bytes"));
        }
        let data = Arc::new(Shelved::from(data.to_vec()));
        Ok(Self { data, offsets: Arc::new(offsets) })
    }

    #[expect(unsafe_code, reason = "the buffer protocol is one of pointers")]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 takes it like this")]
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: std::ffi::c_int,
    ) -> PyResult<()> {
        // SAFETY: `slf`, which the view keeps alive, never changes or moves these bytes.
        unsafe { fill_view(view, flags, slf.get().bytes(), slf.as_any()) }
    }
}

#[pymethods]
impl PyPackedOffsets {
    #[expect(unsafe_code, reason = "the buffer protocol is one of pointers")]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 takes it like this")]
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: std::ffi::c_int,
    ) -> PyResult<()> {
        let offsets = slf.get().0.as_slice();
        // SAFETY: any memory is bytes, and these are as many.
        let bytes =
            unsafe { std::slice::from_raw_parts(offsets.as_ptr().cast(), size_of_val(offsets)) };
        // SAFETY: `slf`, which the view keeps alive, never changes or moves these bytes.
        unsafe { fill_view(view, flags, bytes, slf.as_any()) }
    }
}

/// Fills in a read-only view of `bytes`.
///
/// # Safety
///
/// `bytes` must stay as and where they are for as long as `owner` lives, and `view` be valid.
#[expect(unsafe_code, reason = "the buffer protocol is one of pointers")]
unsafe fn fill_view(
    view: *mut ffi::Py_buffer,
    flags: std::ffi::c_int,
    bytes: &[u8],
    owner: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let len = isize::try_from(bytes.len())?;
    let begin = bytes.as_ptr().cast_mut().cast();
    // SAFETY: the caller's contract; a view that asks to write is refused.
    let status = unsafe { ffi::PyBuffer_FillInfo(view, owner.as_ptr(), begin, len, 1, flags) };
    if status == 0 { Ok(()) } else { Err(PyErr::fetch(owner.py())) }
}

/// Returns a `NumPy` array over the memory of `owner`.
fn from_buffer<'py>(owner: &Bound<'py, PyAny>, dtype: &str) -> PyResult<Bound<'py, PyAny>> {
    owner.py().import("numpy")?.call_method1("frombuffer", (owner, dtype))
}
