"""The ordinals that a caller may ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

Ordinals: TypeAlias = Iterable[SupportsIndex] | slice | npt.NDArray[np.integer[Any]]


def as_int64(ordinals: npt.NDArray[Any]) -> npt.NDArray[np.int64] | list[int]:
    """Returns ordinals as the native module takes them.

    Raises:
        TypeError: They are no integers, or not of one dimension.
    """
    if ordinals.shape == (0,):
        return []  # of `float64` where nobody says otherwise
    if ordinals.dtype == np.bool_:
        raise TypeError("ordinals must be integers: of a mask, numpy.flatnonzero gives them")
    if ordinals.dtype.kind not in "iu" or ordinals.ndim != 1:
        found = f"{ordinals.ndim} dimensions of {ordinals.dtype}"
        raise TypeError(f"ordinals must be an array of one dimension of integers, not {found}")
    if ordinals.dtype == np.uint64 and ordinals.size and ordinals.max() > np.iinfo(np.int64).max:
        return [int(ordinal) for ordinal in ordinals]  # one of them is out of range
    return np.ascontiguousarray(ordinals, dtype=np.int64)
