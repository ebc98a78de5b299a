"""The records of a file one after the other, without an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordio_rs._recordio_rs import FileReader
from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexFormatError,
    IndexMismatchError,
    TruncatedRecordError,
)
from recordio_rs.tools.batches import MAX_BYTES, MAX_RECORDS

__all__ = ["DAMAGE", "Joined", "in_sequence"]

DAMAGE = (CorruptRecordError, IndexFormatError, IndexMismatchError, TruncatedRecordError)
"""The errors that damage is, of a file or its index."""


@dataclass(frozen=True)
class Joined:
    """Records that were read one by one."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, records: list[bytes]) -> Joined:
        """Joins records."""
        ends = np.cumsum([0, *map(len, records)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(records), np.uint8), ends)


def in_sequence(path: str, last: int | None) -> Iterator[tuple[int, list[int], list[bytes]]]:
    """Reads records one after the other, up to an ordinal.

    Returns:
        Batches: the first ordinal, the offsets and the records. What comes before damage is given
        before the error is raised, but for the last record: its length may be what is damaged.
    """
    file = FileReader(path)
    try:
        begin, offsets, records, size = 0, list[int](), list[bytes](), 0
        while last is None or begin + len(records) <= last:
            if len(records) > 1 and (size >= MAX_BYTES or len(records) >= MAX_RECORDS):
                yield begin, offsets[:-1], records[:-1]
                begin += len(records) - 1
                offsets, records, size = offsets[-1:], records[-1:], len(records[-1])
            try:
                offset = file.tell()
                record = file.read()
            except DAMAGE:
                if len(records) > 1:
                    yield begin, offsets[:-1], records[:-1]
                raise
            if record is None:
                break
            offsets.append(offset)
            records.append(record)
            size += len(record)
        if records:
            yield begin, offsets, records
    finally:
        file.close()
