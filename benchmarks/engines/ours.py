"""This package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any

import numpy as np

from benchmarks import shuffled, whole
from benchmarks.gauge import Figures
from benchmarks.job import BATCH, Job
from recordio_rs import Reader, Writer
from recordio_rs._recordio_rs import is_debug_build
from recordio_rs.recordio import MXIndexedRecordIO, MXRecordIO

if is_debug_build:
    raise SystemExit("this is a debug build, which is not worth measuring: run 'make build'")

PACKAGES = ["recordio_rs", "numpy"]


def _array(ordinals: Sequence[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(ordinals, np.int64)


def _indexed(job: Job, flag: str = "r") -> MXIndexedRecordIO:
    return MXIndexedRecordIO(job.path("idx"), job.path("rec"), flag)


def _order(job: Job) -> Iterator[int]:
    return islice(cycle(job.order), job.records.count)


def write_idx(job: Job) -> Figures:
    """Writes with `MXIndexedRecordIO.write_idx`."""

    def work() -> None:
        writer = _indexed(job, "w")
        whole.write_all_keyed(job, writer.write_idx)
        writer.close()

    return whole.once(job, work)


def writer_write(job: Job) -> Figures:
    """Writes with `Writer.write`, the index included."""

    def work() -> None:
        with Writer(job.path("rec")) as writer:
            whole.write_all(job, writer.write)

    return whole.once(job, work)


def writer_batch(job: Job) -> Figures:
    """Writes with `Writer.write_batch`, the index included."""

    def work() -> None:
        payloads = cycle(job.records.payloads())
        with Writer(job.path("rec")) as writer:
            for begin in range(0, job.records.count, BATCH):
                count = min(BATCH, job.records.count - begin)
                writer.write_batch(list(islice(payloads, count)))

    return whole.once(job, work)


def read(job: Job) -> Figures:
    """Reads in sequence with `MXRecordIO.read`."""
    return whole.in_sequence(job, lambda: whole.until_none(MXRecordIO(job.path("rec"), "r").read))


def iterate(job: Job) -> Figures:
    """Reads in sequence with `for record in Reader`."""
    return whole.in_sequence(job, lambda: whole.through(Reader(job.path("rec"), index=False)))


def read_idx(job: Job) -> Figures:
    """Reads by key with `MXIndexedRecordIO.read_idx`."""
    return shuffled.one_by_one(job, _indexed(job).read_idx)


def subscript(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads with `Reader[i]`."""
    return shuffled.by_subscript(job, Reader(job.path("rec"), **options))


def read_batch(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads with `Reader.read_batch`."""
    return shuffled.in_batches(job, Reader(job.path("rec"), **options).read_batch, _array)


def read_packed(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads with `Reader.read_packed`."""
    return shuffled.in_batches(job, Reader(job.path("rec"), **options).read_packed, _array)


def batch_in_sequence(job: Job) -> Figures:
    """Reads in sequence with `Reader.read_batch`."""

    def read_all() -> bytes:
        reader = Reader(job.path("rec"))
        for begin in range(0, len(reader), BATCH):
            records = reader.read_batch(range(begin, min(begin + BATCH, len(reader))))
        return records[-1]

    return whole.in_sequence(job, read_all)


def packed_in_sequence(job: Job) -> Figures:
    """Reads in sequence with `Reader.read_packed`."""

    def read_all() -> memoryview:
        reader = Reader(job.path("rec"))
        for begin in range(0, len(reader), BATCH):
            records = reader.read_packed(range(begin, min(begin + BATCH, len(reader))))
        return records[len(records) - 1]

    return whole.in_sequence(job, read_all)


def batch_threads(job: Job, threads: int) -> Figures:
    """Reads with `Reader.read_batch` in threads."""
    reader = Reader(job.path("rec"))
    return shuffled.in_threads(
        job, lambda batch: reader.read_batch(batch, num_threads=1), _array, threads
    )


def packed_threads(job: Job, threads: int) -> Figures:
    """Reads with `Reader.read_packed` in threads."""
    reader = Reader(job.path("rec"))
    return shuffled.in_threads(
        job, lambda batch: reader.read_packed(batch, num_threads=1), _array, threads
    )


def prefetch(job: Job) -> Figures:
    """Reads with `for record in Reader.prefetch`."""
    return shuffled.ahead(job, Reader(job.path("rec")).prefetch, _array)


def open_indexed(job: Job) -> Figures:
    """Opens an index with `MXIndexedRecordIO`, and reads a record."""

    def work() -> MXIndexedRecordIO:
        reader = _indexed(job)
        job.check(0, reader.read_idx(0))
        return reader

    return whole.once(job, work)


def open_reader(job: Job) -> Figures:
    """Opens an index with `Reader`, asks for its length and gets a record by key."""

    def work() -> Reader:
        reader = Reader(job.path("rec"))
        assert len(reader) == job.records.count
        job.check(0, reader.get(0))
        return reader

    return whole.once(job, work)


def rebuild(job: Job) -> Figures:
    """Finds every record without the index: what `len` does where there is none."""

    def find_all() -> bytes:
        reader = Reader(job.path("rec"), index=False)
        return reader[len(reader) - 1]

    return whole.in_sequence(job, find_all)


def read_flat(job: Job) -> Figures:
    """Reads all with `MXRecordIO.read`."""
    return whole.early_and_late(job, lambda: iter(MXRecordIO(job.path("rec"), "r").read, None))


def iterate_flat(job: Job) -> Figures:
    """Reads all with `for record in Reader`."""
    return whole.early_and_late(job, lambda: iter(Reader(job.path("rec"), index=False)))


def read_idx_flat(job: Job) -> Figures:
    """Reads as many records as there are with `read_idx`, in random order."""
    return whole.early_and_late(job, lambda: map(_indexed(job).read_idx, _order(job)))


def subscript_flat(job: Job) -> Figures:
    """Reads as many records as there are with `Reader[i]`, in random order."""
    return whole.early_and_late(job, lambda: map(Reader(job.path("rec")).__getitem__, _order(job)))


def writer_flat(job: Job) -> Figures:
    """Writes all with `Writer.write`."""

    def steps() -> Iterator[int]:
        writer = Writer(job.path("rec"))
        yield from map(writer.write, islice(cycle(job.records.payloads()), job.records.count))
        writer.close()

    return whole.early_and_late(job, steps)
