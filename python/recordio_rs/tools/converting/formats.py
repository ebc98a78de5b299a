"""The formats that there are, and what reads and writes them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from typing import TypeAlias

from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.converting.fields import Fields, Tell
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.sample import Sample
from recordio_rs.tools.converting.target import Target

__all__ = [
    "COMPRESSIBLE",
    "FORMATS",
    "RECORDS",
    "MissingLibraryError",
    "format_of_name",
    "is_compressed_name",
    "reader",
    "target",
]

RECORDS = "rec"

Read: TypeAlias = Callable[[str, int, Fields, Losses, Tell], Iterator[Sample]]

_SUFFIXES = {
    ".rec": RECORDS,
    ".tar": "webdataset",
    ".tgz": "webdataset",
    ".tar.gz": "webdataset",
    ".tfrecord": "tfrecord",
    ".tfrecords": "tfrecord",
    ".tfrec": "tfrecord",
    ".tfrecord.gz": "tfrecord",
    ".parquet": "parquet",
}
_COMPRESSED = (".tgz", ".gz")

# What reads and what writes each, and the library that it is from.
_READERS = {
    "webdataset": ("webdataset_reading", "read_webdataset"),
    "tfrecord": ("tfrecord", "read_tfrecord"),
    "parquet": ("parquet_reading", "read_parquet"),
}
_TARGETS = {
    RECORDS: ("records", "RecordsTarget"),
    "webdataset": ("webdataset_writing", "WebDatasetTarget"),
    "tfrecord": ("tfrecord", "TFRecordTarget"),
    "parquet": ("parquet_writing", "ParquetTarget"),
}

FORMATS = tuple(_TARGETS)
"""The names of all formats."""

COMPRESSIBLE = frozenset(("webdataset", "tfrecord"))
"""Those that are written compressed by gzip where a name promises that."""


class MissingLibraryError(RecordIOError, ImportError):
    """A library is not installed that a format needs."""


def format_of_name(path: str) -> str | None:
    """Returns the format that the name of a file tells, or `None`.

    Args:
        path: The file.
    """
    name = os.path.basename(path).lower()
    found = [suffix for suffix in _SUFFIXES if name.endswith(suffix)]
    if found:
        return _SUFFIXES[max(found, key=len)]
    # As TensorFlow's datasets have them: name-train.tfrecord-00000-of-00010.
    return "tfrecord" if ".tfrecord-" in name else None


def is_compressed_name(path: str) -> bool:
    """Tells whether a name promises that a file is compressed."""
    return path.lower().endswith(_COMPRESSED)


def reader(name: str) -> Read:
    """Returns what reads a format other than records.

    Args:
        name: One of `FORMATS`.

    Raises:
        MissingLibraryError: Its library is not installed.
    """
    read: Read = _imported(name, *_READERS[name])
    return read


def target(name: str) -> Target:
    """Returns what writes a format.

    Args:
        name: One of `FORMATS`.

    Raises:
        MissingLibraryError: Its library is not installed.
    """
    made: Target = _imported(name, *_TARGETS[name])()
    return made


def _imported(name: str, module: str, attribute: str):  # type: ignore[no-untyped-def] # noqa: ANN202
    try:
        return getattr(importlib.import_module(f"{__package__}.{module}"), attribute)
    except ImportError as error:
        message = (
            f"{name} needs the library {error.name}, which is not installed: "
            "pip install 'recordio_rs[convert]'"
        )
        raise MissingLibraryError(message) from error
