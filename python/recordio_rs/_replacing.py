"""Files that are written beside the one that they replace."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter

from recordio_rs.exceptions import storage_error


@contextmanager
def replacing(path: str) -> Iterator[BufferedWriter]:
    """Gives a file to write that takes the place of the one at `path` if the block ends well.

    It is on the disk before it does, and has the permissions of the old one. If the block raises,
    it is removed, and nothing has changed. A link stays, and what it points to is replaced.

    Raises:
        StorageError: The file cannot be written, or not take that place; what is there is no
            regular file, say.
    """
    target = os.path.realpath(path)
    partial = target + ".partial"
    is_made = False
    try:
        mode = mode_of(target)
        with suppress(FileNotFoundError):
            os.remove(partial)  # of a process that was killed
        with open(partial, "xb") as file:
            is_made = True
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            yield file
            flush_to_disk(file)
        os.replace(partial, target)
        sync_folder(target)
    except BaseException as error:
        if is_made:
            with suppress(OSError):
                os.remove(partial)
        if isinstance(error, OSError) and error.filename in (None, partial, target):
            raise storage_error(error.errno, str(error), path) from error
        raise


def flush_to_disk(file: BufferedWriter) -> None:
    """Comes back when all that was written to a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def mode_of(path: str) -> int | None:
    """Returns the permissions of a regular file, or `None` if there is none.

    Raises:
        OSError: What is there is no regular file, or cannot be looked at.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        number = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL
        raise OSError(number, os.strerror(number), path)
    return stat.S_IMODE(status.st_mode)


def sync_folder(path: str) -> None:
    """Makes names durable, where the system lets a folder be opened for that."""
    with suppress(OSError):
        descriptor = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
