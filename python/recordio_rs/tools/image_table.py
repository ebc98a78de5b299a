"""Many images to be packed, in little memory and in an order of their own."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.image_list import ListItem

__all__ = ["ImageTable"]

Ordinals = npt.NDArray[np.int64]


class ImageTable:
    """Images in an order; each takes forty bytes and those of its path and labels.

    Examples:
        >>> table = ImageTable()
        >>> for number, name in enumerate(["a.jpg", "b.jpg"]):
        ...     table.append(ListItem(number, (1.0,), name))
        >>> [item.path for item in table.arranged([1, 0])]
        ['b.jpg', 'a.jpg']
    """

    def __init__(self) -> None:
        self._ids = array("Q")
        self._labels = array("d")
        self._label_ends = array("Q", [0])
        self._paths = bytearray()
        self._path_ends = array("Q", [0])
        self._order: Sequence[int] | Ordinals | None = None

    def append(self, item: ListItem) -> None:
        """Adds an image behind the others; only to a table that is in the order of appending."""
        assert self._order is None
        self._ids.append(item.id)
        self._labels.extend(item.labels)
        self._label_ends.append(len(self._labels))
        self._paths += os.fsencode(item.path)
        self._path_ends.append(len(self._paths))

    def arranged(self, order: Sequence[int] | Ordinals) -> ImageTable:
        """Returns a table of some of the images in another order; both share their memory.

        Args:
            order: The ordinals of the images in this table.
        """
        chosen = order if self._order is None else np.asarray(self._order)[order]
        other = ImageTable()
        vars(other).update(vars(self))
        other._order = chosen
        return other

    def __len__(self) -> int:
        return len(self._ids) if self._order is None else len(self._order)

    def __getitem__(self, ordinal: int) -> ListItem:
        """Returns an image by its ordinal.

        Raises:
            IndexError: There is none.
        """
        place = ordinal if self._order is None else int(self._order[ordinal])
        first, end = self._path_ends[place], self._path_ends[place + 1]
        labels = self._labels[self._label_ends[place] : self._label_ends[place + 1]]
        path = os.fsdecode(bytes(self._paths[first:end]))
        return ListItem(self._ids[place], tuple(labels), path)

    def __iter__(self) -> Iterator[ListItem]:
        return (self[ordinal] for ordinal in range(len(self)))

    def duplicates(self) -> tuple[Ordinals, int]:
        """Finds ids that several images have.

        Returns:
            The ordinals of the images that have the smallest such id, and how many images have an
            id that one before them has.
        """
        ids = np.frombuffer(self._ids, np.uint64) if self._ids else np.empty(0, np.uint64)
        if self._order is not None:
            ids = ids[np.asarray(self._order, np.int64)]
        values, counts = np.unique(ids, return_counts=True)
        extra = len(ids) - len(values)
        if not extra:
            return np.empty(0, np.int64), 0
        return np.flatnonzero(ids == values[counts > 1][0]), extra

    def fingerprint(self) -> str:
        """Returns a text that is the same for the same images in the same order, and no others."""
        digest = hashlib.sha256()
        order = range(len(self)) if self._order is None else self._order
        parts = (self._ids, self._labels, self._label_ends, self._path_ends, self._paths)
        for part in (np.asarray(order, np.int64).tobytes(), *parts):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        return digest.hexdigest()
