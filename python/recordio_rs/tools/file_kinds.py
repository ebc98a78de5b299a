"""What a file seems to be that is no RecordIO file, by its first bytes."""

from __future__ import annotations

import re

from recordio_rs.tools.content import content_of
from recordio_rs.tools.image_headers import format_of
from recordio_rs.tools.magic import MAGIC

__all__ = ["file_kind"]

_LOOKED_AT = 4096
_TAR, _TAR_AT = b"ustar", 257
_CONVERTS = "recordio convert reads it"
# What `content_of` has to say of the beginning of a file, and what can be done with that.
_CONTENTS = {
    "gzip": "a file compressed by gzip: decompress it first",
    "zstd": "a file compressed by zstd: decompress it first",
    "zip": "a zip archive",
    "parquet": f"a Parquet file: {_CONVERTS}",
    "pickle": "a pickle of Python",
    "pdf": "a PDF",
    "ogg": "Ogg audio",
    "flac": "FLAC audio",
    "wav": "WAV audio",
    "json": "JSON",
    "text": "text",
}
_INDEX_LINE = re.compile(r"\S[^\t]*\t\d+")
_LIST_LINE = re.compile(r"\d+(\t-?\d+(\.\d+)?(e[+-]?\d+)?)+\t[^\t]+")


def file_kind(path: str) -> str | None:
    """Returns what a file seems to be, and what can be done with it: "an index, ...", say.

    Args:
        path: The file.

    Returns:
        What comes behind "it looks like"; `None` for a file that begins as RecordIO does, and for
        one of which nothing can be said.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(_LOOKED_AT)
            if not start or start.startswith(MAGIC):
                return None
            size = file.seek(0, 2)
            if (kind := _by_signature(start)) is not None:
                return kind
            length = int.from_bytes(start[:8], "little")
            end = _tfrecord_size(length)
            if not length or end > size:
                return None
            file.seek(end)
            following = int.from_bytes(file.read(8), "little")
    except OSError:
        return None
    # There are checksums, but it takes another package to compare them.
    is_whole = end == size or (following > 0 and end + _tfrecord_size(following) <= size)
    return f"a TFRecord file: {_CONVERTS}" if is_whole else None


def _by_signature(start: bytes) -> str | None:
    if start.startswith(_TAR, _TAR_AT):
        return f"a tar file: {_CONVERTS}"
    if image := format_of(start):
        return f"an image ({image})"
    content = content_of(start)
    if content != "text":
        return _CONTENTS.get(content)
    lines = start.decode("utf-8", "ignore").splitlines()
    whole = [line for line in lines[: max(len(lines) - 1, 1)] if line]
    if whole and all(map(_INDEX_LINE.fullmatch, whole)):
        return "an index (.idx): name the .rec file"
    if whole and all(map(_LIST_LINE.fullmatch, whole)):
        return "a list of images (.lst): recordio pack reads it"
    return _CONTENTS["text"]


def _tfrecord_size(length: int) -> int:
    """Returns how many bytes a record of a TFRecord file takes: with length and checksums."""
    return 8 + 4 + length + 4
