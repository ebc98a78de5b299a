//! The folder of a file, which has its name.

use std::path::Path;

use crate::error::BindingResult;

/// Returns once the names in the folder of the file at `path` are durable.
#[cfg(unix)]
pub(crate) fn sync(path: &Path) -> BindingResult<()> {
    use std::{fs::File, io};

    use crate::error::BindingError;

    let Some(folder) = path.parent() else { return Ok(()) };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    match synced {
        // A file system that does not do this for folders.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        synced => synced.map_err(|error| BindingError::core(error, folder)),
    }
}

/// Does nothing: this system takes care of that.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "other systems can fail")]
pub(crate) fn sync(_path: &Path) -> BindingResult<()> {
    Ok(())
}
