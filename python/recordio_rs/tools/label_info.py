"""What is in the headers of image records, in figures: labels and ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.gathering import Gathered

__all__ = [
    "Detection",
    "Ids",
    "Labels",
    "added",
    "detection_of",
    "ids_of",
    "joined",
    "labels_of",
]


@dataclass(frozen=True)
class Labels:
    """The labels of image records.

    Attributes:
        scalar: How many records have one, in the header.
        vector: How many have so many of them behind it, by this number.
        min: The smallest label of those with one, if any is a finite number.
        max: The largest one.
        not_finite: How many of those are infinite or NaN.
        classes: How many different ones there are, if all are whole numbers from 0 on.
        class_counts: How many records each of these has.
    """

    scalar: int
    vector: dict[int, int]
    min: float | None
    max: float | None
    not_finite: int
    classes: int | None
    class_counts: dict[int, int] | None


@dataclass(frozen=True)
class Detection:
    """Labels of objects in images: header width, object width, header, and then the objects.

    Attributes:
        records: How many records have such.
        header_widths: How many numbers come before the objects, these two included, with how many
            records of each.
        object_widths: How many numbers each object has: class, four sides, and what else.
        objects: How many objects there are.
        classes: How many different classes they have.
        class_counts: How many objects each has.
    """

    records: int
    header_widths: dict[int, int]
    object_widths: dict[int, int]
    objects: int
    classes: int
    class_counts: dict[float, int]


@dataclass(frozen=True)
class Ids:
    """The ids in the headers of image records.

    Attributes:
        min: The smallest.
        max: The largest.
        unique: Whether no two are the same.
        id2: How many records have a second one that is not 0.
    """

    min: int
    max: int
    unique: bool
    id2: int


def labels_of(found: Sequence[Gathered]) -> Labels:
    """Returns what is to be said of the labels of image records."""
    labels = joined([each.labels for each in found])
    scalar = len(labels)
    if any(each.identities for each in found) and not scalar:
        labels = joined([each.first_labels for each in found])  # which are those of identities
    numbers = labels[np.isfinite(labels)]
    values, counts = np.unique(labels, return_counts=True)
    has_classes = len(values) > 0 and bool(
        (np.isfinite(values) & (values >= 0) & (values == np.floor(values))).all()
    )
    classes = zip(map(int, values.tolist()), counts.tolist(), strict=True) if has_classes else None
    return Labels(
        scalar=scalar,
        vector=dict(sorted(added([each.widths for each in found]).items())),
        min=float(numbers.min()) if len(numbers) else None,
        max=float(numbers.max()) if len(numbers) else None,
        not_finite=len(labels) - len(numbers),
        classes=len(values) if has_classes else None,
        class_counts=dict(classes) if classes else None,
    )


def detection_of(found: Sequence[Gathered]) -> Detection | None:
    """Returns what is to be said of labels of objects, or `None` if vectors are none of these."""
    pairs = added([each.detections for each in found])
    objects = added([each.objects for each in found])
    vectors = sum(count for each in found for width, count in each.widths.items() if width > 2)
    records = sum(pairs.values())
    if not records or records < vectors:  # some vectors are something else: so all of them are
        return None
    headers, widths = Counter[int](), Counter[int]()
    for (header, width), count in pairs.items():
        headers[header] += count
        widths[width] += count
    return Detection(
        records=records,
        header_widths=dict(sorted(headers.items())),
        object_widths=dict(sorted(widths.items())),
        objects=sum(objects.values()),
        classes=len(objects),
        class_counts=dict(sorted(objects.items())),
    )


def ids_of(found: Sequence[Gathered]) -> Ids | None:
    """Returns what is to be said of ids, or `None` if there are none."""
    ids = joined([each.ids for each in found])
    if not len(ids):
        return None
    ordered = np.sort(ids)
    return Ids(
        min=int(ordered[0]),
        max=int(ordered[-1]),
        unique=bool((ordered[1:] != ordered[:-1]).all()),
        id2=sum(each.with_id2 for each in found),
    )


def joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Returns arrays as one."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def added(counters: Sequence[Counter[Any]]) -> Counter[Any]:
    """Returns the sum of counters."""
    total = Counter[Any]()
    for one in counters:
        total.update(one)
    return total
