"""What is to be said of each of many records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from recordio_rs.tools.content import content_of
from recordio_rs.tools.image_headers import HEADER_BYTES, IMAGE_FORMATS, LABEL_BYTES, headers_of
from recordio_rs.tools.image_size import ImageSize, image_size
from recordio_rs.tools.looking import Batch

__all__ = ["Entry", "entries_of"]

_LOOKED_AT = 4096


class Entry(NamedTuple):
    """What is to be said of a record.

    Attributes:
        ordinal: Its ordinal.
        key: Its key.
        offset: Its byte offset in the file.
        length: Its bytes.
        format: The format of its image; `None` if it is no image record, "" if it is one of labels
            alone.
        id: `IRHeader.id` of an image record.
        id2: `IRHeader.id2` of an image record.
        labels: The labels of an image record, or as many as are asked for.
        label_count: How many it has.
        image_length: The bytes of its image.
        size: How large its image is, if that is asked for and known.
        content: What a record seems to be that is no image record, if that is asked for.
    """

    ordinal: int
    key: str
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


def entries_of(batch: Batch, *, max_labels: int | None = None, deep: bool) -> Iterator[Entry]:
    """Gives what is to be said of the records of a batch.

    Args:
        batch: The records.
        max_labels: How many labels of a record are wanted at most; all if not given.
        deep: Whether sizes and contents are wanted.
    """
    headers = headers_of(batch.records)
    begins = batch.records.offsets.tolist()
    view = batch.records.data.data
    rows = zip(
        batch.ordinals.tolist(),
        batch.keys,
        batch.offsets.tolist(),
        headers.lengths.tolist(),
        headers.is_image_record.tolist(),
        headers.formats.tolist(),
        headers.ids.tolist(),
        headers.id2s.tolist(),
        headers.flags.tolist(),
        headers.labels.tolist(),
        headers.image_lengths.tolist(),
        strict=True,
    )
    for place, row in enumerate(rows):
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
        if deep and image_length:
            size = image_size(bytes(view[end - image_length : end]))
        name = IMAGE_FORMATS[kind]
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
            None,
        )
