//! Memory for records that is made first and filled later, without being zeroed between.
#![expect(unsafe_code, reason = "safe Python bindings have no bytes that are not yet initialised")]

use std::{io, mem::MaybeUninit, ptr::NonNull, slice};

use pyo3::{ffi, prelude::*, types::PyBytes};
use recordio::Error;
use recordio_storage::{Storage, WholeRecord};

use crate::heap::keep_freed_memory;

/// A new `bytes` object as long as a record, which nobody else has seen.
///
/// Zeroing it first, as PyO3 does, would cost as much as filling it.
pub(crate) struct NewRecord {
    bytes: Py<PyBytes>,
    place: NonNull<MaybeUninit<u8>>,
    record: WholeRecord,
    is_filled: bool,
}

// SAFETY: `place` points into `bytes`, which this has for itself until `finish`.
unsafe impl Send for NewRecord {}

impl NewRecord {
    /// Makes the object.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] of kind `OutOfMemory` where there is no memory for it.
    pub(crate) fn new(py: Python<'_>, record: WholeRecord) -> Result<Self, Error> {
        let out_of_memory = || Error::Io(io::ErrorKind::OutOfMemory.into());
        keep_freed_memory(record.len);
        let len = isize::try_from(record.len).map_err(|_| out_of_memory())?;
        // SAFETY: a null pointer asks for an object that is not initialised; the result is one
        // that we own, or null with an exception set, which `from_owned_ptr_or_err` takes away.
        let bytes = unsafe {
            Bound::from_owned_ptr_or_err(py, ffi::PyBytes_FromStringAndSize(std::ptr::null(), len))
        };
        let bytes = bytes.map_err(|_| out_of_memory())?;
        // SAFETY: it is a `bytes` object, so this is where its bytes are.
        let place = unsafe { ffi::PyBytes_AsString(bytes.as_ptr()) };
        let place = NonNull::new(place.cast()).ok_or_else(out_of_memory)?;
        let bytes = bytes.cast_into::<PyBytes>().map_err(|_| out_of_memory())?.unbind();
        Ok(Self { bytes, place, record, is_filled: false })
    }

    /// Returns the length of the record in bytes.
    pub(crate) fn len(&self) -> usize {
        self.record.len
    }

    /// Fills it from the file; detached is best. Whether that worked, `finish` tells.
    pub(crate) fn fill(&mut self, storage: &Storage) {
        // SAFETY: the object has `record.len` bytes from `place` on, and nobody else refers to it.
        // The empty object is shared, but a slice of no bytes touches nothing.
        let target = unsafe { slice::from_raw_parts_mut(self.place.as_ptr(), self.record.len) };
        self.is_filled = storage.fill(&self.record, target);
    }

    /// Returns the object, if the file had all bytes of the record.
    pub(crate) fn finish(self, py: Python<'_>) -> Option<Bound<'_, PyBytes>> {
        let Self { bytes, is_filled, .. } = self;
        // Initialised in full: that is what `Storage::fill` says by returning `true`.
        is_filled.then(|| bytes.into_bound(py))
    }
}

/// Memory for many records.
pub(crate) struct NewBuffer {
    bytes: Vec<u8>,
    len: usize,
}

impl NewBuffer {
    /// Takes `bytes`, whatever it holds, and makes room in it for `len` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] of kind `OutOfMemory` where there is no memory for it.
    pub(crate) fn new(mut bytes: Vec<u8>, len: usize) -> Result<Self, Error> {
        bytes.clear();
        let reserved = bytes.try_reserve_exact(len);
        reserved.map_err(|_| Error::Io(io::ErrorKind::OutOfMemory.into()))?;
        Ok(Self { bytes, len })
    }

    /// Returns the memory, to be filled.
    pub(crate) fn target(&mut self) -> &mut [MaybeUninit<u8>] {
        self.bytes.spare_capacity_mut().get_mut(..self.len).unwrap_or_default()
    }

    /// Returns the bytes.
    ///
    /// # Safety
    ///
    /// All of [`Self::target`] must have been filled.
    pub(crate) unsafe fn finish(mut self) -> Vec<u8> {
        // SAFETY: there is room for them, and the caller has filled them.
        unsafe { self.bytes.set_len(self.len) };
        self.bytes
    }
}
