"""Images in folders, numbered as MXNet's im2rec numbers them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from recordio_rs.tools.image_list import ListItem
from recordio_rs.tools.image_table import ImageTable

__all__ = ["SUFFIXES", "Found", "find_images"]

SUFFIXES = (".jpeg", ".jpg", ".png")
"""What the names of images end in, if nothing else is asked for."""


@dataclass
class Found:
    """What a folder has.

    Attributes:
        images: The images in the order of the walk, numbered from 0; their paths are seen from the
            folder.
        classes: The label of each folder that has images, by its path; "." is the folder itself.
            Empty if folders give no labels.
        unreadable: Path and reason of each folder that cannot be read, and of each link with the
            name of an image that leads to nothing.
        others: How many files there are of each other ending, in lower case; "" is none.
    """

    images: ImageTable = field(default_factory=ImageTable)
    classes: dict[str, int] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def find_images(
    root: str, *, recursive: bool = True, suffixes: Collection[str] = SUFFIXES
) -> Found:
    """Finds the images in a folder.

    They come in the order of their names, those of a folder before those of the folders in it.
    With `recursive`, the first folder that has images gets the label 0, the next one 1 and so on,
    and links are followed, but for those that lead to a folder they are in. Without it, all labels
    are 0.

    Args:
        root: The folder.
        recursive: Whether to look into the folders in it.
        suffixes: What names end in, in lower case; names are compared in lower case.

    Raises:
        OSError: The folder cannot be read.
    """
    found = Found()
    os.listdir(root)  # an error, unlike that of a folder in it
    for folder, names in _walk(root, recursive, found):
        for name in names:
            if (suffix := os.path.splitext(name)[1].lower()) not in suffixes:
                found.others[suffix] += 1
                continue
            path = os.path.join(folder, name)
            if not os.path.isfile(os.path.join(root, path)):
                if os.path.islink(os.path.join(root, path)):
                    found.unreadable.append((path, "the link leads to nothing"))
                continue
            label = 0
            if recursive:
                label = found.classes.setdefault(folder or os.curdir, len(found.classes))
            found.images.append(ListItem(len(found.images), (float(label),), path))
    return found


def _walk(root: str, recursive: bool, found: Found) -> Iterator[tuple[str, list[str]]]:
    """Gives each folder, seen from the root, and the names of what is in it but folders, sorted."""
    # With each folder comes who those are that it is in.
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [("", frozenset())]
    while waiting:
        folder, above = waiting.pop()
        path = os.path.join(root, folder)
        try:
            identity = _identity(path)
            if identity in above:
                continue
            with os.scandir(path) as entries:
                named = sorted((entry.name, _is_folder(entry)) for entry in entries)
        except OSError as error:
            found.unreadable.append((folder, error.strerror or str(error)))
            continue
        yield folder, [name for name, is_folder in named if not is_folder]
        if recursive:
            inside = above | {identity}
            names = [name for name, is_folder in named if is_folder]
            waiting += [(os.path.join(folder, name), inside) for name in reversed(names)]


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
