"""An `.idx` file read slowly and plainly, as docs/format.md has it.

It reads what a reader MUST, and besides integer keys of any size.
"""

from __future__ import annotations

import io
import re
from typing import NamedTuple

MAX_LINE_LEN = 65536
"""With the line feed."""

_ASCII_SPACE = " \t\n\v\f\r"
_INTEGER = re.compile(r"[+-]?[0-9]+(_[0-9]+)*")
_OFFSET = re.compile(r"[+]?[0-9]+(_[0-9]+)*")


class Entry(NamedTuple):
    """A key as the index spells it, integers without white space around them, and an offset."""

    key: str
    offset: int


class LineFault(NamedTuple):
    """What is wrong with a line; lines are counted from 1."""

    kind: str
    line: int


def parse(file: bytes, key_type: str) -> tuple[list[Entry], LineFault | None]:
    """Gives the entries of an index, or none and the first fault of a line.

    Args:
        file: Its bytes.
        key_type: "int" or "str".
    """
    entries: list[Entry] = []
    for number, line in enumerate(io.BytesIO(file), 1):  # each with its line feed
        entry = parse_line(line, key_type)
        if isinstance(entry, str):
            return [], LineFault(entry, number)
        entries.append(entry)
    return entries, None


def parse_line(line: bytes, key_type: str) -> Entry | str:
    """Gives the entry on a line, or what is wrong with it."""
    if len(line) > MAX_LINE_LEN:
        return "too-long"
    is_text = key_type == "str"
    try:
        text = line.decode(errors="strict" if is_text else "surrogateescape")
    except UnicodeDecodeError:
        return "not-utf-8"
    text = text.strip(None if is_text else _ASCII_SPACE)  # by default Unicode's, and a few more
    if not text:
        return "blank"
    if "\r" in text:
        return "carriage-return"
    key, *more = text.split("\t")
    if not more:
        return "missing-tab"
    offset = more[0].strip(_ASCII_SPACE)
    if not _OFFSET.fullmatch(offset) or int(offset) >= 2**64:
        return "offset-not-integer"
    if not is_text:
        key = key.strip(_ASCII_SPACE)
        if not _INTEGER.fullmatch(key):
            return "key-not-integer"
    return Entry(key, int(offset))
