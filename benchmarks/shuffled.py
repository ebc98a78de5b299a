"""The loops in random order that are measured: one of each shape, for all engines.

Every loop checks the last record that it has read, so it is known to have come there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle
from typing import Any, Protocol

from benchmarks.gauge import Figures, Gauge
from benchmarks.job import BATCH, Job
from benchmarks.whole import through

_WARM_UP = 0.25

Ordinals = Sequence[int]


class Records(Protocol):
    """What a call for many records returns."""

    def __getitem__(self, number: int, /) -> bytes | memoryview:
        """Returns one of them."""


def one_by_one(job: Job, read: Callable[[int], Any]) -> Figures:
    """Measures reading records one a call, in random order.

    Args:
        job: What to measure.
        read: Returns the record with an ordinal.
    """

    def strokes() -> Iterator[tuple[int, int, bytes]]:
        for ordinals in cycle(job.batches):
            for ordinal in ordinals:
                record = read(ordinal)
            yield len(ordinals), ordinals[-1], record

    return _timed(job, strokes())


def by_subscript(job: Job, records: Sequence[bytes]) -> Figures:
    """Measures `records[ordinal]`, in random order."""

    def strokes() -> Iterator[tuple[int, int, bytes]]:
        for ordinals in cycle(job.batches):
            for ordinal in ordinals:
                record = records[ordinal]
            yield len(ordinals), ordinals[-1], record

    return _timed(job, strokes())


def in_batches(
    job: Job, read: Callable[[Any], Records], batch_of: Callable[[Ordinals], Any] = list
) -> Figures:
    """Measures reading 256 records a call, in random order.

    Args:
        job: What to measure.
        read: Returns the records with the ordinals of a batch.
        batch_of: Makes what `read` takes, before it is measured.
    """
    batches = [(batch_of(batch), batch[-1]) for batch in job.batches]

    def strokes() -> Iterator[tuple[int, int, Any]]:
        for batch, last in cycle(batches):
            records = read(batch)
            yield BATCH, last, records[BATCH - 1]

    return _timed(job, strokes())


def in_threads(
    job: Job,
    read: Callable[[Any], Records],
    batch_of: Callable[[Ordinals], Any],
    thread_count: int,
) -> Figures:
    """Measures threads that read 256 records a call at the same time, in random order.

    Args:
        job: What to measure.
        read: Returns the records with the ordinals of a batch; all threads call it.
        batch_of: Makes what `read` takes, before it is measured.
        thread_count: How many threads read.
    """
    batches = [(batch_of(batch), batch[-1]) for batch in job.batches]

    def run(begin: int, seconds: float, counts: list[int]) -> None:
        number, count, end = begin, 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            batch, last = batches[number]
            records = read(batch)
            number = (number + 1) % len(batches)
            count += BATCH
        job.check(last, records[BATCH - 1])
        counts.append(count)

    def run_all(seconds: float) -> int:
        begins = [number * len(batches) // thread_count for number in range(thread_count)]
        counts: list[int] = []
        threads = [threading.Thread(target=run, args=(b, seconds, counts)) for b in begins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(counts) == thread_count, "a thread has failed"
        return sum(counts)

    run_all(job.seconds * _WARM_UP)
    gauge = Gauge()
    return gauge.figures(run_all(job.seconds))


def ahead(
    job: Job, iterate: Callable[[Any], Iterable[bytes]], order_of: Callable[[Ordinals], Any] = list
) -> Figures:
    """Measures an iterator that reads ahead in random order.

    Args:
        job: What to measure.
        iterate: Returns an iterator over the records with these ordinals.
        order_of: Makes what `iterate` takes, before it is measured.
    """
    order = order_of(job.order)
    through(iterate(order_of(job.order[: int(len(job.order) * _WARM_UP)])))
    gauge, passes = Gauge(), 0
    while passes == 0 or gauge.seconds < job.seconds:
        last = through(iterate(order))
        passes += 1
    figures = gauge.figures(passes * len(job.order))
    job.check(job.order[-1], last)
    return figures


def _timed(job: Job, strokes: Iterator[tuple[int, int, Any]]) -> Figures:
    """Measures strokes until the time of the job is over, after a quarter of it to warm up.

    A stroke gives the number of its records, its last ordinal, and the record with that.
    """
    warm_up = Gauge()
    while warm_up.seconds < job.seconds * _WARM_UP:
        next(strokes)
    gauge, done = Gauge(), 0
    while done == 0 or gauge.seconds < job.seconds:
        count, ordinal, record = next(strokes)
        done += count
    figures = gauge.figures(done)
    job.check(ordinal, record)
    return figures
