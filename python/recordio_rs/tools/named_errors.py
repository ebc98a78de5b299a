"""Failures of the system that say which file they are of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recordio_rs.exceptions import StorageError, storage_error

__all__ = ["errors_name", "stdout_errors"]

# What the native module calls it, as MXNet does.
_STDOUT = "stdout"


@contextmanager
def errors_name(path: str) -> Iterator[None]:
    """Lets errors of the block name a file, where they name none: those of reads and writes.

    Args:
        path: The file, or what stands for it.

    Raises:
        StorageError: The block raises an `OSError` without a name.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise storage_error(error.errno, str(error), path) from error
        raise


@contextmanager
def stdout_errors() -> Iterator[None]:
    """Lets errors of a `FileWriter.stdout` that is used in the block call it standard output."""
    try:
        yield
    except StorageError as error:
        if error.filename == _STDOUT:
            error.filename = "standard output"
        raise
