"""The images that are to be packed, as a command line names them."""

from __future__ import annotations

import os

import click

from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import expand_one
from recordio_rs.cli.packing import tell_others
from recordio_rs.cli.told_names import as_told
from recordio_rs.tools.image_list import NoListError
from recordio_rs.tools.image_sources import ImageSource, check_is_list, from_folder, from_list

__all__ = ["find_images"]

# How many words are told with the numbers that they get.
_WORDS = 5


def find_images(
    console: Console, source: str, *, root: str | None, exts: str, recursive: bool
) -> ImageSource:
    """Returns the images that the command line names, and tells what else is found.

    Args:
        console: Told.
        source: A folder, or a list.
        root: The folder that the paths in a list are seen from, if it is named.
        exts: What the names of images in a folder end in, with commas between.
        recursive: Whether folders in a folder are looked into.

    Raises:
        Failure: The list is none.
        OSError: A folder or the list cannot be read.
        UsageError: `root` is named, and the source is a folder.
    """
    path = expand_one(source)
    if os.path.isdir(path):
        if root is not None:
            raise click.UsageError("--root is for lists")
        suffixes = {f".{one.strip().removeprefix('.').lower()}" for one in exts.split(",")}
        found = from_folder(path, recursive=recursive, suffixes=suffixes)
        tell_others(console, found)
        return found
    name = as_told(path)
    # What comes through a pipe is in no folder of its own.
    beside = os.path.dirname(path) if name == path else os.curdir
    root = _folder(root or beside or os.curdir)
    suffix = os.path.splitext(name)[1].lower()
    try:
        check_is_list(path, suffix)
        found = from_list(path, root, suffix=suffix)
    except NoListError as error:
        raise Failure(f"{path}: {error}") from error
    if found.classes:
        console.say(_words_text(path, found.classes))
    return found


def _words_text(path: str, words: dict[str, int]) -> str:
    """Returns which labels words have got, in a line."""
    parts = [f"{word} is {label}" for word, label in list(words.items())[:_WORDS]]
    if len(words) > _WORDS:
        parts.append(f"and so on for {len(words) - _WORDS:,} more, which --labels writes")
    return f"{path}: the labels are words, which get numbers: {', '.join(parts)}"


def _folder(path: str) -> str:
    os.listdir(path)  # an error now, and not one for each image
    return path
