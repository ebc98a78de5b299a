"""MXNet 1.9.1."""

from __future__ import annotations

import ctypes
import os
import random
from itertools import pairwise
from typing import Any

from mxnet import recordio  # type: ignore[import-not-found]
from mxnet.base import _LIB, check_call  # type: ignore[import-not-found]

from benchmarks import shuffled, whole
from benchmarks.gauge import Figures
from benchmarks.job import MADE, Job

PACKAGES = ["mxnet", "numpy"]


def _indexed(job: Job, flag: str = "r") -> Any:  # noqa: ANN401 - MXNet has no types
    return recordio.MXIndexedRecordIO(job.path("idx"), job.path("rec"), flag)


def write_idx(job: Job) -> Figures:
    """Writes with `MXIndexedRecordIO.write_idx`."""

    def work() -> None:
        writer = _indexed(job, "w")
        whole.write_all_keyed(job, writer.write_idx)
        writer.close()

    return whole.once(job, work)


def read(job: Job) -> Figures:
    """Reads in sequence with `MXRecordIO.read`."""
    return whole.in_sequence(
        job, lambda: whole.until_none(recordio.MXRecordIO(job.path("rec"), "r").read)
    )


def read_idx(job: Job) -> Figures:
    """Reads by key with `MXIndexedRecordIO.read_idx`."""
    return shuffled.one_by_one(job, _indexed(job).read_idx)


def open_indexed(job: Job) -> Figures:
    """Opens an index with `MXIndexedRecordIO`, and reads a record."""

    def work() -> object:
        reader = _indexed(job)
        job.check(0, reader.read_idx(0))
        return reader

    return whole.once(job, work)


def rebuild(job: Job) -> Figures:
    """Writes the index anew, as MXNet's tool `rec2idx.py` does: reads all, asks where it is."""

    def find_all() -> bytes:
        reader, offset, key, last = recordio.MXRecordIO(job.path("rec"), "r"), 0, 0, b""
        position = ctypes.c_size_t()
        with open(job.path("rebuilt.idx"), "w") as file:
            while True:
                check_call(_LIB.MXRecordIOReaderTell(reader.handle, ctypes.byref(position)))
                offset, record = position.value, reader.read()
                if record is None:
                    return last
                file.write(f"{key}\t{offset}\n")
                key, last = key + 1, record

    return whole.in_sequence(job, find_all)


def shuffle(job: Job, is_durable: bool = False) -> Figures:
    """Writes all records in random order, a record a call.

    Args:
        job: What to measure.
        is_durable: Whether to wait until they are on the disk.
    """

    def work() -> None:
        reader = _indexed(job)
        keys = list(reader.keys)
        random.Random(0).shuffle(keys)
        writer = recordio.MXIndexedRecordIO(job.made("out.idx"), job.made("out.rec"), "w")
        for number, key in enumerate(keys):
            writer.write_idx(number, reader.read_idx(key))
        writer.close()
        if is_durable:
            _wait_for_disk(job)

    return whole.once(job, work)


def split(job: Job, is_durable: bool = False) -> Figures:
    """Writes the records to eight files, a record a call.

    Args:
        job: What to measure.
        is_durable: Whether to wait until they are on the disk.
    """

    def work() -> None:
        reader = _indexed(job)
        keys = list(reader.keys)
        bounds = [len(keys) * number // 8 for number in range(9)]
        for number, (begin, end) in enumerate(pairwise(bounds)):
            out = job.made(f"out-{number}")
            writer = recordio.MXIndexedRecordIO(f"{out}.idx", f"{out}.rec", "w")
            for key in keys[begin:end]:
                writer.write_idx(key, reader.read_idx(key))
            writer.close()
        if is_durable:
            _wait_for_disk(job)

    return whole.once(job, work)


def _wait_for_disk(job: Job) -> None:
    for path in (job.folder / MADE).iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
