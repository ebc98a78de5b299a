"""Files of records that say which ones they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recordio_rs import Reader, Writer

__all__ = ["entries", "record", "write_numbered"]


def record(number: int, size: int = 0) -> bytes:
    """Gives the record of a number, with so many bytes more."""
    return b"record %d" % number + bytes(size)


def write_numbered(
    path: Path, numbers: Iterable[int], keys: Iterable[int | str] | None = None, size: int = 0
) -> Path:
    """Writes records, whose keys are their numbers unless others are given."""
    numbers = list(numbers)
    with Writer(path) as writer:
        writer.write_batch(
            (record(number, size) for number in numbers), numbers if keys is None else keys
        )
    return path


def entries(path: Path) -> list[tuple[str, bytes]]:
    """Gives keys and records of a file, in the order of its index."""
    with Reader(path, key_type=str) as reader:
        assert reader.index_path is not None
        return [(str(key), data) for key, data in zip(reader.keys, reader, strict=True)]
