"""The loops over whole files that are measured: one of each shape, for all engines.

A loop that reads checks its last record, so it is known to have come there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, islice
from typing import Any

from benchmarks.gauge import Figures, Gauge
from benchmarks.job import Job


def until_none(read: Callable[[], bytes | None]) -> bytes:
    """Calls `read` until it returns `None`, and returns the last record."""
    last = b""
    while (record := read()) is not None:
        last = record
    return last


def through(records: Iterable[bytes]) -> bytes:
    """Goes through all records and returns the last."""
    record = b""
    for record in records:  # noqa: B007 - the last one is wanted
        pass
    return record


def times(read: Callable[[], bytes], count: int) -> bytes:
    """Calls `read` so many times and returns the last record."""
    record = b""
    for _ in range(count):
        record = read()
    return record


def in_sequence(job: Job, read_all: Callable[[], bytes | memoryview]) -> Figures:
    """Measures whole passes over the set, opening included, until the time of the job is over.

    Args:
        job: What to measure.
        read_all: Opens the file, reads all of it and returns the last record.
    """
    gauge, passes = Gauge(), 0
    while passes == 0 or gauge.seconds < job.seconds:
        last = read_all()
        passes += 1
    figures = gauge.figures(passes * job.records.count)
    job.check(job.records.count - 1, last)
    return figures


def once(job: Job, work: Callable[[], Any]) -> Figures:
    """Measures work that is done once for all records of the set.

    What the work returns is kept until its memory is measured.
    """
    gauge = Gauge()
    kept = work()
    figures = gauge.figures(job.records.count)
    del kept
    return figures


def write_all(job: Job, write: Callable[[bytes], Any]) -> None:
    """Writes the whole set, a record a call."""
    for payload in islice(cycle(job.records.payloads()), job.records.count):
        write(payload)


def write_all_keyed(job: Job, write: Callable[[int, bytes], Any]) -> None:
    """Writes the whole set, a record a call, with its ordinal for a key."""
    for key, payload in zip(range(job.records.count), cycle(job.records.payloads()), strict=False):
        write(key, payload)


def early_and_late(job: Job, steps: Callable[[], Iterator[Any]]) -> Figures:
    """Measures memory after a tenth of the set and after all of it.

    Args:
        job: What to measure.
        steps: Opens the file and returns an iterator that reads or writes a record a step.

    Returns:
        The usual figures, and those of memory after a tenth as `early_peak` and `early_own`.
    """
    gauge = Gauge()
    iterator = steps()
    tenth = job.records.count // 10
    deque(islice(iterator, tenth), maxlen=0)
    early = gauge.figures(tenth)
    deque(iterator, maxlen=0)
    figures = gauge.figures(job.records.count)
    return {**figures, "early_peak": early["peak"], "early_own": early["own"]}
