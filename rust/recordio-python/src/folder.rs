//! The folder of a file, which has its name.

use std::{io, path::Path};

/// Returns once the names in the folder of the file at `path` are durable; at once if one may not
/// read that folder, and so not ask for it.
#[cfg(unix)]
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let folder = match std::fs::File::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
        opened => opened?,
    };
    match folder.sync_all() {
        // A file system that does not do this for folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// Does nothing: this system takes care of that.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "other systems can fail")]
pub(crate) fn sync(_path: &Path) -> io::Result<()> {
    Ok(())
}
