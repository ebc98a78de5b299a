"""The boxes in the labels of a detection dataset.

```
A | B | more of a header | id | xmin | ymin | xmax | ymax | more of an object | id | ...
```

A counts the labels of the header, itself among them, and B those of an object; coordinates go from
0 to 1. (MXNet 1.9.1 `image/detection.py`.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST_HEADER", "LEAST_OBJECT", "Box", "BoxMode", "boxes_of"]

BoxMode = Literal["auto", "always", "never"]

LEAST_HEADER, LEAST_OBJECT = 2, 5
"""How many labels a header and an object have at least."""

# How far a box may stand out of its image and still be taken for one.
_SLACK = 0.5


@dataclass(frozen=True)
class Box:
    """An object in an image.

    Attributes:
        class_id: What it is.
        xmin: Its left side; 0 is that of the image, 1 the right one.
        ymin: Its upper side; 0 is that of the image, 1 the lower one.
        xmax: Its right side.
        ymax: Its lower side.
    """

    class_id: float
    xmin: float
    ymin: float
    xmax: float
    ymax: float


def boxes_of(labels: npt.NDArray[np.float32], mode: BoxMode = "auto") -> tuple[Box, ...] | None:
    """Returns the boxes that labels have, without those that are empty: they fill up a row.

    Args:
        labels: The labels of an image record.
        mode: "auto" takes for boxes what can hardly be anything else; "always" whatever has their
            layout; "never" nothing.

    Returns:
        The boxes; `None` if the labels are none of a detection dataset.
    """
    if mode == "never" or len(labels) < LEAST_HEADER:
        return None
    header, width = float(labels[0]), float(labels[1])
    if not (header.is_integer() and width.is_integer()):  # neither are infinity and NaN
        return None
    begin, step = int(header), int(width)
    if begin < LEAST_HEADER or step < LEAST_OBJECT or begin > len(labels):
        return None
    if (len(labels) - begin) % step:
        return None
    rows = labels[begin:].reshape(-1, step)[:, :LEAST_OBJECT].astype(np.float64)
    if mode == "auto" and not _are_boxes(rows):
        return None
    with np.errstate(invalid="ignore"):
        rows = rows[(rows[:, 3] > rows[:, 1]) & (rows[:, 4] > rows[:, 2])]
    return tuple(Box(*row) for row in rows[np.isfinite(rows).all(axis=1)].tolist())


def _are_boxes(rows: npt.NDArray[np.float64]) -> bool:
    ids, corners = rows[:, 0], rows[:, 1:]
    if not np.isfinite(rows).all() or (ids != np.floor(ids)).any() or (ids < -1).any():
        return False
    used = corners[ids >= 0]
    is_near = (used > -_SLACK).all() and (used < 1 + _SLACK).all()
    is_box = (used[:, 2] > used[:, 0]) & (used[:, 3] > used[:, 1])
    return bool(is_near and is_box.any())
