"""The lock that writers have on their files, for who replaces one from Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from recordio_rs.exceptions import locked_error


@contextmanager
def locked(*paths: str) -> Iterator[None]:
    """Holds files that no writer may have meanwhile; those that are not there need no lock.

    Raises:
        LockedError: A writer has one of them, in this process or in another one.
    """
    with ExitStack() as stack:
        for path in paths:
            if os.path.isfile(path):  # writers lock nothing else
                stack.enter_context(_locked(path))
        yield


@contextmanager
def _locked(path: str) -> Iterator[None]:
    descriptor = None
    with suppress(OSError):  # who opens it next says what is wrong
        descriptor = os.open(path, os.O_RDONLY)
    if descriptor is None:
        yield
        return
    try:
        with locked_open(path, descriptor):
            yield
    finally:
        os.close(descriptor)


@contextmanager
def locked_open(path: str, descriptor: int) -> Iterator[None]:
    """Holds a file that is open, also when it is closed before the block ends.

    Raises:
        LockedError: A writer has it, or the path leads to another one: who had it has put that
            there, or has removed it.
    """
    if sys.platform == "win32":
        yield  # there writers have no locks
        return
    import fcntl

    held = os.dup(descriptor)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise locked_error(path) from None
        except OSError:
            pass  # a file system without locks
        if not _is_at(path, held):
            raise locked_error(path)
        yield
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_UN)  # also for a child that was forked meanwhile
    finally:
        os.close(held)


def _is_at(path: str, descriptor: int) -> bool:
    """Tells whether a path still leads to an open file."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
