"""A folder that is there when all that belongs into it is, and not before."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from recordio_rs._held_signals import signals_held
from recordio_rs.exceptions import StorageExistsError, storage_error

__all__ = ["is_free", "new_folder"]

_SUFFIX = ".partial"
_INSIDE = ".unpacking" + _SUFFIX


def is_free(path: str) -> bool:
    """Tells whether nothing is at a path, or a folder without anything in it."""
    return not os.path.lexists(path) or (os.path.isdir(path) and not os.listdir(path))


@contextmanager
def new_folder(path: str) -> Iterator[str]:
    """Gives a folder to fill that takes its place at `path` if the block ends well.

    Where a folder is already, what was made goes into it: one file after the other takes the place
    of the one of its name; everything else in there stays. If the block raises, what was made is
    removed, and nothing has changed.

    Args:
        path: The folder; the one that it is to be in is there.

    Raises:
        StorageError: It cannot be made: what is at `path` is no folder, or another process is
            filling it, or was killed while it did.
    """
    target = os.path.realpath(path)
    is_there = os.path.isdir(target)
    if os.path.lexists(target) and not is_there:
        raise storage_error(errno.ENOTDIR, "not a folder", path)
    partial = os.path.join(target, _INSIDE) if is_there else target + _SUFFIX
    is_made = False
    try:
        with signals_held():  # else one could come when the folder is there and nobody knows
            _make(partial)
            is_made = True
        yield partial
        if is_there:
            moves = list(_moves(partial, target))
            for old, new in moves:
                os.replace(old, new)
            shutil.rmtree(partial)
        else:
            os.rename(partial, target)
    except BaseException as error:
        if is_made:
            shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError) and error.filename is None:
            # Writing to an open file fails without its name.
            raise storage_error(error.errno, str(error), path) from error
        raise


def _make(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError as error:
        text = "another run is filling it; if none is, remove what a killed one has left"
        raise StorageExistsError(errno.EEXIST, text, path) from error
    except OSError as error:
        raise storage_error(error.errno, str(error), path) from error


def _moves(source: str, target: str) -> Iterator[tuple[str, str]]:
    """Gives what goes from one folder into another, and where it goes to.

    Raises:
        StorageError: A folder would go where a file is, or a file where a folder is.
    """
    with os.scandir(source) as entries:
        for entry in entries:
            new = os.path.join(target, entry.name)
            # Through a link it would get out of the folder.
            is_folder = os.path.isdir(new) and not os.path.islink(new)
            if entry.is_dir() and is_folder:
                yield from _moves(entry.path, new)
            elif is_folder or (entry.is_dir() and os.path.lexists(new)):
                raise storage_error(errno.EEXIST, "there already", new)
            else:
                yield entry.path, new
