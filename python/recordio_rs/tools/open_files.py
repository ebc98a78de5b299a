"""How many files this process may have open."""

from __future__ import annotations

import sys

__all__ = ["allow_open_files"]

# What is open besides: standard streams, modules, pipes.
_OTHERS = 64


def allow_open_files(count: int) -> None:
    """Lets this process have so many more files open, as far as the system lets it.

    Systems start programs with a limit that is far below what they allow to who asks.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + count + _OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
