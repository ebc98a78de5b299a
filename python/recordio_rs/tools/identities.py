"""The identities of a face dataset as InsightFace packs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordio_rs.exceptions import RecordIOError
from recordio_rs.image_record import unpack
from recordio_rs.tools.source import Source

__all__ = ["Identities", "identities_of"]


@dataclass(frozen=True)
class Identities:
    """What the first record of such a dataset says.

    It has the key 0, no image and two labels. Images have the keys from 1 on; then come records of
    identities, whose labels say which keys their images have.

    Attributes:
        images: How many images it says there are.
        first_key: The key of the first identity.
        end_key: The key behind the last one.
    """

    images: int
    first_key: int
    end_key: int

    @property
    def count(self) -> int:
        """How many identities there are."""
        return self.end_key - self.first_key


def identities_of(source: Source) -> Identities | None:
    """Returns the identities of a dataset, or `None` if it is none with such.

    Args:
        source: The file. It needs an index.

    Raises:
        StorageError: The file cannot be read.
    """
    if source.index is None or not len(source) or source.key(0) != "0":
        return None
    try:
        header, image = unpack(source.record(0))
    except RecordIOError:
        return None
    if header.flag != 2 or image:
        return None
    labels = np.asarray(header.label, np.float64)
    if not np.isfinite(labels).all() or (labels != np.floor(labels)).any():
        return None
    first, end = (int(one) for one in labels)
    return Identities(first - 1, first, end) if 1 <= first <= end else None
