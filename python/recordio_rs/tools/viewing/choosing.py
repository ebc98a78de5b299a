"""Which records of some files are to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import unpack
from recordio_rs.tools.glance import Glance
from recordio_rs.tools.image_headers import HEADER_BYTES, LABEL_BYTES
from recordio_rs.tools.intervals import Interval, in_any
from recordio_rs.tools.viewing.detection import BoxMode, boxes_of

__all__ = ["Choice", "choose", "classes_of", "sample_of"]

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
        wanted = set[int]()
        for number in np.sort(block).tolist():
            place = int(np.searchsorted(starts, number, "right")) - 1
            classes = _classes_at(glances[place], number - int(starts[place]), boxes)
            if in_any(labels, np.array(classes, np.float32)).any():
                wanted.add(number)
        found += [number for number in block.tolist() if number in wanted]
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


def classes_of(labels: npt.NDArray[np.float32], boxes: BoxMode) -> list[float]:
    """Returns the classes of a record: those of its objects, or its first label."""
    found = boxes_of(labels, boxes)
    if found is not None:
        return list(dict.fromkeys(box.class_id for box in found))
    return [float(label) for label in labels[:1]]


def _classes_at(glance: Glance, ordinal: int, boxes: BoxMode) -> list[float]:
    start = glance.start(ordinal, HEADER_BYTES + LABEL_BYTES * _LABELS_AT_ONCE)
    if len(start) < HEADER_BYTES:
        return []
    flag = int.from_bytes(start[:_FLAG_BYTES], "little")
    if flag > _LABELS_AT_ONCE:
        start = glance.start(ordinal, HEADER_BYTES + LABEL_BYTES * flag)
    try:
        header, _ = unpack(start)
    except ImageRecordError:
        return []
    return classes_of(np.atleast_1d(np.asarray(header.label, np.float32)), boxes)
