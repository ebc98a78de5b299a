"""What a terminal is given: text that it shows and does not obey, how wide, in which colours."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
from io import TextIOWrapper

import click

__all__ = ["accept_all_names", "open_streams", "printable", "styled", "width"]

# Narrower ones get lines that they wrap.
_LEAST_WIDTH = 20
_PIPE_WIDTH = 80
_ERRORS = "recordio"


def printable(text: str) -> str:
    """Returns text with what a terminal would not show, or obey, written out.

    Bytes of names that are no text, which Python has as lone surrogates, stay what they are.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or "\udc80" <= one <= "\udcff" else ascii(one)[1:-1]
        for one in text
    )


def styled(text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
    """Returns text, made printable, in a colour or bold.

    It stays plain where `NO_COLOR` is set or the terminal knows no such things. `click.echo` drops
    it where output is no terminal.
    """
    text = printable(text)
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown"):
        return text
    return click.style(text, fg=fg, bold=bold)


def width() -> int:
    """Returns how many columns standard output has; 80 if it is no terminal."""
    if not sys.stdout.isatty():
        return _PIPE_WIDTH
    return max(shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, _LEAST_WIDTH)


def open_streams() -> None:
    """Opens the standard streams that whoever started the process has closed.

    Else a file that is opened later would be one of them. What is written to standard output then
    fails, and what is told on standard error is lost.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # the lowest one that is free is taken
            os.open(os.devnull, os.O_RDONLY if descriptor < 2 else os.O_WRONLY)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  # for the whole process
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def accept_all_names() -> None:
    """Lets standard output take any text.

    Bytes of names that are no text come out as what they are, and what the encoding of the output
    does not have is written out.
    """
    codecs.register_error(_ERRORS, _as_it_was)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=_ERRORS)


def _as_it_was(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    found = error.object[error.start : error.end]
    return b"".join(map(_bytes_of, found)), error.end


def _bytes_of(character: str) -> bytes:
    is_byte = "\udc80" <= character <= "\udcff"
    return character.encode("ascii", "surrogateescape" if is_byte else "backslashreplace")
