"""How the command line ends."""

from __future__ import annotations

import errno
import os

__all__ = [
    "CLOSED_PIPE",
    "FAILED",
    "FINE",
    "INTERRUPTED",
    "LOSSES",
    "TERMINATED",
    "USAGE",
    "Failure",
    "text_of",
]

FINE = 0
FAILED = 1
USAGE = 2
LOSSES = 3
"""Done, but the input is damaged, or something of it was left out."""
INTERRUPTED, CLOSED_PIPE, TERMINATED = 130, 141, 143
"""As a shell shows a process that SIGINT, SIGPIPE or SIGTERM has ended."""


class Failure(Exception):
    """Something that the user has to be told and that ends the command.

    Args:
        message: What is told, with the file that it is about.
        exit_code: The exit code.
    """

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def text_of(error: Exception) -> str:
    """Returns what is told of an error: the file that it is about, what is wrong, and its notes."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror is not None:
        path = "standard output" if error.filename is None else os.fsdecode(error.filename)
        text = f"{path}: {error.strerror}"
        if error.errno == errno.EMFILE:
            text += "; ulimit -n says how many this process may have"
    return "; ".join([text, *getattr(error, "__notes__", [])])
