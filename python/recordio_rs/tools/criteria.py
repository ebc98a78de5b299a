"""Which records are wanted: by key, by label and id of image records, by size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordio_rs._recordio_rs import PackedRecords
from recordio_rs.tools.classes import are_of_classes
from recordio_rs.tools.image_headers import HEADER_BYTES, LABEL_BYTES, ImageHeaders, headers_of
from recordio_rs.tools.intervals import Interval, Mask, in_any
from recordio_rs.tools.selection import integer_of
from recordio_rs.tools.sources import Batch

__all__ = ["Criteria", "KeyCriteria"]


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
        integers = [number for text in texts if (number := integer_of(text)) is not None]
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
            return found | in_any(self._intervals, keys)
        self._find(key for key in keys if key in self._texts)
        return np.array([self._wants(key) for key in keys], np.bool_)

    def _wants(self, key: str) -> bool:
        if key in self._texts:
            return True
        number = integer_of(key)
        return number is not None and any(one.has(number) for one in self._intervals)

    def _find(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._missing.pop(key, None)


@dataclass(frozen=True)
class Criteria:
    """What the records themselves have to be; all of it.

    Attributes:
        labels: Intervals, one of which has the label of an image record.
        label_index: Which of its labels has to be in one of these, from 0; `None` for the first
            one, or the class of an object.
        ids: Intervals, one of which has its id.
        sizes: What has the number of its bytes.
        any_payload: As for `ImageHeaders.are_image_records`.
    """

    labels: tuple[Interval, ...] = ()
    label_index: int | None = None
    ids: tuple[Interval, ...] = ()
    sizes: Interval | None = None
    any_payload: bool = False

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
            found &= headers.are_image_records(any_payload=self.any_payload)
            if self.ids:
                found &= in_any(self.ids, headers.ids)
            if self.labels:
                found &= self._has_label(packed, headers)
        return found

    def _has_label(self, packed: PackedRecords, headers: ImageHeaders) -> Mask:
        if self.label_index is None:
            return are_of_classes(packed, headers, self.labels, any_payload=self.any_payload)
        has_label, labels = _labels(packed, headers, self.label_index)
        return has_label & in_any(self.labels, labels)


def _labels(
    packed: PackedRecords, headers: ImageHeaders, index: int
) -> tuple[Mask, npt.NDArray[np.float32]]:
    """Returns which image records have a label of this number, and the labels."""
    if index == 0:
        return headers.is_whole, headers.labels
    has_label = headers.is_whole & (headers.flags > index)
    begins = packed.offsets[:-1][has_label] + HEADER_BYTES + LABEL_BYTES * index
    labels = np.zeros(len(packed), np.float32)
    labels[has_label] = packed.data[begins[:, np.newaxis] + np.arange(LABEL_BYTES)].view("<f4")[
        :, 0
    ]
    return has_label, labels
