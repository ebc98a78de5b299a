//! Which records a caller asks for.

use pyo3::{
    buffer::PyBuffer,
    exceptions::{PyIndexError, PyOverflowError, PyTypeError},
    prelude::*,
    types::{PyBool, PyRange, PyRangeMethods},
};

/// The ordinals that a reader shows: `first`, `first + step`, …
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) first: i64,
    pub(crate) step: i64,
    pub(crate) count: usize,
}

impl FromPyObject<'_, '_> for Shown {
    type Error = PyErr;

    fn extract(shown: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let (first, step, count) = shown.extract()?;
        Ok(Self { first, step, count })
    }
}

impl Shown {
    /// Returns the ordinal in the file of a place in what is shown; negative ones count from the end.
    pub(crate) fn ordinal(self, place: i64) -> PyResult<usize> {
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        let from_start = if place < 0 { place.saturating_add(count) } else { place };
        let ordinal = (0..count)
            .contains(&from_start)
            .then(|| from_start.checked_mul(self.step)?.checked_add(self.first))
            .flatten()
            .and_then(|ordinal| usize::try_from(ordinal).ok());
        ordinal.ok_or_else(|| self.out_of_range(&place))
    }

    /// Returns the ordinal for what a caller gives as one.
    pub(crate) fn ordinal_of(self, place: &Bound<'_, PyAny>) -> PyResult<usize> {
        if place.is_exact_instance_of::<PyBool>() {
            let message = "an ordinal must be an integer, not bool: \
                           of a mask, numpy.flatnonzero gives the ordinals";
            return Err(PyTypeError::new_err(message));
        }
        match place.extract::<i64>() {
            Ok(place) => self.ordinal(place),
            Err(error) if error.is_instance_of::<PyOverflowError>(place.py()) => {
                Err(self.out_of_range(&place.repr()?))
            }
            Err(error) if error.is_instance_of::<PyTypeError>(place.py()) => {
                let message =
                    format!("an ordinal must be an integer, not {}", place.get_type().name()?);
                Err(PyTypeError::new_err(message))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the error for a place that is not shown.
    pub(crate) fn out_of_range(self, place: &impl std::fmt::Display) -> PyErr {
        let message =
            format!("ordinal {place} is out of range: the reader has {} records", self.count);
        PyIndexError::new_err(message)
    }
}

/// Returns the ordinals in the file for a range, a buffer of 64-bit integers, or any iterable of
/// integers.
///
/// # Errors
///
/// `IndexError` names an ordinal that is out of range; `TypeError` says what is no integer.
pub(crate) fn ordinals_of(asked: &Bound<'_, PyAny>, shown: Shown) -> PyResult<Vec<usize>> {
    if let Ok(range) = asked.cast::<PyRange>() {
        // One with larger numbers is an iterable like any other.
        if let (Ok(start), Ok(step), Ok(count)) = (range.start(), range.step(), asked.len()) {
            let (start, step, count) = (start as i64, step as i64, i64::try_from(count)?);
            return (0..count).map(|number| shown.ordinal(start + number * step)).collect();
        }
    } else if let Ok(buffer) = PyBuffer::<i64>::get(asked) {
        let dimensions = buffer.dimensions();
        if dimensions != 1 {
            let message = format!("ordinals must be of one dimension, not of {dimensions}");
            return Err(PyTypeError::new_err(message));
        }
        let places = buffer.to_vec(asked.py())?;
        return places.into_iter().map(|place| shown.ordinal(place)).collect();
    }
    let mut ordinals = Vec::with_capacity(asked.len().unwrap_or_default().min(1 << 16));
    for place in asked.try_iter()? {
        ordinals.push(shown.ordinal_of(&place?)?);
    }
    Ok(ordinals)
}
