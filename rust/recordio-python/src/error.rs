//! What goes wrong here, and the one way from it to a Python exception.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use pyo3::{
    PyTypeInfo,
    call::PyCallArgs,
    exceptions::{PyMemoryError, PyOSError},
    import_exception,
    prelude::*,
    sync::PyOnceLock,
    types::PyString,
};
use recordio::{
    Error, FormatError,
    fragment::{HEADER_LEN, MAGIC_NUMBER, MAX_RECORD_LEN},
    idx::InvalidKey,
};

import_exception!(recordio_rs.exceptions, ClosedError);
import_exception!(recordio_rs.exceptions, CorruptRecordError);
import_exception!(recordio_rs.exceptions, ForkedError);
import_exception!(recordio_rs.exceptions, IndexFormatError);
import_exception!(recordio_rs.exceptions, IndexMismatchError);
import_exception!(recordio_rs.exceptions, InvalidKeyError);
import_exception!(recordio_rs.exceptions, RecordTooLargeError);
import_exception!(recordio_rs.exceptions, ReentrantError);
import_exception!(recordio_rs.exceptions, SameFileError);
import_exception!(recordio_rs.exceptions, TruncatedRecordError);
import_exception!(recordio_rs.exceptions, WriteAfterFailureError);

pub(crate) type BindingResult<T> = Result<T, BindingError>;

/// An error of a binding method.
#[derive(Debug)]
pub(crate) enum BindingError {
    /// The crate below failed on the file at `path`.
    Core { error: Error, path: PathBuf, ordinal: Option<u64>, key: Option<Py<PyAny>> },
    /// The file is closed.
    Closed { path: PathBuf },
    /// The object belongs to the process that this one was forked from.
    Forked { path: PathBuf },
    /// A thread asks for a file that it is using already: a signal handler, say.
    Reentrant { path: PathBuf },
    /// Records and index would go to one file.
    SameFile { path: PathBuf },
    /// Another writer has the file.
    Locked { path: PathBuf },
    /// A text key is not Unicode: it holds half of a surrogate pair.
    KeyNotUnicode { key: Py<PyAny> },
    /// Python failed.
    Python(PyErr),
}

impl BindingError {
    /// Creates the error for a failure on the file at `path`.
    pub(crate) fn core(error: impl Into<Error>, path: &Path) -> Self {
        Self::Core { error: error.into(), path: path.to_owned(), ordinal: None, key: None }
    }

    /// Creates the error for a failure that has to do with no file.
    pub(crate) fn plain(error: impl Into<Error>) -> Self {
        Self::core(error, Path::new(""))
    }

    /// Has it name another file, if it names the one at `path`.
    pub(crate) fn with_path(mut self, path: &Path, other: &Path) -> Self {
        if let Self::Core { path: named, .. }
        | Self::SameFile { path: named }
        | Self::Locked { path: named } = &mut self
            && named == path
        {
            other.clone_into(named);
        }
        self
    }

    /// Adds the ordinal of the record that was asked for, if it is known.
    pub(crate) fn with_ordinal(mut self, asked: impl Into<Option<u64>>) -> Self {
        if let (Self::Core { ordinal, .. }, Some(asked)) = (&mut self, asked.into()) {
            *ordinal = Some(asked);
        }
        self
    }

    /// Adds the key of the record that was asked for, if it was asked for by one.
    pub(crate) fn with_key(mut self, asked: Option<Bound<'_, PyAny>>) -> Self {
        if let Self::Core { key, .. } = &mut self {
            *key = asked.map(Bound::unbind);
        }
        self
    }
}

impl From<PyErr> for BindingError {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

/// What was expected or found: a number, or words.
#[derive(IntoPyObject)]
enum Fact {
    Number(u64),
    Words(String),
}

type Facts = (Option<Fact>, Option<Fact>);

/// The positional arguments of `recordio_rs.exceptions.RecordIOError`.
type Arguments = (
    String,
    Option<OsString>,
    Option<u64>,
    Option<u64>,
    Option<Py<PyAny>>,
    Option<Fact>,
    Option<Fact>,
    Option<&'static str>,
);

impl From<BindingError> for PyErr {
    fn from(error: BindingError) -> Self {
        match error {
            BindingError::Core { error, path, ordinal, key } => {
                core_error(error, &path, ordinal, key)
            }
            BindingError::Closed { path } => ClosedError::new_err(plain("file is closed", &path)),
            BindingError::Forked { path } => {
                let message = "Forbidden operation in multiple processes: opened before a fork";
                ForkedError::new_err(plain(message, &path))
            }
            BindingError::Reentrant { path } => {
                ReentrantError::new_err(plain("this thread is using the file already", &path))
            }
            BindingError::SameFile { path } => {
                SameFileError::new_err(plain("records and index cannot go to one file", &path))
            }
            BindingError::Locked { path } => made(&LOCKED_ERROR, (path.as_os_str(),), &path),
            BindingError::KeyNotUnicode { key } => {
                let message = "invalid key: it is not Unicode".to_owned();
                let arguments: Arguments = (message, None, None, None, Some(key), None, None, None);
                InvalidKeyError::new_err(arguments)
            }
            BindingError::Python(error) => error,
        }
    }
}

fn core_error(error: Error, path: &Path, ordinal: Option<u64>, key: Option<Py<PyAny>>) -> PyErr {
    if let Error::Io(source) | Error::IndexIo(source) = &error {
        return os_error(source, path, ordinal, key);
    }
    let (message, kind) = (message_of(&error), error.kind());
    let key = match &error {
        Error::InvalidKey(InvalidKey { key }) => Some(text_object(key)),
        _ => key,
    };
    let arguments = |offset, ordinal, (expected, found): Facts| -> Arguments {
        (message, name_of(path), offset, ordinal, key, expected, found, kind)
    };
    let numbers = |expected, found| (Some(Fact::Number(expected)), Some(Fact::Number(found)));
    match error {
        Error::Format { offset, ordinal: counted, source } => {
            let arguments = arguments(Some(offset), ordinal.or(counted), facts_of(source));
            match source {
                FormatError::Truncated { .. } => TruncatedRecordError::new_err(arguments),
                _ => CorruptRecordError::new_err(arguments),
            }
        }
        Error::OffsetBeyondEnd { offset, file_len } => {
            let at_least = offset.saturating_add(HEADER_LEN as u64);
            let facts = numbers(at_least, file_len);
            IndexMismatchError::new_err(arguments(Some(offset), ordinal, facts))
        }
        Error::NoRecordAt { offset } => {
            let facts = (Some(Fact::Words("a record".to_owned())), None);
            IndexMismatchError::new_err(arguments(Some(offset), ordinal, facts))
        }
        Error::Index(entry) => {
            let expected = Fact::Words("key, tab, offset".to_owned());
            let facts = (Some(expected), Some(Fact::Words(entry.found)));
            IndexFormatError::new_err(arguments(None, entry.line.checked_sub(1), facts))
        }
        Error::InvalidKey(_) => InvalidKeyError::new_err(arguments(None, None, (None, None))),
        Error::RecordTooLarge { len } => {
            let facts = numbers(MAX_RECORD_LEN as u64, len as u64);
            RecordTooLargeError::new_err(arguments(None, None, facts))
        }
        _ => WriteAfterFailureError::new_err(arguments(None, None, (None, None))),
    }
}

/// Returns the message; users of MXNet may look for the words that it has there.
fn message_of(error: &Error) -> String {
    match error {
        Error::Format { offset, source, .. } => {
            format!("Invalid RecordIO File: {source} at byte {offset}")
        }
        Error::RecordTooLarge { len } => {
            format!("RecordIO only accept record less than 2^29 bytes (found {len})")
        }
        other => other.to_string(),
    }
}

fn facts_of(error: FormatError) -> Facts {
    let words = |words: &str| Some(Fact::Words(words.to_owned()));
    match error {
        FormatError::BadMagic { found } => {
            (Some(Fact::Number(MAGIC_NUMBER.into())), Some(Fact::Number(found.into())))
        }
        FormatError::UnknownFlag { flag } => {
            (words("continue flag 0 to 3"), Some(Fact::Number(flag.into())))
        }
        FormatError::ContinuationWithoutFirst { found } => {
            (words("full or first fragment"), words(&found.to_string()))
        }
        FormatError::RecordWithoutLast { found } => {
            (words("middle or last fragment"), words(&found.to_string()))
        }
        FormatError::RecordTooLong { found } => {
            (Some(Fact::Number(MAX_RECORD_LEN as u64)), Some(Fact::Number(found)))
        }
        FormatError::Truncated { expected, found, .. } => {
            (Some(Fact::Number(expected)), Some(Fact::Number(found)))
        }
        _ => (None, None),
    }
}

fn text_object(text: &str) -> Py<PyAny> {
    Python::attach(|py| PyString::new(py, text).into_any().unbind())
}

fn plain(message: &str, path: &Path) -> (String, Option<OsString>) {
    (message.to_owned(), name_of(path))
}

/// Returns the path as Python has it, also if it is no text; `None` where no file is involved.
fn name_of(path: &Path) -> Option<OsString> {
    (!path.as_os_str().is_empty()).then(|| path.as_os_str().to_owned())
}

static STORAGE_ERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static LOCKED_ERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Imports all exceptions that this module may have to raise.
pub(crate) fn import_exceptions(py: Python<'_>) -> PyResult<()> {
    let exceptions = py.import("recordio_rs.exceptions")?;
    let storage_error = exceptions.getattr("storage_error")?.unbind();
    let _ = STORAGE_ERROR.set(py, storage_error);
    let _ = LOCKED_ERROR.set(py, exceptions.getattr("locked_error")?.unbind());
    ClosedError::type_object(py);
    CorruptRecordError::type_object(py);
    ForkedError::type_object(py);
    IndexFormatError::type_object(py);
    IndexMismatchError::type_object(py);
    InvalidKeyError::type_object(py);
    RecordTooLargeError::type_object(py);
    ReentrantError::type_object(py);
    SameFileError::type_object(py);
    TruncatedRecordError::type_object(py);
    WriteAfterFailureError::type_object(py);
    Ok(())
}

/// Returns the `OSError` with number, text and file name, of the class that belongs to the number;
/// or what a signal handler raised while the system worked; or `MemoryError`.
fn os_error(
    source: &io::Error,
    path: &Path,
    ordinal: Option<u64>,
    key: Option<Py<PyAny>>,
) -> PyErr {
    if let Some(raised) = source.get_ref().and_then(|inner| inner.downcast_ref::<PyErr>()) {
        return Python::attach(|py| raised.clone_ref(py));
    }
    if source.kind() == io::ErrorKind::OutOfMemory {
        return PyMemoryError::new_err(format!("no memory for a record of {}", path.display()));
    }
    let (number, text) = (source.raw_os_error(), source.to_string());
    made(&STORAGE_ERROR, (number, &text, path.as_os_str(), ordinal, key), path)
}

/// Returns what a function of `recordio_rs.exceptions` makes of its arguments.
fn made(
    function: &PyOnceLock<Py<PyAny>>,
    arguments: impl for<'py> PyCallArgs<'py>,
    path: &Path,
) -> PyErr {
    Python::attach(|py| {
        let missing = || PyOSError::new_err(path.display().to_string());
        let made = function.get(py).ok_or_else(missing);
        let made = made.and_then(|function| function.bind(py).call1(arguments));
        made.map_or_else(|error| error, PyErr::from_value)
    })
}
