"""Reads records as the format's rules say they must be, and says where a file breaks them.

MXNet reads some malformed files as if nothing were wrong; this package refuses all of them. Which
files those are is decided here, apart from both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from slow_decoder import read_record

PLAIN_OFFSET = re.compile("[+]?[0-9]+(_[0-9]+)*")


@dataclass(frozen=True)
class Record:
    """One record as it lies in a file."""

    offset: int
    fragments: int
    payload: bytes
    end: int
    """Where the next one begins."""


Outcome = Record | Literal["end", "malformed"]


def read(data: bytes, offset: int) -> Outcome:
    """Gives the record at `offset` of a file's contents.

    It is "end" where nothing is left, and "malformed" where something is that is not a record.
    """
    if offset == len(data):
        return "end"
    record, fault = read_record(data, offset)
    if record is None or fault:
        return "malformed"
    return Record(offset, len(record.fragments), record.payload, record.end)


def read_all(data: bytes) -> list[Outcome]:
    """Gives the records of a file's contents, and last how they end: "end" or "malformed"."""
    outcomes: list[Outcome] = []
    offset = 0
    while True:
        outcome = read(data, offset)
        outcomes.append(outcome)
        if not isinstance(outcome, Record):
            return outcomes
        offset = outcome.end


def is_plain_index(data: bytes) -> bool:
    """Tells whether an index is UTF-8 in lines of key, tab and a decimal offset of 64 bits.

    Keys may be anything: what becomes of them is for `key_type` to say.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    if "\r" in text.replace("\r\n", "\n"):
        return False
    for line in text.removesuffix("\n").split("\n") if text else []:
        fields = line.strip().split("\t")
        offset = fields[1].strip() if len(fields) > 1 else ""
        if not (PLAIN_OFFSET.fullmatch(offset) and int(offset) < 2**64):
            return False
    return True
