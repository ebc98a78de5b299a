"""How fast a file can be read here, and what the limit is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from recordio_rs._progress import Progress
from recordio_rs.exceptions import IndexFormatError, MissingOpenCVError
from recordio_rs.reader import Reader
from recordio_rs.tools.benching.loops import (
    Ordinals,
    Timed,
    batch_length,
    batches,
    decoded,
    holds_images,
    one_by_one,
    read_ahead,
    sequential,
)
from recordio_rs.tools.benching.page_cache import cached_share, drop
from recordio_rs.tools.glance import Glance

__all__ = ["Bench", "Measurement", "bench"]

Cache = Literal["cold", "warm"]

_COLD_AT_MOST = 0.1
_STEPS = 10
# Of a file that is not in memory so many records are read in random order: with more of them, most
# would lie in what the system has read with others.
_COLD_RECORDS = 2000
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Measurement:
    """What a way to read has done.

    Attributes:
        name: The way: "sequential", "random", "random-batches", "read-ahead" or "decoded".
        cache: Whether the file was in memory.
        records: How many records were read.
        size: How many bytes they have.
        seconds: How long that took.
    """

    name: str
    cache: Cache
    records: int
    size: int
    seconds: float

    @property
    def records_per_second(self) -> float:
        """How many records were read in a second."""
        return self.records / self.seconds

    @property
    def bytes_per_second(self) -> float:
        """How many bytes were read in a second."""
        return self.size / self.seconds


@dataclass(frozen=True)
class Bench:
    """How fast a file can be read.

    Attributes:
        path: The file.
        size: Its bytes.
        records: How many records it has.
        cores: How many cores there are.
        cached: The share that was in memory before, or `None`.
        warm_records: How many records were read before they were measured as warm.
        measurements: What was measured.
        missing: What was not measured, and why.
    """

    path: str
    size: int
    records: int
    cores: int
    cached: float | None
    warm_records: int
    measurements: tuple[Measurement, ...]
    missing: tuple[str, ...]

    def best(self, cache: Cache, *names: str) -> Measurement | None:
        """Returns the fastest of some ways to read, or `None` if none of them was measured."""
        found = [one for one in self.measurements if one.cache == cache and one.name in names]
        return max(found, key=lambda one: one.records_per_second, default=None)


def bench(
    glance: Glance,
    index: str | Literal[False] | None = None,
    *,
    seconds: float = 5,
    seed: int = 0,
    cached: float | None = None,
    progress: Progress | None = None,
) -> Bench:
    """Measures ways to read a file.

    Args:
        glance: The file.
        index: Its index, as for `Reader`.
        seconds: About how long it takes.
        seed: In which random order records are read.
        cached: The share of the file that was in memory before anybody looked at it; only told.
        progress: Told how many steps are done, and how many there are.

    Raises:
        StorageError: The file cannot be read.
    """
    run = _Run(glance, index, seconds / _STEPS, seed, cached, progress)
    return run.measured()


class _Run:
    def __init__(
        self,
        glance: Glance,
        index: str | Literal[False] | None,
        seconds: float,
        seed: int,
        cached: float | None,
        progress: Progress | None,
    ) -> None:
        self._glance = glance
        self._index = index
        self._seconds = seconds
        self._random = np.random.RandomState(seed)
        self._cached = cached
        self._progress = progress
        self._done = 0
        self._found: list[Measurement] = []
        self._missing: list[str] = []
        self._is_well = glance.report.ok
        self._length = batch_length(glance.size / max(len(glance), 1))

    def measured(self) -> Bench:
        glance = self._glance
        warm = 0
        if len(glance):
            self._cold()
            warm = self._warm()
        if self._progress is not None:
            self._progress(_STEPS, _STEPS)
        return Bench(
            glance.path,
            glance.size,
            len(glance),
            os.cpu_count() or 1,
            self._cached,
            warm,
            tuple(self._found),
            tuple(self._missing),
        )

    def _open(self) -> Reader:
        """Opens the file as who reads at random does; a new one each time, so that none is used."""
        errors: Literal["strict", "skip"] = "strict" if self._is_well else "skip"
        for key_type in (int, str):
            try:
                reader = Reader(self._glance.path, self._index, errors=errors, key_type=key_type)
            except IndexFormatError:
                continue
            if len(reader):
                return reader
            reader.close()
        return Reader(self._glance.path, False, errors=errors)  # the index is of no use

    def _open_for_sequence(self) -> Reader:
        return Reader(self._glance.path, False, errors="strict" if self._is_well else "skip")

    def _step(
        self, name: str, cache: Cache, reader: Reader, loop: Callable[[Reader], Timed]
    ) -> None:
        with reader:
            timed = loop(reader)
        self._found.append(Measurement(name, cache, timed.records, timed.size, timed.seconds))
        self._tell()

    def _tell(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, _STEPS), _STEPS)

    def _cold(self) -> None:
        if not self._is_well:
            self._missing.append("from the disk: the file is damaged")
            return
        if not self._forget():
            return
        seconds = self._seconds
        count = len(self._glance)
        order = self._random.permutation(count)[: min(_COLD_RECORDS, max(1, count // 4))]
        self._step(
            "sequential", "cold", self._open_for_sequence(), lambda one: sequential(one, seconds)
        )
        in_batches = partial(batches, length=self._length)
        for name, loop in (("random", one_by_one), ("random-batches", in_batches)):
            if not self._forget():
                return
            self._step(name, "cold", self._open(), partial(loop, order=order, seconds=seconds))

    def _forget(self) -> bool:
        """Lets the system forget the file, and tells whether it has."""
        if not drop(self._glance.path):
            self._missing.append("cold: this system cannot be asked to forget a file")
            return False
        share = cached_share(self._glance.path)
        if share is None or share > _COLD_AT_MOST:
            held = "the file" if share is None else f"{share:.0%} of the file"
            self._missing.append(f"cold: the system keeps {held} in memory")
            return False
        return True

    def _warm(self) -> int:
        seconds, length = self._seconds, self._length
        with self._open_for_sequence() as reader:
            count = sequential(reader, seconds).records
        self._tell()
        self._step(
            "sequential",
            "warm",
            self._open_for_sequence(),
            lambda one: sequential(one, seconds, count),
        )
        order = self._warm_order(count)
        self._step("random", "warm", self._open(), lambda one: one_by_one(one, order, seconds))
        self._step(
            "random-batches", "warm", self._open(), lambda one: batches(one, order, seconds, length)
        )
        self._step("read-ahead", "warm", self._open(), lambda one: read_ahead(one, order, seconds))
        with self._open() as reader:
            if not holds_images(reader, order, length):
                self._missing.append("decoded: most records are no images")
                return count
        try:
            self._step(
                "decoded", "warm", self._open(), lambda one: decoded(one, order, seconds, length)
            )
        except MissingOpenCVError:
            self._missing.append("decoded: OpenCV is not installed")
        return count

    def _warm_order(self, count: int) -> Ordinals:
        """Returns the ordinals of the first records of the file, in random order."""
        with self._open() as reader:
            first = np.argsort(reader.offsets, kind="stable")[: max(count, 1)].astype(np.int64)
        times = max(1, _LONGEST // len(first))  # again and again, if there are few
        return self._random.permutation(np.tile(first, times))
