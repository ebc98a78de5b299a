"""What is in records that are no image records, as far as their first bytes show."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

__all__ = ["content_of", "hex_lines", "text_of"]

# All control characters but tab, line feed, form feed, carriage return and escape.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SIGNATURES = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x80\x04\x95", "pickle"),
    (b"\x80\x05\x95", "pickle"),
    (b"PK\x03\x04", "zip"),
    (b"PAR1", "parquet"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"%PDF-", "pdf"),
)
_BEGINNINGS = tuple(signature for signature, _ in _SIGNATURES)
_LOOKED_AT = 4096


def content_of(record: bytes) -> str:
    """Returns what a record seems to be: "empty", "text", "json", "gzip" and so on, or "binary".

    Args:
        record: The record, or its beginning.
    """
    if not record:
        return "empty"
    if record.startswith(_BEGINNINGS):
        return next(name for signature, name in _SIGNATURES if record.startswith(signature))
    if record.startswith(b"RIFF") and record[8:12] == b"WAVE":
        return "wav"
    text = text_of(record)
    if text is None:
        return "binary"
    return "json" if text.lstrip()[:1] in ("{", "[") and text.strip() else "text"


def text_of(record: bytes) -> str | None:
    """Returns the beginning of a record as text, or `None` if it is none."""
    start = record[:_LOOKED_AT]
    if _NO_TEXT.search(start):
        return None
    try:
        # A character may be cut where this ends; but not where the record does.
        return codecs.utf_8_decode(start, "strict", len(record) <= _LOOKED_AT)[0]
    except UnicodeDecodeError:
        return None


def hex_lines(record: bytes) -> Iterator[str]:
    """Gives lines of sixteen bytes each: their number, in hexadecimal, and as characters."""
    for begin in range(0, len(record), 16):
        row = record[begin : begin + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{begin:04x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  {shown}"
