"""What a terminal is given: text that it shows and does not obey, how wide, in which colours."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
from io import TextIOWrapper

import click

__all__ = ["accept_all_names", "echo", "printable", "styled", "width"]

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

    It stays plain where `NO_COLOR` is set or the terminal knows no such things. `echo` drops
    it where output is no terminal.
    """
    text = printable(text)
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown"):
        return text
    return click.style(text, fg=fg, bold=bold)


def echo(text: str, *, err: bool = False) -> None:
    """Prints a line at once, without colours where there is no terminal.

    Not by `click.echo`: that does not know of the bar that is to stay below what is printed.
    """
    stream = sys.stderr if err else sys.stdout
    print(text if stream.isatty() else click.unstyle(text), file=stream, flush=True)


def width() -> int:
    """Returns how many columns standard output has; 80 if it is no terminal."""
    if not sys.stdout.isatty():
        return _PIPE_WIDTH
    return max(shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, _LEAST_WIDTH)


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
