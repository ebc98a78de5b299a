"""What is shown of a record."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import unpack
from recordio_rs.images import opencv
from recordio_rs.tools.classes import classes_of
from recordio_rs.tools.detection import Box, BoxMode, boxes_of
from recordio_rs.tools.glance import Glance
from recordio_rs.tools.image_headers import format_of
from recordio_rs.tools.viewing.choosing import Choice
from recordio_rs.tools.viewing.pictures import Picture, UndecodableError, picture_of

__all__ = ["Card", "cards_of"]

_PREVIEW = 60

Kind = Literal["image", "broken", "other"]


@dataclass(frozen=True)
class Card:
    """What is shown of a record.

    Attributes:
        path: The file.
        ordinal: The ordinal of the record.
        key: Its key.
        json_key: The same as JSON has it.
        offset: Its byte offset.
        length: Its bytes.
        kind: "image"; "broken" for an image that cannot be decoded; "other" for a record that is no
            image.
        reason: Why it is broken, or what it seems to be; "" for images.
        format: The format of its image, or "".
        image_length: The bytes of the encoded image.
        id: `IRHeader.id`, or `None` if it has no header.
        labels: Its labels; none if it has no header.
        boxes: The objects of a detection dataset; `None` if it is none of those.
        classes: What the record is, or what is in it.
        picture: The image; it may be there although it is broken.
    """

    path: str
    ordinal: int
    key: str
    json_key: int | str
    offset: int
    length: int
    kind: Kind
    reason: str
    format: str = ""
    image_length: int = 0
    id: int | None = None
    labels: tuple[float, ...] = ()
    boxes: tuple[Box, ...] | None = None
    classes: tuple[float, ...] = ()
    picture: Picture | None = None


def cards_of(
    glances: Sequence[Glance],
    choice: Choice,
    *,
    max_side: int,
    boxes: BoxMode = "auto",
    progress: Progress | None = None,
) -> Iterator[Card]:
    """Reads and decodes records, with a thread for each core.

    Args:
        glances: The files.
        choice: The records.
        max_side: How many pixels the longer side of an image may have.
        boxes: What is taken for objects.
        progress: Told how many are done, and how many there are.

    Raises:
        MissingOpenCVError: OpenCV is not there.
        StorageError: A file cannot be read.
    """
    opencv()  # before anything is read
    threads = os.cpu_count() or 1
    waiting: deque[Future[Card]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for done, (place, ordinal) in enumerate(choice):
                waiting.append(pool.submit(_card, glances[place], ordinal, max_side, boxes))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
                if progress is not None:
                    progress(done + 1 - len(waiting), len(choice))
            while waiting:
                yield waiting.popleft().result()
            if progress is not None:
                progress(len(choice), len(choice))
        finally:
            pool.shutdown(cancel_futures=True)


def _card(glance: Glance, ordinal: int, max_side: int, mode: BoxMode) -> Card:
    key, offset = glance.key(ordinal), int(glance.offsets[ordinal])
    record = glance.record(ordinal)
    id_, labels, image = _split(record)
    boxes = None if labels is None else boxes_of(labels, mode)
    picture: Picture | None = None
    kind: Kind = "image"
    reason = ""
    format_ = format_of(image)
    if not image and labels is not None and len(labels):
        kind, reason = "other", "labels and no image"
    else:
        try:
            picture = picture_of(image, max_side)
            if picture.fault is not None:
                kind, reason = "broken", picture.fault
        except UndecodableError as error:
            kind, reason = ("broken", str(error)) if format_ else ("other", _preview(record))
    return Card(
        path=glance.path,
        ordinal=ordinal,
        key=key,
        json_key=glance.json_key(key),
        offset=offset,
        length=len(record),
        kind=kind,
        reason=reason,
        format=format_,
        image_length=len(image),
        id=id_,
        labels=() if labels is None else tuple(labels.tolist()),
        boxes=boxes,
        classes=() if labels is None else tuple(classes_of(labels, mode)),
        picture=picture,
    )


def _split(record: bytes) -> tuple[int | None, npt.NDArray[np.float32] | None, bytes]:
    """Returns id, labels and image of a record; an image may stand there without a header."""
    if format_of(record):
        return None, None, record
    try:
        header, image = unpack(record)
    except ImageRecordError:
        return None, None, record
    return header.id, np.atleast_1d(np.asarray(header.label, np.float32)), image


def _preview(record: bytes) -> str:
    """Returns what a record begins with, for one that is no image."""
    if not record:
        return "empty"
    start = record[:_PREVIEW]
    text = start.decode("utf-8", "replace")
    is_text = all(one.isprintable() or one.isspace() for one in text.rstrip("\ufffd"))
    return text.strip() if is_text and text.strip("\ufffd \n") else start[: _PREVIEW // 3].hex(" ")
