"""Failures of the system that say which file they are of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recordio_rs.exceptions import storage_error

__all__ = ["errors_name"]


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
