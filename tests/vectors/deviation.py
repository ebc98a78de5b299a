"""What one vector of a deviation is made of, and how the bytes of a good file are changed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slow_decoder import MAGIC

HERE = Path(__file__).resolve().parent

Stop = tuple[str, int, int]
Skipped = tuple[int, int, str]


@dataclass(frozen=True)
class Deviation:
    """A `.rec` file with something in it that a writer of this format does not write.

    What is expected stands here as a person works it out from docs/format.md; the manifest is
    made by the slow decoders and has to say the same.

    Attributes:
        name: Also the stem of its files.
        deviation: The id of its row in docs/format.md.
        description: One sentence.
        source: The vector that MXNet wrote, of which these bytes are made.
        rec: The records' file.
        strict: Where a strict reader stops: kind, offset, ordinal; or how many records it reads.
        given: The offsets of the records that a lenient reader gives.
        skipped: The regions that it passes over: begin, end, kind.
        idx: The index, if there is one.
        key_type: Of the index.
        fault: What is wrong with a line of the index: kind, line.
        entries: For each entry, what becomes of it; `None` where it is a record's.
        unpacked: For each record of a strict reader, what is wrong with it as an image record.
    """

    name: str
    deviation: str
    description: str
    source: str
    rec: bytes
    strict: Stop | int
    given: tuple[int, ...]
    skipped: tuple[Skipped, ...] = ()
    idx: bytes | None = None
    key_type: Literal["int", "str"] = "int"
    fault: tuple[str, int] | None = None
    entries: tuple[str | None, ...] | None = None
    unpacked: tuple[str | None, ...] | None = None


def vector(name: str) -> bytes:
    """Gives the bytes of a file among the vectors that MXNet wrote."""
    return (HERE / name).read_bytes()


def word(flag: int, length: int) -> bytes:
    """Gives the second half of a head: flag and length."""
    return struct.pack("<I", flag << 29 | length)


def fragment(flag: int, payload: bytes) -> bytes:
    """Gives a fragment."""
    return MAGIC + word(flag, len(payload)) + payload + bytes(-len(payload) % 4)


def put(file: bytes, *changes: tuple[int, bytes]) -> bytes:
    """Gives a file with bytes overwritten: each change is an offset and what stands there then."""
    changed = bytearray(file)
    for offset, data in changes:
        assert offset + len(data) <= len(file)
        changed[offset : offset + len(data)] = data
    return bytes(changed)


COUNTED = vector("keys_counted.rec")[:80]
"""Four records: a split one at 0, whole ones at 24 and 40, a split one at 56; eight bytes in each
first or only fragment, none in the last of a split one."""

COUNTED_IDX = b"0\t0\n1\t24\n2\t40\n3\t56\n"
assert vector("keys_counted.idx").startswith(COUNTED_IDX)

LENGTHS = vector("lengths_1_to_9.rec")
"""Nine records of 1 to 9 bytes; 132 bytes."""

OF_LENGTHS = (0, 12, 24, 36, 48, 64, 80, 96, 112)
"""Their offsets."""

ALIGNED = vector("magic_aligned.rec")
"""Four records of two fragments of 12 bytes each, at 0, 24, 48 and 72; then one of three, which
begin at 96, 112 and 124; 136 bytes."""
