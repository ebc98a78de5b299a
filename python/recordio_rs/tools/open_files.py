"""How many files this process may have open."""

from __future__ import annotations

import os
import sys

__all__ = ["allow_open_files"]

# What is opened besides, for a moment: modules, pipes, folders.
_OTHERS = 16
# What is open where nobody can tell.
_USED = 48


def allow_open_files(count: int) -> int:
    """Lets this process have so many more files open, as far as the system lets it.

    Systems start programs with a limit that is far below what they allow to who asks.

    Returns:
        How many more it may have: `count`, or fewer.
    """
    if sys.platform == "win32":
        return count
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return count
    used = _used() + _OTHERS
    wanted = used + count
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(0, min(count, max(wanted, soft) - used))


def _used() -> int:
    """Returns how many files this process has open."""
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return _USED
