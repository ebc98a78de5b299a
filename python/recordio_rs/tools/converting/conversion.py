"""Whole files from one format to another."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

from recordio_rs._progress import Progress
from recordio_rs.exceptions import InvalidKeyError, RecordTooLargeError
from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.converting.fields import Fields, Tell
from recordio_rs.tools.converting.formats import RECORDS, reader, target
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.records import read_records
from recordio_rs.tools.converting.sample import Sample
from recordio_rs.tools.open_files import allow_open_files
from recordio_rs.tools.source import Source

__all__ = ["Conversion", "Plan", "convert"]

_PATIENCE = 0.1
# Records and index, what they replace, and the locks on them.
_FILES_OF_A_TARGET = 5


@dataclass(frozen=True)
class Plan:
    """What is to be converted.

    Attributes:
        sources: The files to be read, one after the other.
        source_format: Their format.
        targets: The files to be written; the samples are shared evenly between them, in order.
        target_format: Their format.
        index: The index of the source, as for `Source`.
        keys: Whether keys are kept, or count the samples from 0 on.
        fields: Where image and label are in a source of another format.
        skip_damaged: Whether to go on where a source is damaged.
    """

    sources: Sequence[str]
    source_format: str
    targets: Sequence[str]
    target_format: str
    index: str | Literal[False] | None = None
    keys: Literal["keep", "ordinal"] = "keep"
    fields: Fields = field(default_factory=Fields)
    skip_damaged: bool = False


@dataclass(frozen=True)
class Conversion:
    """What was done.

    Attributes:
        counts: How many records each target has.
        bytes: How many bytes these have as records.
        text_keys: How many keys in `.rec` targets are no integers.
        losses: What was lost.
    """

    counts: list[int]
    bytes: int
    text_keys: int
    losses: Losses


def convert(plan: Plan, progress: Progress | None = None) -> Conversion:
    """Converts files. Targets take their places only when all of them are whole.

    Args:
        plan: What is to be converted.
        progress: Told how many bytes are done, and how many there are; sources are gone through
            twice where it has to be known beforehand what is in them.

    Raises:
        RecordIOError: A source is damaged, or has something that cannot be a record, and this is
            not to be skipped.
        MissingLibraryError: A library is not installed.
        StorageError: A file cannot be read or written.
    """
    losses = Losses(plan.skip_damaged)
    allow_open_files(len(plan.sources) + _FILES_OF_A_TARGET * len(plan.targets))
    writing = target(plan.target_format)
    with ExitStack() as opened:
        work = _Work(plan, progress, opened, losses)
        shares = _shares(work.count(), len(plan.targets))
        counts, length, text_keys = [], 0, 0
        is_to_records = plan.target_format == RECORDS
        with ExitStack() as unfinished:
            samples = work.samples()
            for path, share in zip(plan.targets, shares, strict=True):
                file = unfinished.enter_context(writing.open(path))
                count = 0
                while share is None or count < share:
                    sample = next(samples, None)
                    if sample is None:
                        break
                    try:
                        file.write(sample)
                    except (InvalidKeyError, RecordTooLargeError) as error:
                        losses.damaged(error)
                        continue
                    count += 1
                    length += len(sample.header) + len(sample.data)
                    text_keys += is_to_records and not sample.key.removeprefix("-").isdecimal()
                # Not when its context ends: a full disk would be told only when others are there.
                file.finish()
                counts.append(count)
        work.end()
        return Conversion(counts, length, text_keys, losses)


def _shares(count: int | None, parts: int) -> list[int | None]:
    """Returns how many samples each of some targets gets; `None` for all."""
    if count is None:
        return [None] * parts
    each, more = divmod(count, parts)
    # The last one takes what was not known of.
    return [each + (part < more) for part in range(parts - 1)] + [None]


class _Work:
    """The sources of a plan, and how far they are."""

    def __init__(
        self, plan: Plan, progress: Progress | None, opened: ExitStack, losses: Losses
    ) -> None:
        self._plan = plan
        self._progress = progress
        self._losses = losses
        self._done = 0
        self._told = 0.0
        self._sizes = [
            os.path.getsize(path) if os.path.exists(path) else 0 for path in plan.sources
        ]
        self._is_records = plan.source_format == RECORDS
        self._passes = 2 if self._is_records or self._must_count else 1
        self._records = []
        for path, size in zip(plan.sources, self._sizes, strict=True):
            if self._is_records:
                source = Source(
                    path,
                    plan.index,
                    skip_damaged=plan.skip_damaged,
                    progress=None if progress is None else lambda done, _size: self._tell(done),
                )
                self._records.append(opened.enter_context(source))
                self._losses_of(source)
                self._done += size

    @property
    def _must_count(self) -> bool:
        return len(self._plan.targets) > 1

    def _losses_of(self, source: Source) -> None:
        for problem in source.report.problems:
            self._losses.damaged(ConversionError(f"{problem}", source.path))

    def count(self) -> int | None:
        """Returns how many samples there are; `None` if nobody needs to know."""
        if not self._must_count:
            return None
        if self._is_records:
            return sum(len(source) for source in self._records)
        return sum(1 for _ in self._read(Losses(self._plan.skip_damaged)))

    def samples(self) -> Iterator[Sample]:
        """Gives the samples of all sources, with the keys that they are to have."""
        samples = self._from_records() if self._is_records else self._read(self._losses)
        if self._plan.keys == "keep":
            yield from samples
            return
        for ordinal, sample in enumerate(samples):
            yield Sample(str(ordinal), sample.header, sample.data, sample.image_format)

    def _from_records(self) -> Iterator[Sample]:
        for source, size in zip(self._records, self._sizes, strict=True):
            yield from read_records(source, self._tell)
            self._done += size

    def _read(self, losses: Losses) -> Iterator[Sample]:
        read, count = reader(self._plan.source_format), 0
        tell: Tell = self._tell
        for path, size in zip(self._plan.sources, self._sizes, strict=True):
            for sample in read(path, count, self._plan.fields, losses, tell):
                yield sample
                count += 1
            self._done += size

    def end(self) -> None:
        """Tells that all is done."""
        if self._progress is not None:
            total = self._passes * sum(self._sizes)
            self._progress(total, total)

    def _tell(self, done: int) -> None:
        if self._progress is not None and time.monotonic() - self._told > _PATIENCE:
            self._told = time.monotonic()
            self._progress(self._done + done, self._passes * sum(self._sizes))
