"""Which process this is, without a system call each time."""

from __future__ import annotations

import os

from recordio_rs._recordio_rs import after_fork_in_child

pid: int = os.getpid()


def _after_fork() -> None:
    global pid
    pid = os.getpid()
    after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)
