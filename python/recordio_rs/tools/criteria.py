"""Which records are wanted: by key, by label and id of image records, by size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recordio_rs._recordio_rs import PackedRecords
from recordio_rs.tools.image_headers import ImageHeaders, headers_of
from recordio_rs.tools.sources import Batch

__all__ = ["Criteria", "Interval", "KeyCriteria"]

Mask = npt.NDArray[np.bool_]

_HEADER_BYTES, _LABEL_BYTES = 24, 4


@dataclass(frozen=True)
class Interval:
    """Numbers from one to another, both included.

    Attributes:
        low: The least; `None` for no limit.
        high: The largest; `None` for no limit.
    """

    low: float | None
    high: float | None

    def mask(self, values: npt.NDArray[Any]) -> Mask:
        """Returns which of many numbers are in it; 0.1 has a label that is stored as that."""
        found = np.ones(len(values), np.bool_)
        if self.low is not None:
            found &= values >= _stored(self.low, values)
        if self.high is not None:
            found &= values <= _stored(self.high, values)
        return found

    def has(self, number: int) -> bool:
        """Returns whether a number is in it."""
        is_low = self.low is not None and number < self.low
        return not is_low and (self.high is None or number <= self.high)


def _stored(bound: float, values: npt.NDArray[Any]) -> float | np.float32:
    return np.float32(bound) if values.dtype == np.float32 else bound


def _mask(intervals: Sequence[Interval], values: npt.NDArray[Any]) -> Mask:
    """Returns which of many numbers are in one of some intervals."""
    found = np.zeros(len(values), np.bool_)
    for interval in intervals:
        found |= interval.mask(values)
    return found


class KeyCriteria:
    """Which keys are wanted.

    Args:
        texts: Keys as they stand in an index.
        intervals: Keys that are integers.
    """

    def __init__(self, texts: Sequence[str] = (), intervals: Sequence[Interval] = ()) -> None:
        self._intervals = intervals
        self._missing = dict.fromkeys(texts)
        self._texts = frozenset(texts)
        integers = [number for text in texts if (number := _integer(text)) is not None]
        self._integers = np.array(sorted(integers), np.int64)

    def __bool__(self) -> bool:
        return bool(self._texts or self._intervals)

    @property
    def missing(self) -> list[str]:
        """The keys that no record had so far."""
        return list(self._missing)

    def mask(self, keys: npt.NDArray[np.int64] | list[str]) -> Mask:
        """Returns which of many keys are wanted."""
        if isinstance(keys, np.ndarray):
            found = np.isin(keys, self._integers)
            self._find(str(key) for key in np.unique(keys[found]).tolist())
            return found | _mask(self._intervals, keys)
        self._find(key for key in keys if key in self._texts)
        return np.array([self._wants(key) for key in keys], np.bool_)

    def _wants(self, key: str) -> bool:
        if key in self._texts:
            return True
        number = _integer(key)
        return number is not None and any(one.has(number) for one in self._intervals)

    def _find(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._missing.pop(key, None)


def _integer(text: str) -> int | None:
    """Returns the integer of 64 bits that a text is in its usual form."""
    try:
        number = int(text)
    except ValueError:
        return None
    is_usual = str(number) == text and -(2**63) <= number < 2**63
    return number if is_usual else None


@dataclass(frozen=True)
class Criteria:
    """What the records themselves have to be; all of it.

    Attributes:
        labels: Intervals, one of which has the label of an image record.
        label_index: Which of its labels, from 0.
        ids: Intervals, one of which has its id.
        sizes: What has the number of its bytes.
    """

    labels: tuple[Interval, ...] = ()
    label_index: int = 0
    ids: tuple[Interval, ...] = ()
    sizes: Interval | None = None

    def __bool__(self) -> bool:
        return bool(self.labels or self.ids or self.sizes)

    def mask(self, batch: Batch) -> Mask:
        """Returns which records of a batch are wanted."""
        masks = [self._mask_of(part) for part in batch.parts]
        found = np.concatenate(masks) if masks else np.zeros(0, np.bool_)
        return found if batch.picks is None else found[batch.picks]

    def _mask_of(self, packed: PackedRecords) -> Mask:
        found = np.ones(len(packed), np.bool_)
        if self.sizes is not None:
            found &= self.sizes.mask(np.diff(packed.offsets))
        if self.labels or self.ids:
            headers = headers_of(packed)
            found &= headers.is_whole
            if self.ids:
                found &= _mask(self.ids, headers.ids)
            if self.labels:
                has_label, labels = _labels(packed, headers, self.label_index)
                found &= has_label & _mask(self.labels, labels)
        return found


def _labels(
    packed: PackedRecords, headers: ImageHeaders, index: int
) -> tuple[Mask, npt.NDArray[np.float32]]:
    """Returns which image records have a label of this number, and the labels."""
    if index == 0:
        return headers.is_whole, headers.labels
    has_label = headers.is_whole & (headers.flags > index)
    begins = packed.offsets[:-1][has_label] + _HEADER_BYTES + _LABEL_BYTES * index
    labels = np.zeros(len(packed), np.float32)
    labels[has_label] = packed.data[begins[:, np.newaxis] + np.arange(_LABEL_BYTES)].view("<f4")[
        :, 0
    ]
    return has_label, labels
