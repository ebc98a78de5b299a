"""A label as people read it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["label_text"]

# Longer ones are written with an exponent.
_EXACT = 10**15


@lru_cache(maxsize=10_000)
def label_text(label: float) -> str:
    """Returns a label with as few digits as tell it from all others of 32 bits: `3`, `0.25`."""
    if label.is_integer() and abs(label) < _EXACT:
        return str(int(label))
    return str(np.float32(label))
