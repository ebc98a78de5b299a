"""Which records of some files are to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.tools.classes import are_of_classes
from recordio_rs.tools.detection import BoxMode
from recordio_rs.tools.glance import Glance
from recordio_rs.tools.image_headers import (
    HEADER_BYTES,
    LABEL_BYTES,
    SIGNATURE_BYTES,
    headers_of,
)
from recordio_rs.tools.intervals import Interval, Mask
from recordio_rs.tools.sequence import Joined

__all__ = ["Choice", "choose", "sample_of"]

Ordinals: TypeAlias = npt.NDArray[np.int64]
Choice: TypeAlias = list[tuple[int, int]]
"""The places of files and the ordinals of records in them."""

_FLAG_BYTES = 4
_BLOCK = 4096
# As many labels are read together with the header.
_LABELS_AT_ONCE = 64


def choose(
    glances: Sequence[Glance],
    count: int,
    *,
    seed: int | None = 0,
    labels: Sequence[Interval] = (),
    boxes: BoxMode = "auto",
    any_payload: bool = False,
    progress: Progress | None = None,
) -> Choice:
    """Chooses records, and returns them in the order of the files.

    Args:
        glances: The files.
        count: How many at most.
        seed: Which ones, by chance; `None` for the first ones.
        labels: If given, only records of a class, or with an object of one, that is in one of
            these. Headers of records are then read until enough are found.
        boxes: What is taken for objects.
        any_payload: As for `ImageHeaders.are_image_records`.
        progress: Told how many headers have been read, and how many there are.
    """
    starts = np.cumsum([0, *map(len, glances)])
    total = int(starts[-1])
    if not labels:
        chosen = np.arange(min(count, total)) if seed is None else sample_of(total, count, seed)
        return _placed(chosen, starts)
    order = np.arange(total) if seed is None else np.random.RandomState(seed).permutation(total)
    found = list[int]()
    for begin in range(0, total, _BLOCK):
        block = order[begin : begin + _BLOCK]
        # In the order of the files, which a disk likes; the first ones in the other order count.
        ordered = np.sort(block)
        is_wanted = _of_classes(glances, starts, ordered, labels, boxes, any_payload)
        found += block[np.isin(block, ordered[is_wanted])].tolist()
        if progress is not None:
            progress(begin + len(block), total)
        if len(found) >= count:
            break
    return _placed(np.sort(np.array(found[:count], np.int64)), starts)


def _placed(numbers: Ordinals, starts: Ordinals) -> Choice:
    cuts = np.searchsorted(numbers, starts)
    return [
        (place, number - int(starts[place]))
        for place, (begin, end) in enumerate(pairwise(cuts.tolist()))
        for number in numbers[begin:end].tolist()
    ]


def sample_of(total: int, count: int, seed: int) -> Ordinals:
    """Returns some of the first numbers from 0 on, ascending; the same ones for the same seed.

    Args:
        total: How many numbers there are.
        count: How many of them at most.
        seed: Which ones.
    """
    random = np.random.RandomState(seed)
    if count >= total:
        return np.arange(total)
    if count > total // 4:
        return np.sort(random.permutation(total)[:count])
    chosen = set[int]()  # few of many: no array of all
    while len(chosen) < count:
        chosen.add(int(random.randint(total, dtype=np.int64)))
    return np.array(sorted(chosen), np.int64)


def _of_classes(
    glances: Sequence[Glance],
    starts: Ordinals,
    numbers: Ordinals,
    labels: Sequence[Interval],
    boxes: BoxMode,
    any_payload: bool,
) -> Mask:
    """Returns which of some records, counted through all files, have one of some classes."""
    owners = np.searchsorted(starts, numbers, "right") - 1
    places = zip(owners.tolist(), (numbers - starts[owners]).tolist(), strict=True)
    packed = Joined.of([_start(glances[owner], ordinal) for owner, ordinal in places])
    headers = headers_of(packed)
    return are_of_classes(packed, headers, labels, any_payload=any_payload, boxes=boxes)


def _start(glance: Glance, ordinal: int) -> bytes:
    """Returns header and labels of a record, and the first bytes of what is behind them."""
    start = glance.start(ordinal, HEADER_BYTES + LABEL_BYTES * _LABELS_AT_ONCE + SIGNATURE_BYTES)
    flag = int.from_bytes(start[:_FLAG_BYTES], "little")
    if len(start) < HEADER_BYTES or flag <= _LABELS_AT_ONCE:
        return start
    return glance.start(ordinal, HEADER_BYTES + LABEL_BYTES * flag + SIGNATURE_BYTES)
