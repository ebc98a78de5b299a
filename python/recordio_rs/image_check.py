"""Whether image records have whole labels and whole images."""

from __future__ import annotations

import functools
import re
import struct
import zlib
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from os import cpu_count
from types import ModuleType
from typing import TypeAlias

import numpy as np

from recordio_rs._progress import Stages
from recordio_rs._recordio_rs import FileReader, RecordIndex
from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import unpack
from recordio_rs.images import opencv
from recordio_rs.reports import Problem

__all__ = ["check_image", "check_records", "cut_image"]

_Group: TypeAlias = list[tuple[int, bytes]]

_GROUP_LENGTH, _GROUP_BYTES = 64, 8 << 20
_JPEG, _JPEG_SCAN, _JPEG_END = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9"
# Not what stands in a scan: a byte 0xff of data has 0x00 behind it, a restart 0xd0 to 0xd7.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# The frames whose data are Huffman codes: baseline, extended, progressive.
_JPEG_FRAMES = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2")
# There each block of 8 x 8 pixels takes a bit at least.
_MOST_PIXELS_PER_BYTE = 8 * 8 * 8
# A progressive JPEG is decoded as a whole, at six bytes for each pixel.
_MOST_PIXELS = 1 << 26
_PNG = b"\x89PNG\r\n\x1a\n"
# How libjpeg begins to tell of damaged data; it says other things of kinds that it does not know.
_WARNINGS = ("Corrupt JPEG data", "Premature end of JPEG", "Inconsistent progression")


def check_records(
    file: FileReader,
    records: RecordIndex,
    key_at: Callable[[int], Hashable | None],
    max_problems: int,
    stages: Stages,
) -> tuple[list[Problem], int]:
    """Checks image records, by several threads.

    Args:
        file: The open file.
        records: Where its records are.
        key_at: Gives the key of the record at an offset.
        max_problems: How many problems are kept.
        stages: Told how far this is, as one stage.

    Returns:
        The problems in the order of the records, and how many more there are.

    Raises:
        MissingOpenCVError: OpenCV is not there.
        StorageError: The file cannot be read.
    """
    opencv()  # before anything is read
    problems, found_count = list[Problem](), 0
    threads = cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[list[Problem]]] = deque()
        try:
            for group in _groups(file, records):
                pending.append(pool.submit(_check_group, group, records, key_at))
                if len(pending) > 2 * threads:
                    found = pending.popleft().result()
                    found_count += len(found)
                    problems += found[: max_problems - len(problems)]
                    stages.tell(records.offset(group[0][0]) or 0)
            for future in pending:
                found = future.result()
                found_count += len(found)
                problems += found[: max_problems - len(problems)]
        finally:
            pool.shutdown(cancel_futures=True)
    stages.end_stage()
    return problems, found_count - len(problems)


def _groups(file: FileReader, records: RecordIndex) -> Iterator[_Group]:
    """Reads records in groups that are worth a thread's while, and do not fill the memory."""
    shown = (0, 1, len(records))
    group, size = list[tuple[int, bytes]](), 0
    with file.prefetch(records, shown, iter(range(len(records))), None, _GROUP_BYTES) as ahead:
        for ordinal, record in enumerate(ahead):
            group.append((ordinal, record))
            size += len(record)
            if len(group) == _GROUP_LENGTH or size > _GROUP_BYTES:
                yield group
                group, size = [], 0
    if group:
        yield group


def _check_group(
    group: _Group, records: RecordIndex, key_at: Callable[[int], Hashable | None]
) -> list[Problem]:
    problems = []
    for ordinal, record in group:
        if (fault := check_image(record)) is not None:
            offset = records.offset(ordinal) or 0
            problems.append(Problem(*fault, offset, ordinal, key_at(offset)))
    return problems


def check_image(record: bytes) -> tuple[str, str] | None:
    """Checks one image record.

    Args:
        record: The record: header, labels, and the encoded image.

    Returns:
        Kind ("label" or "image") and reason of what is wrong with it, or `None`. A record with an
        array of labels and nothing behind them is well: face datasets have such ones. Damage inside
        the data of a JPEG is noticed where simplejpeg is installed, as far as libjpeg notices it.
    """
    try:
        header, image = unpack(record)
    except ImageRecordError as error:
        if error.expected is None:
            return "label", str(error)
        return "label", f"expected {error.expected} bytes of header or labels, found {error.found}"
    if not image:
        return None if header.flag else ("image", "there is no image behind the header")
    if reason := cut_image(image):
        return "image", reason
    if image.startswith(_JPEG) and (checked := _checked_jpeg(image)) is not None:
        return ("image", checked) if checked else None
    cv2 = opencv()
    try:
        decoded = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        return "image", f"the image cannot be decoded: {error}"
    return None if decoded is not None else ("image", "the image cannot be decoded")


def cut_image(image: bytes) -> str | None:
    """Tells what decoders pass over: the end of a JPEG is missing, or a checksum is wrong.

    Args:
        image: The encoded image.

    Returns:
        What is wrong with it, or `None`.
    """
    if image.startswith(_JPEG):
        # An embedded preview has an end of its own, before the scan; some files go on behind it.
        is_whole = image.endswith(_JPEG_END) or image.rfind(_JPEG_END) > image.rfind(_JPEG_SCAN)
        is_whole = is_whole or _ends_somewhere(image)
        return None if is_whole else "the JPEG is cut: it has no end"
    if image.startswith(_PNG):
        return next(_png_faults(image), None)
    return None


def _checked_jpeg(jpeg: bytes) -> str | None:
    """Tells what libjpeg has to say of the data of a JPEG; OpenCV keeps it to itself and goes on.

    Returns:
        What is wrong, with nothing if all is well; `None` where simplejpeg, which is not needed for
        anything else, is not there or does not know the kind of JPEG, and of very large ones.
    """
    pixels = _claimed_pixels(jpeg)
    if pixels > len(jpeg) * _MOST_PIXELS_PER_BYTE:
        return f"the JPEG is cut, or its size is wrong: {len(jpeg)} bytes for {pixels} pixels"
    simplejpeg = _simplejpeg()
    if simplejpeg is None or pixels > _MOST_PIXELS:
        return None
    try:
        # An eighth of each side: all of the data is read, little is made of it.
        simplejpeg.decode_jpeg(jpeg, "GRAY", fastdct=True, min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        return str(error) if str(error).startswith(_WARNINGS) else None
    return ""


@functools.cache
def _simplejpeg() -> ModuleType | None:
    try:
        import simplejpeg  # type: ignore[import-untyped]
    except ImportError:
        return None
    module: ModuleType = simplejpeg
    return module


def _claimed_pixels(jpeg: bytes) -> int:
    """Returns how many pixels a JPEG of Huffman codes says that it has; 0 of others."""
    place = len(_JPEG) - 1
    while found := _JPEG_MARKER.search(jpeg, place):
        if found.group() == _JPEG_SCAN:
            break
        begin = found.end()
        if found.group() in _JPEG_FRAMES and begin + 7 <= len(jpeg):
            height, width = struct.unpack_from(">HH", jpeg, begin + 3)
            return int(height * width)
        place = begin + max(int.from_bytes(jpeg[begin : begin + 2], "big"), 2)
    return 0


def _ends_somewhere(jpeg: bytes) -> bool:
    """Tells whether a JPEG comes to its end, from segment to segment, whatever stands behind it.

    Telephones put films there, in which anything may look like a scan.
    """
    place = len(_JPEG) - 1
    while found := _JPEG_MARKER.search(jpeg, place):
        if found.group() == _JPEG_END:
            return True
        length = int.from_bytes(jpeg[found.end() : found.end() + 2], "big")
        place = found.end() + max(length, 2)
    return False


def _png_faults(image: bytes) -> Iterator[str]:
    place = len(_PNG)
    for number in count():
        if len(image) < place + 12:
            yield f"the PNG is cut: it ends in chunk {number}"
            return
        (length,) = struct.unpack_from(">I", image, place)
        name, end = image[place + 4 : place + 8], place + 8 + length
        if len(image) < end + 4:
            yield f"the PNG is cut: it ends in chunk {number}"
            return
        if zlib.crc32(image[place + 4 : end]) != struct.unpack_from(">I", image, end)[0]:
            yield f"the checksum of chunk {number} of the PNG is wrong"
        if name == b"IEND":
            return
        place = end + 4
