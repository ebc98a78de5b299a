"""Files that are written beside the one that they replace."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter

from recordio_rs._held_signals import signals_held
from recordio_rs._lock import locked, locked_open
from recordio_rs.exceptions import LockedError, locked_error, storage_error


@contextmanager
def replacing(path: str) -> Iterator[BufferedWriter]:
    """Gives a file to write that takes the place of the one at `path` if the block ends well.

    It is on the disk before it does, and has the permissions of the old one. If the block raises,
    it is removed, and nothing has changed. A link stays, and what it points to is replaced. No
    other writer gets at the old file or at the new one meanwhile.

    Raises:
        LockedError: Another writer has the file, in this process or in another one.
        StorageError: The file cannot be written, or not take that place; what is there is no
            regular file, say.
    """
    target = os.path.realpath(path)
    partial = target + ".partial"
    try:
        mode = mode_of(target)
        with locked(target), _made(partial) as file:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            yield file
            flush_to_disk(file)
            file.close()
            os.replace(partial, target)
            sync_folder(target)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename in (None, partial, target):
            if isinstance(error, LockedError):
                raise locked_error(path) from None
            raise storage_error(error.errno, str(error), path) from error
        raise


@contextmanager
def _made(path: str) -> Iterator[BufferedWriter]:
    """Gives a new file that no other writer may have; it is removed if the block raises.

    One that is there is of a process that was killed, unless a writer has it.

    Raises:
        LockedError: A writer has it.
        OSError: It cannot be made.
    """
    with locked(path), suppress(FileNotFoundError):
        os.remove(path)
    file: BufferedWriter | None = None
    made: os.stat_result | None = None
    try:
        with signals_held():  # else one could come when the file is there and nobody knows
            file = _opened(path)
            made = os.fstat(file.fileno())
        with locked_open(path, file.fileno()):
            yield file
    except BaseException:
        if file is not None:
            file.raw.close()  # what is not written yet is not wanted
        with suppress(OSError):
            if made is not None and os.path.samestat(os.stat(path), made):
                os.remove(path)
        raise
    finally:
        if file is not None:
            file.close()


def _opened(path: str) -> BufferedWriter:
    try:
        return open(path, "xb")
    except FileExistsError:
        raise locked_error(path) from None  # another one was faster


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
