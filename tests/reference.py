"""RecordIO written as plainly as can be, by docs/format.md alone, to compare the package with."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from slow_decoder import strict

MAGIC = bytes.fromhex("0a23d7ce")


def fragment(flag: int, data: bytes, length: int | None = None) -> bytes:
    """Gives one fragment: magic, flag and length, data, zeros up to a multiple of four.

    A length given here stands in the header instead of that of the data.
    """
    word = flag << 29 | (len(data) if length is None else length)
    return MAGIC + struct.pack("<I", word) + data + bytes(-len(data) % 4)


def encode(record: bytes) -> bytes:
    """Gives the fragments of a record: it is cut at each magic on a multiple of four."""
    parts, begin, place = [], 0, 0
    while place + 4 <= len(record):
        if record[place : place + 4] == MAGIC:
            parts.append(record[begin:place])
            begin = place + 4
        place += 4
    parts.append(record[begin:])
    if len(parts) == 1:
        return fragment(0, record)
    first, *middle, last = parts
    return b"".join(
        [fragment(1, first), *(fragment(2, part) for part in middle), fragment(3, last)]
    )


def decode(file: bytes) -> list[tuple[int, bytes]]:
    """Gives the offset and the bytes of every record of a file without faults."""
    records, error = strict(file)
    assert error is None, error
    return [(record.offset, record.payload) for record in records]


def write_files(
    rec: Path, records: Iterable[bytes], keys: Iterable[object] | None = None
) -> list[int]:
    """Writes a `.rec` file, and the `.idx` file beside it if there are keys; gives the offsets."""
    file, offsets = b"", []
    for record in records:
        offsets.append(len(file))
        file += encode(record)
    rec.write_bytes(file)
    if keys is not None:
        lines = [f"{key}\t{offset}\n" for key, offset in zip(keys, offsets, strict=True)]
        rec.with_suffix(".idx").write_text("".join(lines), encoding="utf-8", newline="")
    return offsets
