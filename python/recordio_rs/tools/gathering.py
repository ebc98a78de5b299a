"""One pass over all records of a file, for what `info` tells of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.reports import Report
from recordio_rs.tools.batches import cuts
from recordio_rs.tools.content import content_of
from recordio_rs.tools.identities import Identities, identities_of
from recordio_rs.tools.image_headers import (
    HEADER_BYTES,
    IMAGE_FORMATS,
    LABEL_BYTES,
    UNKNOWN_FORMAT,
    ImageHeaders,
    Packed,
    headers_of,
    rows_at,
)
from recordio_rs.tools.image_size import ImageSize, image_size
from recordio_rs.tools.index_state import IndexState, index_state_of
from recordio_rs.tools.source import Source

__all__ = ["Gathered", "gather"]

_FLAG_FIRST = 1


@dataclass
class Gathered:
    """What a pass over a file has found; some twenty bytes for each record.

    Attributes:
        path: The file.
        size: Its bytes.
        report: What `verify` says of it.
        index: What is to be said of its index, or `None`.
        identities: The identities of an InsightFace dataset, or `None`.
        lengths: The bytes of each record, in the order of the file; uint32.
        split: How many records are stored as several fragments.
        ids: `IRHeader.id` of each image record; uint64.
        labels: The label of each image record that has one alone; float32.
        first_labels: The first label of each that has several and an image; float32.
        widths: How many records there are with a vector of so many labels.
        formats: How many images of each format there are; "" for records of labels alone, and
            `UNKNOWN_FORMAT` for what is in the place of an image.
        contents: What sampled records are that are no image records, and how many of them.
        with_id2: How many image records have an `id2` that is not 0.
        detections: How many records there are with detection labels of a header width and an
            object width.
        objects: How many objects of each class they have.
        sizes: How large sampled images are, and how many of them.
        unsized: How many sampled images do not say how large they are.
    """

    path: str
    size: int
    report: Report
    index: IndexState | None = None
    identities: Identities | None = None
    lengths: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    split: int = 0
    ids: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    labels: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    first_labels: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    widths: Counter[int] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    contents: Counter[str] = field(default_factory=Counter)
    with_id2: int = 0
    detections: Counter[tuple[int, int]] = field(default_factory=Counter)
    objects: Counter[float] = field(default_factory=Counter)
    sizes: Counter[ImageSize] = field(default_factory=Counter)
    unsized: int = 0


def gather(
    path: str,
    index: str | Literal[False] | None = None,
    *,
    sample: int = 1000,
    seed: int = 0,
    any_payload: bool = False,
    progress: Progress | None = None,
) -> Gathered:
    """Goes through a file.

    Args:
        path: The `.rec` file.
        index: As for `Reader`.
        sample: Of how many records images and contents are looked at.
        seed: Which ones.
        any_payload: Which records are image records, as for `ImageHeaders.are_image_records`.
        progress: Told how many bytes are done, and how many there are; half of each is done when
            the file was looked through, half when its records were read.

    Raises:
        StorageError: A file cannot be read.
    """
    half = None if progress is None else lambda done, total: progress(done // 2, total)
    with Source(path, index, skip_damaged=True, progress=half) as source:
        size = source.report.size
        found = Gathered(path, size, source.report)
        found.index = index_state_of(source)
        found.identities = identities_of(source)
        order = _in_file_order(source.offsets)
        count = len(order)
        sampled = _sample(count, sample, seed)
        extents = source.extents_of(order)
        parts = list[_Part]()
        for begin, end in cuts(extents):
            packed = source.packed(order[begin:end])
            begin_of, end_of = np.searchsorted(sampled, [begin, end])
            part = _Part(packed, any_payload=any_payload)
            part.count(found, sampled[begin_of:end_of] - begin)
            parts.append(part.kept())
            if progress is not None:
                progress((size + size * end // count) // 2, size)
        found.lengths = np.concatenate([found.lengths, *(part.lengths for part in parts)])
        found.ids = np.concatenate([found.ids, *(part.ids for part in parts)])
        found.labels = np.concatenate([found.labels, *(part.labels for part in parts)])
        found.first_labels = np.concatenate(
            [found.first_labels, *(part.first_labels for part in parts)]
        )
        found.split = _split(path, found.lengths, extents, source.offsets[order])
        return found


def _in_file_order(offsets: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Returns ordinals so that each record is read once, in sequence."""
    if (offsets[1:] > offsets[:-1]).all():
        return np.arange(len(offsets))
    return np.unique(offsets, return_index=True)[1].astype(np.int64)


def _sample(count: int, sample: int, seed: int) -> npt.NDArray[np.int64]:
    if sample >= count:
        return np.arange(count)
    # Not `choice`, which shuffles all that there are to draw a few of them.
    random = np.random.RandomState(seed)
    drawn = np.zeros(0, np.int64)
    while len(drawn) < sample:
        more = random.randint(0, count, sample - len(drawn))
        drawn = np.unique(np.concatenate([drawn, more]))
    return drawn


def _split(
    path: str,
    lengths: npt.NDArray[np.uint32],
    extents: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.uint64],
) -> int:
    """Counts split records: those that take more bytes than they would, and begin with a first."""
    whole = 8 + lengths.astype(np.int64) + -lengths.astype(np.int64) % 4
    suspects = offsets[extents > whole].tolist()
    if not suspects:
        return 0
    count = 0
    with open(path, "rb") as file:
        for offset in suspects:
            file.seek(offset + 4)
            count += int.from_bytes(file.read(4), "little") >> 29 == _FLAG_FIRST
    return count


class _Part:
    """What a batch has."""

    def __init__(self, packed: Packed, *, any_payload: bool) -> None:
        self._packed = packed
        self._headers: ImageHeaders = headers_of(packed)
        self._is_image = self._headers.are_image_records(any_payload=any_payload)
        headers, is_image = self._headers, self._is_image
        self.lengths = headers.lengths.astype(np.uint32)
        self.ids = headers.ids[is_image]
        self.labels = headers.labels[is_image & (headers.flags == 0)]
        has_several = is_image & (headers.flags > 0) & (headers.image_lengths > 0)
        self.first_labels = headers.labels[has_several]

    def kept(self) -> _Part:
        """Returns this without the records."""
        del self._packed, self._headers, self._is_image
        return self

    def count(self, found: Gathered, sampled: npt.NDArray[np.int64]) -> None:
        """Adds what it has to what was found.

        Args:
            found: What was found.
            sampled: Which records are looked into.
        """
        headers, is_image = self._headers, self._is_image
        flags = headers.flags[is_image & (headers.flags > 0)]
        for width, number in zip(*np.unique(flags, return_counts=True), strict=True):
            found.widths[int(width)] += int(number)
        has_image = is_image & (headers.image_lengths > 0)
        found.formats[""] += int(is_image.sum() - has_image.sum())
        numbers = np.bincount(headers.formats[has_image], minlength=len(IMAGE_FORMATS))
        for place, number in enumerate(numbers.tolist()):
            if number:
                found.formats[IMAGE_FORMATS[place] or UNKNOWN_FORMAT] += number
        found.with_id2 += int((headers.id2s[is_image] != 0).sum())
        self._count_objects(found, is_image)
        view = self._packed.data.data
        for place in sampled.tolist():
            begin, end = self._packed.offsets[place : place + 2].tolist()
            if not is_image[place]:
                found.contents[content_of(bytes(view[begin : min(end, begin + 4096)]))] += 1
            elif length := int(headers.image_lengths[place]):
                size = image_size(bytes(view[end - length : end]))
                if size is None:
                    found.unsized += 1
                else:
                    found.sizes[size] += 1

    def _count_objects(self, found: Gathered, is_image: npt.NDArray[np.bool_]) -> None:
        """Counts objects of detection labels: `A B header... (class x y x y ...)...`."""
        headers = self._headers
        places = np.flatnonzero(is_image & (headers.flags >= 7) & (headers.image_lengths > 0))
        if not len(places):
            return
        flags = headers.flags[places]
        for flag in np.unique(flags).tolist():
            begins = self._packed.offsets[places[flags == flag]] + HEADER_BYTES
            rows = rows_at(self._packed, begins, flag * LABEL_BYTES).view("<f4")
            for pair in np.unique(rows[:, :2], axis=0).tolist():
                header, width = (int(one) if one.is_integer() else 0 for one in pair)
                if header < 2 or width < 5 or header > flag or (flag - header) % width:
                    continue
                those = rows[(rows[:, 0] == header) & (rows[:, 1] == width)]
                found.detections[header, width] += len(those)
                classes = those[:, header::width]
                classes = classes[np.isfinite(classes) & (classes >= 0)]  # others fill up a row
                classes, numbers = np.unique(classes, return_counts=True)
                for one, number in zip(classes.tolist(), numbers.tolist(), strict=True):
                    found.objects[one] += number
