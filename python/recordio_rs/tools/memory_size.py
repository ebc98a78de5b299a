"""How much memory there is for this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress

__all__ = ["memory_size"]

# Where a container finds its own limit: of the second version of cgroups, and of the first.
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_size() -> int | None:
    """Returns how many bytes of memory this process may have; `None` if nobody knows.

    It is the memory of the machine, or what its container or the limits of the process leave of it.
    """
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    with suppress(AttributeError, ValueError, OSError):
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUPS:
        with suppress(OSError, ValueError), open(path, encoding="ascii") as file:  # it may be "max"
            yield int(file.read())
    if sys.platform != "win32":
        import resource

        for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            soft, _ = resource.getrlimit(kind)
            if soft != resource.RLIM_INFINITY:
                yield soft
