"""ArrayRecord, with files that are not compressed and a record a group.

So its documentation says random access is best; with larger groups sequence is no faster.
"""

from __future__ import annotations

from typing import Any

from array_record.python import (  # type: ignore[import-not-found]
    array_record_module as array_record,
)

from benchmarks import shuffled, whole
from benchmarks.gauge import Figures
from benchmarks.job import Job

PACKAGES = ["array_record"]
WRITER_OPTIONS = "group_size:1,uncompressed"
_BULK = 1024


def _reader(job: Job, options: str = "", **keywords: int) -> Any:  # noqa: ANN401 - no types there
    return array_record.ArrayRecordReader(job.path("array_record"), options, **keywords)


def write(job: Job, options: str = WRITER_OPTIONS) -> Figures:
    """Writes with `ArrayRecordWriter.write`."""

    def work() -> None:
        writer = array_record.ArrayRecordWriter(job.path("array_record"), options)
        whole.write_all(job, writer.write)
        writer.close()

    return whole.once(job, work)


def read(job: Job, options: str = "") -> Figures:
    """Reads in sequence with `ArrayRecordReader.read()`."""
    count = job.records.count
    return whole.in_sequence(job, lambda: whole.times(_reader(job, options).read, count))


def read_ranges(job: Job, options: str = "") -> Figures:
    """Reads in sequence with `ArrayRecordReader.read(begin, end)`."""

    def read_all() -> bytes:
        reader = _reader(job, options)
        count = reader.num_records()
        for begin in range(0, count, _BULK):
            records = reader.read(begin, min(begin + _BULK, count))
        return bytes(records[-1])

    return whole.in_sequence(job, read_all)


def read_one(job: Job, options: str = "", **keywords: int) -> Figures:
    """Reads with `ArrayRecordReader.read([i])`."""
    reader_read = _reader(job, options, **keywords).read
    return shuffled.one_by_one(job, lambda ordinal: reader_read([ordinal])[0])


def read_many(job: Job, options: str = "", **keywords: int) -> Figures:
    """Reads with `ArrayRecordReader.read([i, j, ...])`."""
    return shuffled.in_batches(job, _reader(job, options, **keywords).read)
