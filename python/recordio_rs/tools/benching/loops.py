"""The loops that are measured."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count, islice

import numpy as np
import numpy.typing as npt

from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import unpack
from recordio_rs.images import opencv
from recordio_rs.reader import Reader
from recordio_rs.tools.image_headers import format_of

__all__ = [
    "Timed",
    "batch_length",
    "batches",
    "decoded",
    "holds_images",
    "one_by_one",
    "read_ahead",
    "sequential",
]

Ordinals = npt.NDArray[np.int64]

_BATCH = 256
_DECODED_AT_ONCE = 16
# How many records are read between two looks at the clock.
_STRIDE = 32
# How many bytes a batch has about, and what is read between two looks at the clock.
_BATCH_BYTES, _STRIDE_BYTES = 32 << 20, 1 << 20
_LOOKED_AT = 16


@dataclass(frozen=True)
class Timed:
    """What a loop has done.

    Attributes:
        records: How many records it has read.
        size: How many bytes they have.
        seconds: How long it took.
    """

    records: int
    size: int
    seconds: float


def _timed(groups: Iterator[tuple[int, int]], seconds: float) -> Timed:
    """Takes groups of records, as their number and bytes, until the time is over."""
    records = size = 0
    begin = time.perf_counter()
    passed = 0.0
    for number, length in groups:
        records += number
        size += length
        passed = time.perf_counter() - begin
        if passed >= seconds:
            break
    return Timed(records, size, max(passed, 1e-9))


def batch_length(mean: float) -> int:
    """Returns how many records are asked for at once: fewer, if they are large.

    Args:
        mean: The bytes of a record.
    """
    return max(1, min(_BATCH, int(_BATCH_BYTES / max(mean, 1))))


def _grouped(records: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    stride = 1
    while group := list(islice(records, stride)):
        size = sum(map(len, group))
        yield len(group), size
        fitting = _STRIDE_BYTES * len(group) // max(size, 1)
        stride = min(2 * stride, _STRIDE, max(fitting, 1))


def sequential(reader: Reader, seconds: float, again: int | None = None) -> Timed:
    """Reads a file from its first record on, until the time is over.

    Args:
        reader: The file, without an index.
        seconds: After how long it ends.
        again: After how many records it begins again; if not given, it ends with the file.
    """
    if again is None:
        return _timed(_grouped(iter(reader)), seconds)
    passes = (islice(iter(reader), again) for _ in count())
    return _timed(_grouped(chain.from_iterable(passes)), seconds)


def one_by_one(reader: Reader, order: Ordinals, seconds: float) -> Timed:
    """Reads records, each for itself."""
    return _timed(_grouped(map(reader.__getitem__, order.tolist())), seconds)


def batches(reader: Reader, order: Ordinals, seconds: float, length: int) -> Timed:
    """Reads records in batches of a length."""

    def groups() -> Iterator[tuple[int, int]]:
        for begin in range(0, len(order), length):
            packed = reader.read_packed(order[begin : begin + length])
            yield len(packed), packed.data.nbytes

    return _timed(groups(), seconds)


def read_ahead(reader: Reader, order: Ordinals, seconds: float) -> Timed:
    """Takes records that threads read ahead."""
    with reader.prefetch(order) as records:
        return _timed(_grouped(records), seconds)


def decoded(reader: Reader, order: Ordinals, seconds: float, length: int) -> Timed:
    """Reads records in batches and decodes their images, with a thread for each core.

    Args:
        reader: The file.
        order: Which records.
        seconds: After how long it ends; images that are being decoded then are still counted.
        length: How many are read at once at most.

    Raises:
        MissingOpenCVError: OpenCV is not there.
    """
    opencv()
    threads = os.cpu_count() or 1
    length = min(length, _DECODED_AT_ONCE)
    end = time.perf_counter() + seconds

    def decode(part: Ordinals) -> tuple[int, int]:
        packed = reader.read_packed(part, num_threads=1)
        count = size = 0
        for record in packed:
            count += _is_decoded(record)
            size += len(record)
            if time.perf_counter() >= end:  # an image may take a second
                break
        return count, size

    with ThreadPoolExecutor(threads) as pool:
        parts = (order[begin : begin + length] for begin in range(0, len(order), length))
        return _timed(_in_pool(pool, decode, parts, 2 * threads), seconds)


def _in_pool(
    pool: ThreadPoolExecutor,
    call: Callable[[Ordinals], tuple[int, int]],
    parts: Iterator[Ordinals],
    depth: int,
) -> Iterator[tuple[int, int]]:
    waiting = [pool.submit(call, part) for part in islice(parts, depth)]
    try:
        while waiting:
            done = waiting.pop(0).result()
            waiting += [pool.submit(call, part) for part in islice(parts, 1)]
            yield done
    finally:
        pool.shutdown(cancel_futures=True)


def _image_of(record: memoryview) -> bytes | None:
    data = bytes(record)
    try:
        _, data = unpack(data)
    except ImageRecordError:
        return data if format_of(data) else None
    return data if format_of(data) else None


def _is_decoded(record: memoryview) -> bool:
    cv2 = opencv()
    image = _image_of(record)
    if image is None:
        return False
    try:
        return cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) is not None
    except cv2.error:
        return False


def holds_images(reader: Reader, order: Ordinals, length: int) -> bool:
    """Returns whether most of some records are images, of which so many are read at most."""
    packed = reader.read_packed(order[: min(length, _LOOKED_AT)])
    return 2 * sum(_image_of(record) is not None for record in packed) > len(packed)
