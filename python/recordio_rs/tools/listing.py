"""What is to be said of each of many records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from recordio_rs.tools.classes import are_of_classes
from recordio_rs.tools.content import content_of
from recordio_rs.tools.image_headers import (
    HEADER_BYTES,
    IMAGE_FORMATS,
    LABEL_BYTES,
    UNKNOWN_FORMAT,
    headers_of,
)
from recordio_rs.tools.image_size import ImageSize, image_size
from recordio_rs.tools.intervals import Interval
from recordio_rs.tools.looking import Batch

__all__ = ["Entry", "entries_of"]

_LOOKED_AT = 4096


class Entry(NamedTuple):
    """What is to be said of a record.

    Attributes:
        ordinal: Its ordinal.
        key: Its key: a number, if all keys of the file are integers.
        offset: Its byte offset in the file.
        length: Its bytes.
        format: The format of its image; `None` if it is no image record, "" if it is one of labels
            alone, `UNKNOWN_FORMAT` if it is taken for one and has something else behind them.
        id: `IRHeader.id` of an image record.
        id2: `IRHeader.id2` of an image record.
        labels: The labels of an image record, or as many as are asked for.
        label_count: How many it has.
        image_length: The bytes of its image.
        size: How large its image is, if that is asked for and known.
        content: What a record seems to be that is no image record, or what is behind header and
            labels in the place of an image, if that is asked for.
    """

    ordinal: int
    key: int | str
    offset: int
    length: int
    format: str | None
    id: int | None
    id2: int | None
    labels: list[float] | None
    label_count: int
    image_length: int
    size: ImageSize | None
    content: str | None


def entries_of(
    batch: Batch,
    *,
    max_labels: int | None = None,
    deep: bool,
    any_payload: bool = False,
    classes: Sequence[Interval] = (),
) -> Iterator[Entry]:
    """Gives what is to be said of the records of a batch.

    Args:
        batch: The records.
        max_labels: How many labels of a record are wanted at most; all if not given.
        deep: Whether sizes and contents are wanted.
        any_payload: Which records are image records, as for `ImageHeaders.are_image_records`.
        classes: If given, only image records are wanted that have one of these.
    """
    headers = headers_of(batch.records)
    is_wanted = np.ones(len(batch), np.bool_)
    if classes:
        is_wanted = are_of_classes(batch.records, headers, classes, any_payload=any_payload)
    begins = batch.records.offsets.tolist()
    view = batch.records.data.data
    rows = zip(
        batch.ordinals.tolist(),
        batch.json_keys,
        batch.offsets.tolist(),
        headers.lengths.tolist(),
        headers.are_image_records(any_payload=any_payload).tolist(),
        headers.formats.tolist(),
        headers.ids.tolist(),
        headers.id2s.tolist(),
        headers.flags.tolist(),
        headers.labels.tolist(),
        headers.image_lengths.tolist(),
        strict=True,
    )
    for place, row in enumerate(rows):
        if not is_wanted[place]:
            continue
        ordinal, key, offset, length, is_image, kind, id_, id2, flag, label, image_length = row
        begin, end = begins[place], begins[place + 1]
        size = content = None
        if not is_image:
            if deep:
                content = content_of(bytes(view[begin : min(end, begin + _LOOKED_AT)]))
            yield Entry(ordinal, key, offset, length, None, None, None, None, 0, 0, None, content)
            continue
        labels = [label]
        if flag:
            count = flag if max_labels is None else min(flag, max_labels)
            at = begin + HEADER_BYTES
            labels = np.frombuffer(view[at : at + count * LABEL_BYTES], "<f4").tolist()
        name = IMAGE_FORMATS[kind] or (UNKNOWN_FORMAT if image_length else "")
        if deep and kind:
            size = image_size(bytes(view[end - image_length : end]))
        elif deep and image_length:
            begin = end - image_length
            content = content_of(bytes(view[begin : min(end, begin + _LOOKED_AT)]))
        yield Entry(
            ordinal,
            key,
            offset,
            length,
            name,
            id_,
            id2,
            labels,
            max(flag, 1),
            image_length,
            size,
            content,
        )
