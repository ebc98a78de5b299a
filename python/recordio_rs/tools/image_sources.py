"""Where images to be packed are told of: a folder, a list or a table."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from recordio_rs.tools.image_finding import find_images
from recordio_rs.tools.image_list import BadLine, Entry, read_csv, read_list
from recordio_rs.tools.image_table import ImageTable

__all__ = ["ImageSource", "from_folder", "from_list"]


@dataclass
class ImageSource:
    """The images that a source tells of.

    Attributes:
        images: The images, in order.
        root: The folder that their paths are seen from.
        classes: The label of each folder that has images, by its path; empty if there are none.
        passed_over: Place and reason of what names no image, or cannot be looked into.
    """

    images: ImageTable
    root: str
    classes: dict[str, int] = field(default_factory=dict)
    passed_over: list[tuple[str, str]] = field(default_factory=list)


def from_folder(root: str, *, recursive: bool, suffixes: Collection[str]) -> ImageSource:
    """Finds the images in a folder, as `find_images` does.

    Raises:
        OSError: It cannot be read.
    """
    found = find_images(root, recursive=recursive, suffixes=suffixes)
    passed_over = [(os.path.join(root, path), reason) for path, reason in found.unreadable]
    return ImageSource(found.images, root, found.classes, passed_over)


def from_list(path: str, root: str) -> ImageSource:
    """Reads a table if the name of the file ends in `.csv`, else a `.lst` file.

    Args:
        path: The file.
        root: The folder that its paths are seen from.

    Raises:
        OSError: It cannot be read.
    """
    is_table = os.path.splitext(path)[1].lower() == ".csv"
    entries: Iterable[Entry] = read_csv(path) if is_table else read_list(path)
    source = ImageSource(ImageTable(), root)
    for entry in entries:
        if isinstance(entry, BadLine):
            source.passed_over.append((f"{path}, line {entry.number}", entry.reason))
        else:
            source.images.append(entry)
    return source
