"""A `Reader` whose keys are what stands in the index."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Literal

from recordio_rs._listed import are_usual
from recordio_rs.exceptions import IndexFormatError
from recordio_rs.reader import Reader

__all__ = ["reader_as_listed"]


def reader_as_listed(path: str, index: str | Literal[False] | None) -> Reader:
    """Opens a file, with keys as they stand in the index: `007` is not `7`.

    It is not mapped: memory then does not grow with what was read.

    Args:
        path: The `.rec` file.
        index: As for `Reader`.

    Raises:
        IndexFormatError: The index is damaged.
        StorageError: A file cannot be read.
    """
    with suppress(IndexFormatError):
        reader = Reader(path, index, backend="positioned")
        index_path = reader.index_path
        if index_path is None or not os.path.isfile(index_path):
            return reader
        if are_usual(reader._indexed().native, os.fspath(index_path)):
            return reader
        reader.close()
    return Reader(path, index, key_type=str, backend="positioned")
