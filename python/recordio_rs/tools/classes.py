"""Which records are of a class: by their label, or by the objects in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.detection import LEAST_HEADER, LEAST_OBJECT, BoxMode, boxes_of
from recordio_rs.tools.image_headers import (
    HEADER_BYTES,
    LABEL_BYTES,
    ImageHeaders,
    Packed,
    rows_at,
)
from recordio_rs.tools.intervals import Interval, Mask, in_any

__all__ = ["are_of_classes", "classes_of"]


def classes_of(labels: npt.NDArray[np.float32], boxes: BoxMode = "auto") -> list[float]:
    """Returns the classes of a record: those of its objects, or its first label.

    Args:
        labels: Its labels.
        boxes: What is taken for objects.
    """
    found = boxes_of(labels, boxes)
    if found is not None:
        return list(dict.fromkeys(box.class_id for box in found))
    return [float(label) for label in labels[:1]]


def are_of_classes(
    packed: Packed,
    headers: ImageHeaders,
    wanted: Sequence[Interval],
    *,
    any_payload: bool = False,
    boxes: BoxMode = "auto",
) -> Mask:
    """Returns which of many records are image records that have one of some classes.

    Args:
        packed: The records, or their beginnings as far as the first bytes behind the labels.
        headers: What stands at their heads.
        wanted: The classes, by their numbers.
        any_payload: As for `ImageHeaders.are_image_records`.
        boxes: What is taken for objects.
    """
    found = headers.are_image_records(any_payload=any_payload)
    is_wanted = in_any(wanted, headers.labels)
    places = np.flatnonzero(found & (headers.flags >= LEAST_HEADER))
    begins = packed.offsets[places] + HEADER_BYTES
    # Most vectors begin as boxes never do, and need no closer look.
    heads = rows_at(packed, begins, 2 * LABEL_BYTES).view("<f4")
    may_be_boxes = (heads[:, 0] >= LEAST_HEADER) & (heads[:, 1] >= LEAST_OBJECT)
    for place in places[may_be_boxes].tolist():
        begin = int(packed.offsets[place]) + HEADER_BYTES
        end = begin + int(headers.flags[place]) * LABEL_BYTES
        labels = packed.data[begin:end].view("<f4")
        classes = np.array(classes_of(labels, boxes), np.float32)
        is_wanted[place] = in_any(wanted, classes).any()
    return found & is_wanted
