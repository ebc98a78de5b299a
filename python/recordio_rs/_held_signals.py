"""Ctrl-C and SIGTERM, made to wait for what must not be left half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["signals_held"]

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_held() -> Iterator[None]:
    """Lets signals that are to end the process wait until the block is done.

    What the block raises goes before a signal that came meanwhile. In another thread than the main
    one, where no signal is handled, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    # A handler that is not Python's cannot be put back.
    before = {one: handler for one in _HELD if (handler := signal.getsignal(one)) is not None}
    try:
        for one in before:
            signal.signal(one, lambda number, _frame: came.append(number))
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    if came:
        signal.raise_signal(came[0])
