//! Many records written in one call.

use pyo3::{
    buffer::PyBuffer,
    exceptions::{PyIndexError, PyTypeError, PyValueError},
    prelude::*,
    types::PyBytes,
};
use recordio::{
    Error,
    fragment::MAX_RECORD_LEN,
    idx::{Key, check_key},
};

use crate::{
    bytes_arg::bytes_of, error::BindingResult, files::Inner, index::KeyArg, packed::PyPackedRecords,
};

/// How many bytes are written before Ctrl-C is heard again.
const WRITTEN_AT_ONCE: usize = 64 << 20;

/// How many records are written before Ctrl-C is heard again.
const MAX_COUNT_AT_ONCE: usize = 1 << 18;

/// The keys of many records.
pub(crate) enum Keys {
    Integers(Vec<i64>),
    Any(Vec<KeyArg>),
}

impl FromPyObject<'_, '_> for Keys {
    type Error = PyErr;

    fn extract(keys: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let Ok(buffer) = PyBuffer::<i64>::get(&keys) else { return keys.extract().map(Self::Any) };
        if buffer.dimensions() != 1 {
            let message = format!("keys must be of one dimension, not of {}", buffer.dimensions());
            return Err(PyTypeError::new_err(message));
        }
        buffer.to_vec(keys.py()).map(Self::Integers)
    }
}

impl Keys {
    fn len(&self) -> usize {
        match self {
            Self::Integers(keys) => keys.len(),
            Self::Any(keys) => keys.len(),
        }
    }

    fn get(&self, number: usize) -> Option<Key<'_>> {
        match self {
            Self::Integers(keys) => keys.get(number).copied().map(Key::Integer),
            Self::Any(keys) => keys.get(number).map(KeyArg::as_key),
        }
    }

    /// Checks that there are as many as records.
    pub(crate) fn check_count(&self, count: usize) -> PyResult<()> {
        if self.len() == count {
            return Ok(());
        }
        Err(PyValueError::new_err(format!("there are {count} records and {} keys", self.len())))
    }

    /// Checks that all can stand in an index.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Integers(_) => Ok(()),
            Self::Any(keys) => Ok(keys.iter().try_for_each(|key| check_key(key.as_key()))?),
        }
    }
}

/// Returns what records a caller gives, as bytes that nobody changes.
pub(crate) fn listed<'py>(records: &Bound<'py, PyAny>) -> BindingResult<Vec<Bound<'py, PyBytes>>> {
    let mut list = Vec::with_capacity(records.len().unwrap_or_default().min(1 << 16));
    for record in records.try_iter()? {
        list.push(bytes_of(&record?)?);
    }
    Ok(list)
}

/// Returns the records of all `parts` in their order; of those, the ones with the numbers `picks`,
/// if there are any.
pub(crate) fn picked<'a>(
    parts: &'a [Bound<'_, PyPackedRecords>],
    picks: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<&'a [u8]>> {
    let all: Vec<&[u8]> = parts.iter().flat_map(|part| part.get().records()).collect();
    let Some(picks) = picks else { return Ok(all) };
    let picks = PyBuffer::<i64>::get(picks)?.to_vec(picks.py())?;
    let pick = |number: i64| {
        let record = usize::try_from(number).ok().and_then(|number| all.get(number));
        record.copied().ok_or_else(|| {
            let message = format!("{number} is out of range: there are {} records", all.len());
            PyIndexError::new_err(message)
        })
    };
    picks.into_iter().map(pick).collect()
}

/// Checks that no record is too large.
pub(crate) fn check_lens(records: &[&[u8]]) -> Result<(), Error> {
    let too_large = records.iter().map(|record| record.len()).find(|len| *len > MAX_RECORD_LEN);
    too_large.map_or(Ok(()), |len| Err(Error::RecordTooLarge { len }))
}

/// Where records go, with their keys.
pub(crate) enum Entries<'k> {
    /// There is no index.
    None,
    /// Each record has the next integer, counted from what the first of the file has.
    Counted(i64),
    /// As many as records.
    Keyed(&'k Keys),
}

/// Writes records, and returns the offset of each.
///
/// # Errors
///
/// `Ok(Err(_))` is a failure of the files; `Err(_)` is what a signal handler has raised, between two
/// records.
pub(crate) fn write_all(
    py: Python<'_>,
    files: &mut Inner,
    records: &[&[u8]],
    entries: &Entries<'_>,
) -> PyResult<Result<Vec<u64>, Error>> {
    let mut offsets = Vec::with_capacity(records.len());
    while offsets.len() < records.len() {
        if let Err(error) = py.detach(|| write_some(files, records, entries, &mut offsets)) {
            return Ok(Err(error));
        }
        py.check_signals()?;
    }
    Ok(Ok(offsets))
}

fn write_some(
    files: &mut Inner,
    records: &[&[u8]],
    entries: &Entries<'_>,
    offsets: &mut Vec<u64>,
) -> Result<(), Error> {
    let (first, mut bytes) = (offsets.len(), 0);
    for (number, record) in records.iter().enumerate().skip(first).take(MAX_COUNT_AT_ONCE) {
        let key = match entries {
            Entries::None => None,
            Entries::Counted(first) => {
                let count = i64::try_from(files.records().count()).unwrap_or(i64::MAX);
                Some(Key::Integer(first.saturating_add(count)))
            }
            Entries::Keyed(keys) => keys.get(number),
        };
        let offset = match key {
            Some(key) => files.write_record(key, record)?,
            None => files.write_unindexed(record)?,
        };
        offsets.push(offset);
        bytes += record.len();
        if bytes >= WRITTEN_AT_ONCE {
            break;
        }
    }
    Ok(())
}
