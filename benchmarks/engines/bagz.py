"""bagz, with files that are not compressed, as RecordIO's are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bagz  # type: ignore[import-not-found]
import numpy as np

from benchmarks import shuffled, whole
from benchmarks.gauge import Figures
from benchmarks.job import Job

PACKAGES = ["bagz", "numpy"]
_BULK = 1024


def _array(ordinals: Sequence[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(ordinals, np.int64)


def _path(job: Job, limits_placement: str) -> str:
    return job.path("bag" if limits_placement == "TAIL" else "separate.bag")


def _reader(
    job: Job,
    limits_placement: str = "TAIL",
    limits_storage: str = "ON_DISK",
    max_parallelism: int | None = None,
) -> Any:  # noqa: ANN401 - bagz is not in the environment where types are checked
    options = bagz.Reader.Options(
        limits_placement=getattr(bagz.LimitsPlacement, limits_placement),
        limits_storage=getattr(bagz.LimitsStorage, limits_storage),
        compression=bagz.CompressionNone(),
    )
    if max_parallelism is not None:
        options.max_parallelism = max_parallelism
    return bagz.Reader(_path(job, limits_placement), options)


def write(job: Job, limits_placement: str = "TAIL") -> Figures:
    """Writes with `Writer.write`."""
    placement = getattr(bagz.LimitsPlacement, limits_placement)
    options = bagz.Writer.Options(limits_placement=placement, compression=bagz.CompressionNone())

    def work() -> None:
        with bagz.Writer(_path(job, limits_placement), options) as writer:
            whole.write_all(job, writer.write)

    return whole.once(job, work)


def iterate(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads in sequence with `for record in Reader`."""
    return whole.in_sequence(job, lambda: whole.through(_reader(job, **options)))


def read_slices(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads in sequence with `Reader[begin:end].read()`."""

    def read_all() -> bytes:
        reader = _reader(job, **options)
        for begin in range(0, len(reader), _BULK):
            records = reader[begin : begin + _BULK].read()
        return bytes(records[-1])

    return whole.in_sequence(job, read_all)


def subscript(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads with `Reader[i]`."""
    return shuffled.by_subscript(job, _reader(job, **options))


def read_indices(job: Job, **options: Any) -> Figures:  # noqa: ANN401
    """Reads with `Reader.read_indices`."""
    return shuffled.in_batches(job, _reader(job, **options).read_indices, _array)


def read_indices_iter(
    job: Job,
    read_ahead: int | None = None,
    **options: Any,  # noqa: ANN401
) -> Figures:
    """Reads with `for record in Reader.read_indices_iter`."""
    reader = _reader(job, **options)
    return shuffled.ahead(
        job, lambda ordinals: reader.read_indices_iter(ordinals, read_ahead=read_ahead)
    )
