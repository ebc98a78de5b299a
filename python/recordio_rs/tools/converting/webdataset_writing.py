"""Samples as WebDataset has them: members of a tar file with a common name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from webdataset import TarWriter  # type: ignore[import-untyped]

from recordio_rs.tools.converting.created import created
from recordio_rs.tools.converting.sample import Sample, header_of, id_of
from recordio_rs.tools.converting.target import Unfinished
from recordio_rs.tools.converting.webdataset_names import Names

__all__ = ["MARK", "RAW", "SUFFIXES", "WebDatasetTarget"]

MARK = "recordio"
"""The name in a `.json` by which it is known as one that was written here; its value is 1."""

RAW = "bin"
"""The suffix of the member with a record that is no image record."""

SUFFIXES = {
    "jpeg": "jpg",
    "png": "png",
    "webp": "webp",
    "gif": "gif",
    "bmp": "bmp",
    "tiff": "tiff",
    "jpeg2000": "jp2",
    "npy": "npy",
    "": "img",
}
"""The suffix of the image, by its format."""

_MODE = 0o644


class WebDatasetTarget:
    """Writes tar files; the same samples make the same bytes.

    A sample has the image (`.jpg`, say), `.cls` with the number of its class, if its label is one,
    and `.json` with what these two do not tell.
    """

    def __init__(self) -> None:
        self._names = Names()

    @contextmanager
    def open(self, path: str) -> Iterator[Unfinished]:
        """Gives a file to write and to finish, which is there when the block has ended well."""
        with created(path) as (file, end):
            tar = TarWriter(file, encoder=False, user="", group="", mode=_MODE, mtime=0)

            def write(sample: Sample) -> None:
                name = self._names.name(sample.key)
                tar.write({"__key__": name, **_members(sample, name)})
                tar.tarstream.members.clear()  # else it keeps them all

            def finish() -> None:
                tar.close()
                end()

            yield Unfinished(write, finish)


def _members(sample: Sample, name: str) -> dict[str, bytes]:
    """Returns the members of a sample by their suffixes."""
    if not sample.is_image_record:
        members = {RAW: sample.data}
        if name != sample.key:
            members["json"] = _json({MARK: 1, "key": sample.key, "data": RAW})
        return members
    members = {}
    suffix = SUFFIXES[sample.image_format] if sample.has_image else None
    if suffix is not None:
        members[suffix] = sample.data
    number = sample.class_number
    if number is not None:
        members["cls"] = b"%d" % number
        if name == sample.key and sample.header == header_of(number, id_of(name), 0):
            return members
    id_, id2 = sample.ids
    labels = _numbers(sample.labels)
    told: dict[str, Any] = {
        MARK: 1,
        "key": sample.key,
        "data": suffix,
        "label": labels if sample.flag else labels[0],
        "flag": sample.flag,
        "id": id_,
        "id2": id2,
    }
    # JSON has no infinity, and a header may have a label beside those behind it.
    if None in labels or header_of(sample.label, id_, id2) != sample.header:
        told["header"] = sample.header.hex()
    members["json"] = _json(told)
    return members


def _numbers(labels: npt.NDArray[np.float32]) -> list[float | None]:
    """Returns labels as the shortest numbers that they come back from; `None` if there is none."""
    return [float(str(one)) if np.isfinite(one) else None for one in labels]


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
