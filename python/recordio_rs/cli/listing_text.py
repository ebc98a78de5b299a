"""What `recordio ls` and `recordio head` say of records."""

from __future__ import annotations

import math
from typing import Any

from recordio_rs.tools.label_text import label_text
from recordio_rs.tools.listing import Entry

__all__ = ["as_dict", "labels_text"]


def labels_text(entry: Entry, count: int) -> str:
    """Returns the labels of a record, of which so many are shown; "" if it has none."""
    if entry.labels is None:
        return ""
    if entry.label_count == 1:
        return label_text(entry.labels[0])
    shown = ",".join(map(label_text, entry.labels[:count]))
    return shown if entry.label_count <= count else f"{shown},... ({entry.label_count})"


def as_dict(path: str, entry: Entry, *, deep: bool) -> dict[str, Any]:
    """Returns what is said of a record as JSON has it; labels that are no numbers are `null`."""
    found: dict[str, Any] = {
        "path": path,
        "ordinal": entry.ordinal,
        "key": entry.key,
        "offset": entry.offset,
        "length": entry.length,
        "format": entry.format,
        "id": entry.id,
        "id2": entry.id2,
        "labels": None
        if entry.labels is None
        else [label if math.isfinite(label) else None for label in entry.labels],
    }
    if deep:
        size = entry.size
        found["width"], found["height"], found["channels"] = (
            (None, None, None) if size is None else (size.width, size.height, size.channels)
        )
        found["content"] = entry.content
    return found
