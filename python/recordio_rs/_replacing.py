"""Files that are written beside the one that they replace."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter

from recordio_rs.exceptions import storage_error


@contextmanager
def replacing(path: str) -> Iterator[BufferedWriter]:
    """Gives a file to write that takes the place of the one at `path` if the block ends well.

    It is on the disk before it does. If the block raises, it is removed, and nothing has changed.

    Raises:
        StorageError: The file cannot be written, or not take that place.
    """
    partial = path + ".partial"
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.remove(partial)
        if isinstance(error, OSError) and error.filename in (None, partial):
            raise storage_error(error.errno, str(error), path) from error
        raise
