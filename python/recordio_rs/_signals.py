"""What SIGINT and SIGTERM do to the command `recordio`.

Most of the time of a short run goes by before there is anything to clean up: modules are imported,
where a KeyboardInterrupt would show a traceback, or get lost. So the package imports this module
first, and if the process is that command, signals end it at once from here on. When a command
begins its work they raise, so that what is half written is removed. What comes before, a start of
the interpreter, is not ours.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise


def is_command() -> bool:
    """Tells whether this process is the command `recordio`, from its start on.

    A script of that name is, where it lies beside the interpreter, as in a virtual environment:
    elsewhere it may be anybody's.
    """
    if not getattr(sys, "argv", ()):
        return False
    folder, name = os.path.split(os.path.abspath(sys.argv[0]))
    if name == "-m":  # that is what Python calls a module while it looks for it
        return ("-m", "recordio_rs") in pairwise(sys.orig_argv)
    return name in ("recordio", "recordio.exe") and folder == os.path.dirname(sys.executable)


try:  # it takes milliseconds until there can be a handler
    import signal
    from collections.abc import Iterator
    from contextlib import contextmanager, suppress
    from types import FrameType
except KeyboardInterrupt:
    if is_command():
        os._exit(130)
    raise

__all__ = ["Terminated", "is_command", "let_raise", "restored"]

_WORDS = {signal.SIGINT: b"interrupted", signal.SIGTERM: b"terminated"}


class Terminated(BaseException):
    """The process is asked to end."""


def let_raise() -> None:
    """Lets SIGINT raise KeyboardInterrupt and SIGTERM raise Terminated.

    Signals that are ignored, or that a program around the command handles, are left as they are; so
    are all outside of the main thread.
    """
    with suppress(ValueError):
        if signal.getsignal(signal.SIGINT) is _end:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if signal.getsignal(signal.SIGTERM) in (_end, signal.SIG_DFL):
            signal.signal(signal.SIGTERM, _raise_terminated)


@contextmanager
def restored() -> Iterator[None]:
    """Puts back at the end of the block what signals did before it."""
    before = {number: signal.getsignal(number) for number in _WORDS}
    try:
        yield
    finally:
        with suppress(ValueError):  # no main thread: nothing has changed
            for number, handler in before.items():
                signal.signal(number, handler)


def _end_at_once() -> None:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    with suppress(OSError):
        os.write(2, b"recordio: error: " + _WORDS[signal.Signals(number)] + b"\n")
    os._exit(128 + number)


def _raise_terminated(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


if is_command():
    with suppress(ValueError):  # no main thread
        _end_at_once()
