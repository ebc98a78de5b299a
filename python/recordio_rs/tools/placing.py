"""Files that take their places, all of them or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeAlias

from recordio_rs._held_signals import signals_held
from recordio_rs._paths import paths_on_the_way
from recordio_rs._replacing import flush_to_disk, replacing
from recordio_rs.exceptions import storage_error
from recordio_rs.tools.open_files import allow_open_files

__all__ = ["all_or_none", "check_is_free", "write_all_or_none"]

Identity: TypeAlias = tuple[int, int]

# What stands behind the name of a file that is replaced, until all others are.
_SUFFIX = ".replaced"
# A file, the one that it replaces, and the lock of each.
_OPEN_FILES = 4


@contextmanager
def all_or_none(paths: Sequence[str]) -> Iterator[None]:
    """Puts everything back as it was if the block, which puts files in their places, raises.

    A file that is replaced keeps a second name meanwhile. Where the file system gives it none, the
    new one stays in its place; the error has a note of that. Signals wait until all is done.

    Args:
        paths: The files. Each is whole, under the name that ends in `.partial`.

    Raises:
        StorageError: A second name is taken; see `check_is_free`.
    """
    with signals_held():
        places: list[_Place] = []
        try:
            for path in paths:
                places.append(_Place(path))
            yield
        except BaseException as error:
            for place in reversed(places):
                try:
                    place.put_back()
                except OSError as failure:
                    error.add_note(f"{place.path} could not be put back: {failure.strerror}")
            raise
        for place in places:
            place.forget()


def write_all_or_none(files: Sequence[tuple[str, Iterable[bytes]]]) -> None:
    """Writes files that replace those that are there when all are on the disk; none if one fails.

    Args:
        files: The path of each, and what goes into it.

    Raises:
        StorageError: A file cannot be written, or not take its place.
    """
    for path, _ in files:
        check_is_free(path)
    allow_open_files(_OPEN_FILES * len(files))
    with ExitStack() as stack:
        for path, content in files:
            file = stack.enter_context(replacing(path))
            file.writelines(content)
            flush_to_disk(file)
        with all_or_none([path for path, _ in files]):
            stack.close()


def check_is_free(path: str) -> None:
    """Checks that what is at a path can be given the second name that it needs.

    Raises:
        StorageError: There is a file of that name: what was replaced when a process was killed.
    """
    target = os.path.realpath(path)
    kept = target + _SUFFIX
    if os.path.lexists(kept) and _identity(kept) != _identity(target):
        error = storage_error(errno.EEXIST, "there already", kept)
        error.add_note("it was being replaced when a process was killed")
        raise error


class _Place:
    """The place of a file, before and after it is taken.

    Args:
        path: The file.

    Attributes:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._target, self._partial = os.path.realpath(path), paths_on_the_way(path)[1]
        self._old, self._new = _identity(self._target), _identity(self._partial)
        self._kept: str | None = None
        if self._old is None:
            return
        check_is_free(path)
        kept = self._target + _SUFFIX
        with suppress(OSError):  # a file system without links
            if not os.path.lexists(kept):
                os.link(self._target, kept)
            self._kept = kept

    def put_back(self) -> None:
        """Makes everything as it was.

        Raises:
            OSError: The system does not let it; or a file cannot be put back that has no second
                name.
        """
        with suppress(FileNotFoundError):
            if _identity(self._partial) == self._new:
                os.unlink(self._partial)
        there = _identity(self._target)
        if there is None or there == self._new:
            if self._kept is not None:
                os.replace(self._kept, self._target)
            elif self._old is None and there is not None:
                os.unlink(self._target)
            elif self._old is not None:
                raise OSError(errno.ENOTSUP, "its file system has no links")
        else:  # the old one still, or what somebody else has put there
            self.forget()

    def forget(self) -> None:
        """Takes the second name away."""
        if self._kept is not None:
            with suppress(OSError):
                os.unlink(self._kept)


def _identity(path: str) -> Identity | None:
    """Returns the numbers by which a system tells files apart, or `None` if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
