//! Files that are written on: what a writer before has left in them, and what has to go.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

use recordio::{
    Error,
    damage::Damage,
    io::{AppendPoint, IndexPoint, Tail},
};

use crate::{
    created::{Created, Mode, open_both},
    error::{BindingError, BindingResult},
    interrupt, os_error,
    output::{Output, identity_at},
    target::{lend_permissions, partial_path, real_path},
};

/// Files that stand at their ends, and what had to be done for that.
pub(crate) struct Appended {
    pub(crate) file: Output,
    pub(crate) index: Option<Output>,
    pub(crate) offset: u64,
    pub(crate) next_key: i64,
    pub(crate) recovered: Recovered,
}

/// What a writer before has left undone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Recovered {
    pub(crate) torn: Option<Torn>,
    /// How many entries were added to the index, and removed from it.
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

/// The bytes at the end of a file that belong to no whole record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Torn {
    pub(crate) begin: u64,
    pub(crate) end: u64,
    pub(crate) damage: Damage,
}

/// Makes files end where the next record and the next entry belong; changes nothing in damaged ones.
pub(crate) fn open_end(file: Created<'_>, index: Option<Created<'_>>) -> BindingResult<Appended> {
    let point = {
        let records = regular(&file)?;
        let text = index.as_ref().map(regular).transpose()?.flatten();
        if let (None, Some(text)) = (records, text) {
            check_empty(text).map_err(|error| BindingError::core(error, file.path()))?;
        }
        find_point(&file, records, index.as_ref(), text)?
    };
    let index_point = point.as_ref().and_then(|point| point.index.as_ref());
    let index = match (index, index_point) {
        (Some(index), Some(point)) => Some(mend_index(index, point)?),
        (Some(index), None) => Some(index.into_output()?),
        (None, _) => None,
    };
    let (mut next_key, mut recovered) = (0, Recovered::default());
    if let Some(point) = index_point {
        next_key = point.next_key();
        (recovered.added, recovered.removed) = (point.added(), point.removed());
    }
    let (path, file) = (file.path(), file.into_output()?);
    let mut offset = 0;
    if let Some(AppendPoint { tail, .. }) = &point {
        recovered.torn = torn_of(tail);
        offset = tail.end();
        mend_records(file.file(), tail).map_err(|error| BindingError::core(error, path))?;
    }
    Ok(Appended { file, index, offset, next_key, recovered })
}

/// Checks that an index has no entries, for records that go where there are none to be listed.
fn check_empty(text: &File) -> io::Result<()> {
    if text.metadata()?.len() == 0 { Ok(()) } else { Err(os_error::not_seekable()) }
}

/// Returns the file if it is a regular one: others have nothing to be read.
fn regular<'f>(created: &'f Created<'_>) -> BindingResult<Option<&'f File>> {
    let Some(file) = created.file() else { return Ok(None) };
    let metadata = file.metadata().map_err(|error| BindingError::core(error, created.path()))?;
    Ok(metadata.is_file().then_some(file))
}

fn find_point(
    file: &Created<'_>,
    records: Option<&File>,
    index: Option<&Created<'_>>,
    text: Option<&File>,
) -> BindingResult<Option<AppendPoint>> {
    let Some(records) = records else { return Ok(None) };
    let point = AppendPoint::find(records, text, interrupt::pause()).map_err(|error| {
        let path = match (&error, index) {
            (Error::Index(_) | Error::IndexIo(_), Some(index)) => index.path(),
            _ => file.path(),
        };
        BindingError::core(error, path)
    })?;
    Ok(Some(point))
}

fn torn_of(tail: &Tail) -> Option<Torn> {
    let (begin, end) = (tail.end().min(tail.file_len()), tail.file_len());
    tail.torn().map(|error| Torn { begin, end, damage: Damage::Format(error) })
}

/// Cuts off what is torn, or adds the padding that is missing, and goes to the end.
fn mend_records(mut file: &File, tail: &Tail) -> io::Result<()> {
    if tail.end() != tail.file_len() {
        file.set_len(tail.end())?;
    }
    file.seek(SeekFrom::Start(tail.end())).map(drop)
}

/// Leaves in an index what belongs there, adds what is missing, and goes to its end.
fn mend_index(index: Created<'_>, point: &IndexPoint) -> BindingResult<Output> {
    let path = index.path();
    let failed = |error: io::Error| BindingError::core(error, path);
    let output = index.into_output()?;
    if point.has_gaps() {
        return replaced_index(path, &output, point);
    }
    let mut file = output.file();
    if point.len() < point.text_len() {
        file.set_len(point.len()).map_err(failed)?;
    }
    file.seek(SeekFrom::Start(point.len())).map_err(failed)?;
    point.write_rest(file).map_err(|error| BindingError::core(error, path))?;
    Ok(output)
}

/// Writes an index anew beside the one that it replaces: whoever looks, and whatever happens, there
/// is one of the two.
fn replaced_index(path: &Path, old: &Output, point: &IndexPoint) -> BindingResult<Output> {
    let failed = |error: io::Error| BindingError::core(error, path);
    let target = real_path(path);
    let partial = partial_path(&target);
    let identity = identity_at(&partial);
    if identity.is_some() && identity == old.identity() {
        fs::remove_file(&partial).map_err(failed)?; // another name of it
    }
    let (created, _) =
        open_both(&partial, None, Mode::Anew).map_err(|error| error.with_path(&partial, path))?;
    let output = created.into_output()?;
    let write = || -> Result<(), Error> {
        let file = output.file();
        let mut kept = recordio::io::ReadAtCursor::new(old.file(), 0);
        let mut writer = BufWriter::new(file);
        io::copy(&mut io::Read::take(&mut kept, point.len()), &mut writer)?;
        point.write_rest(&mut writer)?;
        writer.flush()?;
        file.sync_data()?;
        lend_permissions(old, &output)?;
        fs::rename(&partial, &target)?;
        Ok(())
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&partial);
        BindingError::core(error, path)
    })?;
    Ok(output)
}
