//! Packed records for Arrow, by its C data interface.

use std::{ptr::NonNull, sync::Arc};

use arrow_buffer::Buffer;
use arrow_data::{ArrayData, ffi::FFI_ArrowArray};
use arrow_schema::{ArrowError, DataType, ffi::FFI_ArrowSchema};

use crate::shelf::Shelved;

/// Returns the type of packed records: binary data with offsets of 64 bits.
pub(crate) fn schema() -> Result<FFI_ArrowSchema, ArrowError> {
    FFI_ArrowSchema::try_from(&DataType::LargeBinary)
}

/// Returns packed records as an array that shares their memory.
pub(crate) fn export(
    data: &Arc<Shelved>,
    offsets: &Arc<Vec<i64>>,
) -> Result<FFI_ArrowArray, ArrowError> {
    let bytes: &[u8] = (**data).as_ref();
    let array = ArrayData::builder(DataType::LargeBinary)
        .len(offsets.len().saturating_sub(1))
        .add_buffer(share(
            NonNull::from(offsets.as_slice()).cast(),
            size_of_val(&***offsets),
            offsets,
        ))
        .add_buffer(share(NonNull::from(bytes).cast(), bytes.len(), data))
        .build()?;
    Ok(FFI_ArrowArray::new(&array))
}

/// Returns a buffer over memory that `owner` has, and keeps `owner` alive.
#[expect(unsafe_code, reason = "Arrow's only way to share memory that it did not allocate")]
fn share<T: Send + Sync + std::panic::RefUnwindSafe + 'static>(
    begin: NonNull<u8>,
    len: usize,
    owner: &Arc<T>,
) -> Buffer {
    // SAFETY: both callers give the memory of what `owner` owns and never changes.
    unsafe { Buffer::from_custom_allocation(begin, len, Arc::<T>::clone(owner)) }
}
