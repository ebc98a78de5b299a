"""What of a file the system keeps in memory."""

from __future__ import annotations

import ctypes
import mmap
import os
from contextlib import suppress

import numpy as np

__all__ = ["cached_share", "drop"]

_SAMPLED = 512
_IS_RESIDENT = 1


def drop(path: str) -> bool:
    """Asks the system to forget what it keeps of a file.

    Returns:
        Whether it can be asked; what it does is for `cached_share` to see.
    """
    if not hasattr(os, "posix_fadvise"):
        return False
    with suppress(OSError), open(path, "rb") as file:
        os.fsync(file.fileno())  # what is not on the disk yet is not forgotten
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return True
    return False


def cached_share(path: str) -> float | None:
    """Returns the share of a file that is in memory, from a sample of its pages.

    Returns:
        From 0 to 1; `None` if the system does not tell.
    """
    try:
        mincore = ctypes.CDLL(None, use_errno=True).mincore
    except (OSError, AttributeError, TypeError):
        return None
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            # Writable as Python gives the address of no other map; nothing is written.
            with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY) as mapped:
                return _resident(mincore, mapped, size)
    except (OSError, ValueError):  # no regular file, or an empty one
        return None


def _resident(mincore: ctypes._NamedFuncPointer, mapped: mmap.mmap, size: int) -> float | None:
    first = ctypes.c_char.from_buffer(mapped)
    try:
        address = ctypes.addressof(first)
        pages = -(-size // mmap.PAGESIZE)
        sampled = np.unique(np.linspace(0, pages - 1, min(pages, _SAMPLED)).astype(np.int64))
        state = ctypes.c_ubyte()
        found = 0
        for page in sampled.tolist():
            place = ctypes.c_void_p(address + page * mmap.PAGESIZE)
            if mincore(place, ctypes.c_size_t(1), ctypes.byref(state)):
                return None
            found += state.value & _IS_RESIDENT
        return found / len(sampled)
    finally:
        del first  # else the map cannot be closed
