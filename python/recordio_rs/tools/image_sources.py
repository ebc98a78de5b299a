"""Where images to be packed are told of: a folder, a list or a table."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from recordio_rs.tools.image_csv import class_words, read_csv
from recordio_rs.tools.image_finding import find_images
from recordio_rs.tools.image_list import BadLine, Entry, NoListError, read_list
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.magic import MAGIC

__all__ = ["ImageSource", "check_is_list", "from_folder", "from_list"]

_TABLE, _LISTS = ".csv", (".lst", ".csv", ".txt", "")
# How much of a file is looked at for what no text has.
_GLANCE = 8192


@dataclass
class ImageSource:
    """The images that a source tells of.

    Attributes:
        images: The images, in order.
        root: The folder that their paths are seen from.
        classes: The label of each folder that has images, by its path, or of each word that a table
            has for a label; empty if there are none.
        passed_over: Place and reason of what names no image, or cannot be looked into.
        others: How many files a folder has whose names do not end as those of images, by their
            endings.
    """

    images: ImageTable
    root: str
    classes: dict[str, int] = field(default_factory=dict)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    others: Mapping[str, int] = field(default_factory=dict)


def from_folder(root: str, *, recursive: bool, suffixes: Collection[str]) -> ImageSource:
    """Finds the images in a folder, as `find_images` does.

    Raises:
        OSError: It cannot be read.
    """
    found = find_images(root, recursive=recursive, suffixes=suffixes)
    passed_over = [(os.path.join(root, path), reason) for path, reason in found.unreadable]
    return ImageSource(found.images, root, found.classes, passed_over, found.others)


def from_list(path: str, root: str, *, suffix: str = ".lst") -> ImageSource:
    """Reads a table or a `.lst` file.

    Args:
        path: The file.
        root: The folder that its paths are seen from.
        suffix: What the name ends in by which it is known, in lower case: `.csv` for a table.

    Raises:
        NoListError: It is a table that has no images, as `read_csv` finds.
        OSError: It cannot be read.
    """
    source = ImageSource(ImageTable(), root)
    entries: Iterable[Entry] = read_list(path)
    if suffix == _TABLE:
        source.classes = class_words(path)
        entries = read_csv(path, source.classes)
    for entry in entries:
        if isinstance(entry, BadLine):
            source.passed_over.append((f"{path}, line {entry.number}", entry.reason))
        else:
            source.images.append(entry)
    return source


def check_is_list(path: str, suffix: str) -> None:
    """Checks that a file may be a list or a table: that it is text, and has the name of one.

    Args:
        path: The file.
        suffix: What the name ends in by which it is known, in lower case.

    Raises:
        NoListError: It is something else.
        OSError: It cannot be read.
    """
    with open(path, "rb", buffering=0) as file:
        begin = file.read(_GLANCE)
        with suppress(OSError):  # systems have one place to read at for all who open standard input
            file.seek(0)
    if begin.startswith(MAGIC):
        raise NoListError("is a RecordIO file; pack makes one of images")
    if suffix not in _LISTS:
        raise NoListError(
            f"is no list of images, as its name ends in {suffix} and not in .lst, .csv or .txt"
        )
    if b"\0" in begin:
        raise NoListError("is no text, and so no list of images")
