//! Ctrl-C during long work.

use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    time::{Duration, Instant},
};

use pyo3::prelude::*;
use recordio::io::Durable;

/// How long detached work may go on before signals are looked at.
const PATIENCE: Duration = Duration::from_millis(100);

/// A pipe or a file whose blocking calls give way to Python's signal handlers.
///
/// Where a handler raises, as the one for Ctrl-C does, the call fails with that exception.
#[derive(Debug)]
pub(crate) struct Interruptible<F>(pub(crate) F);

/// Lets signal handlers run, and fails with what one raises.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general")]
fn handle_signals() -> io::Result<()> {
    Python::attach(|py| py.check_signals()).map_err(io::Error::other)
}

fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => handle_signals()?,
            result => return result,
        }
    }
}

/// Returns what a call has written; if that is not all, a signal may have cut it short.
fn written(count: usize, wanted: usize) -> io::Result<usize> {
    if count < wanted {
        handle_signals()?;
    }
    Ok(count)
}

impl<F: Read> Read for Interruptible<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| self.0.read(buffer))
    }
}

impl<F: Write> Write for Interruptible<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = retry(|| self.0.write(bytes))?;
        written(count, bytes.len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = retry(|| self.0.write_vectored(slices))?;
        written(count, slices.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        retry(|| self.0.flush())
    }
}

impl<F: Durable> Durable for Interruptible<F> {
    fn sync(&mut self) -> io::Result<()> {
        retry(|| self.0.sync())
    }
}

/// Returns what to call often from detached work with how much of it is done: it lets signal handlers
/// run now and then, tells `progress` that and `total`, and fails with what one of them raises.
pub(crate) fn reporting_pause(
    progress: Option<Py<PyAny>>,
    total: u64,
) -> impl FnMut(u64) -> io::Result<()> + Send {
    let mut begin = Instant::now();
    move |done| {
        if begin.elapsed() < PATIENCE {
            return Ok(());
        }
        handle_signals()?;
        if let Some(progress) = &progress {
            let told = Python::attach(|py| progress.call1(py, (done.min(total), total)));
            told.map_err(io::Error::other)?;
        }
        begin = Instant::now();
        Ok(())
    }
}

/// Returns what to call often from detached work: it lets signal handlers run now and then, and fails
/// with what one raises.
pub(crate) fn pause() -> impl FnMut() -> io::Result<()> + Send {
    let mut pause = reporting_pause(None, 0);
    move || pause(0)
}
