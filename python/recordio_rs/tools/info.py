"""What is in files, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.file_kinds import file_kind
from recordio_rs.tools.gathering import Gathered
from recordio_rs.tools.histogram import Bin, histogram
from recordio_rs.tools.identities import Identities
from recordio_rs.tools.image_size import ImageSize
from recordio_rs.tools.index_state import IndexState
from recordio_rs.tools.label_info import (
    Detection,
    Ids,
    Labels,
    added,
    detection_of,
    ids_of,
    joined,
    labels_of,
)

__all__ = ["Damage", "Images", "Info", "Lengths", "SizeCount", "Spread", "info_of"]


@dataclass(frozen=True)
class Lengths:
    """The bytes of records, without what the format adds.

    Attributes:
        min: Of the shortest.
        median: Half of them have no more.
        mean: On average.
        max: Of the longest.
        total: Of all.
        histogram: How many there are of which length.
    """

    min: int
    median: float
    mean: float
    max: int
    total: int
    histogram: tuple[Bin, ...]


@dataclass(frozen=True)
class Spread:
    """Of some numbers.

    Attributes:
        min: The smallest.
        median: Half of them are no larger.
        max: The largest.
    """

    min: int
    median: float
    max: int


@dataclass(frozen=True)
class SizeCount(ImageSize):
    """A size, and how many images have it.

    Attributes:
        count: How many.
    """

    count: int


@dataclass(frozen=True)
class Images:
    """The images of image records.

    Attributes:
        formats: How many there are of each format.
        sampled: How many were looked into; what follows is of these.
        unsized: How many of them do not say how large they are.
        width: How wide they are; `None` if none says so.
        height: How high.
        channels: How many have so many channels.
        sizes: The most frequent sizes.
        distinct_sizes: How many different sizes there are.
    """

    formats: dict[str, int]
    sampled: int
    unsized: int
    width: Spread | None
    height: Spread | None
    channels: dict[int, int]
    sizes: tuple[SizeCount, ...]
    distinct_sizes: int


@dataclass(frozen=True)
class Damage:
    """What is wrong with a file and its index.

    Attributes:
        problems: How many problems `verify` has with them.
        kinds: How many of each kind, of those that it keeps.
        skipped_regions: How many regions of the file are no intact records.
        skipped_bytes: How many bytes they have.
        looks_like: What the file seems to be if it is no RecordIO file; `None` for several files.
    """

    problems: int
    kinds: dict[str, int]
    skipped_regions: int
    skipped_bytes: int
    looks_like: str | None


@dataclass(frozen=True)
class Info:
    """What is in a file, or in several.

    Attributes:
        path: The file; "" for several.
        files: How many there are.
        size: Their bytes.
        overhead: How many of these are no bytes of records: heads, padding, damage.
        records: How many intact records they have.
        split: How many of these are stored as several fragments.
        image_records: How many are image records.
        labels_alone: How many of these have labels and no image.
        lengths: The bytes of records; `None` if there are none.
        labels: Their labels, if there are image records.
        detection: If some of these are labels of objects.
        ids: Their ids.
        images: Their images, if there are any.
        contents: What sampled records are that are no image records, and how many.
        identities: The identities of a face dataset.
        index: The index, if there is one; `None` for several files.
        damage: What is wrong, if anything is.
    """

    path: str
    files: int
    size: int
    overhead: int
    records: int
    split: int
    image_records: int
    labels_alone: int
    lengths: Lengths | None
    labels: Labels | None
    detection: Detection | None
    ids: Ids | None
    images: Images | None
    contents: dict[str, int]
    identities: Identities | None
    index: IndexState | None
    damage: Damage | None


_KEPT_SIZES = 20


def info_of(found: Sequence[Gathered]) -> Info:
    """Returns what is in a file, or in several taken together.

    Args:
        found: What passes over the files have found; at least one.
    """
    one = found[0] if len(found) == 1 else None
    lengths = joined([each.lengths for each in found])
    size = sum(each.size for each in found)
    formats = added([each.formats for each in found])
    alone = formats.pop("", 0)
    with_images = sum(formats.values())
    return Info(
        path=one.path if one else "",
        files=len(found),
        size=size,
        overhead=size - int(lengths.sum(dtype=np.int64)),
        records=len(lengths),
        split=sum(each.split for each in found),
        image_records=with_images + alone,
        labels_alone=alone,
        lengths=_lengths(lengths),
        labels=labels_of(found) if with_images + alone else None,
        detection=detection_of(found),
        ids=ids_of(found),
        images=_images(found, formats) if with_images else None,
        contents=dict(added([each.contents for each in found]).most_common()),
        identities=one.identities if one else None,
        index=one.index if one else None,
        damage=_damage(found),
    )


def _lengths(lengths: npt.NDArray[np.uint32]) -> Lengths | None:
    if not len(lengths):
        return None
    total = int(lengths.sum(dtype=np.int64))
    return Lengths(
        min=int(lengths.min()),
        median=float(np.median(lengths)),
        mean=total / len(lengths),
        max=int(lengths.max()),
        total=total,
        histogram=histogram(lengths),
    )


def _images(found: Sequence[Gathered], formats: Counter[str]) -> Images:
    sizes: Counter[ImageSize] = added([each.sizes for each in found])
    unsized = sum(each.unsized for each in found)
    channels = Counter[int]()
    for size, count in sizes.items():
        channels[size.channels] += count
    return Images(
        formats=dict(formats.most_common()),
        sampled=sum(sizes.values()) + unsized,
        unsized=unsized,
        width=_spread([(size.width, count) for size, count in sizes.items()]),
        height=_spread([(size.height, count) for size, count in sizes.items()]),
        channels=dict(sorted(channels.items())),
        sizes=tuple(
            SizeCount(size.width, size.height, size.channels, count)
            for size, count in sizes.most_common(_KEPT_SIZES)
        ),
        distinct_sizes=len(sizes),
    )


def _spread(counted: list[tuple[int, int]]) -> Spread | None:
    if not counted:
        return None
    values = np.repeat([one for one, _ in counted], [count for _, count in counted])
    return Spread(int(values.min()), float(np.median(values)), int(values.max()))


def _damage(found: Sequence[Gathered]) -> Damage | None:
    reports = [each.report for each in found]
    problems = sum(len(report.problems) + report.omitted for report in reports)
    if not problems:
        return None
    return Damage(
        problems=problems,
        kinds=dict(Counter(one.kind for report in reports for one in report.problems)),
        skipped_regions=sum(len(report.skipped) for report in reports),
        skipped_bytes=sum(one.end - one.begin for report in reports for one in report.skipped),
        looks_like=file_kind(reports[0].path) if len(reports) == 1 else None,
    )
