"""What `pack` and `im2rec` have in common: what they tell, and how packing fails."""

from __future__ import annotations

import os
from typing import Any

from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.exceptions import StorageExistsError
from recordio_rs.tools.image_encoding import Encoding
from recordio_rs.tools.image_sources import ImageSource
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.journal import CannotResumeError, Skipped
from recordio_rs.tools.list_making import Division, divide, write_part
from recordio_rs.tools.packing import NothingPackedError, Packed, pack_images

__all__ = ["Losses", "as_dict", "as_text", "duplicates_text", "make_lists", "pack_source"]

_NOT_LISTABLE = "a list cannot have a path with tabs, ends of lines or space around it"
_TOLD = 1000


class Losses:
    """What is left out: told on standard error, and kept for the result.

    Args:
        console: Told of each, but for those behind the first thousand; the exit code is that of
            losses then.

    Attributes:
        listed: Path or place, and reason, of each.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.listed: list[dict[str, str]] = []

    def add(self, path: str, reason: str) -> None:
        """Tells of one."""
        self._console.is_lossy()
        if len(self.listed) < _TOLD:
            self._console.warn(f"left out: {path}: {reason}")
        elif len(self.listed) == _TOLD:
            self._console.warn("left out: more than are told here; --json lists all")
        self.listed.append({"path": path, "reason": reason})


def duplicates_text(images: ImageTable) -> str | None:
    """Returns what is wrong with ids that several images have, or `None` if there are none."""
    ordinals, extra = images.duplicates()
    if not extra:
        return None
    first, second = (images[int(ordinal)] for ordinal in ordinals[:2])
    more = f", and {extra - 1} more ids are there again" if extra > 1 else ""
    return f"{first.path} and {second.path} have the same id, {first.id}{more}"


def make_lists(
    source: ImageSource, stem: str, division: Division, losses: Losses
) -> list[dict[str, Any]]:
    """Writes the images of a source to lists, and tells of those that no list can have.

    Args:
        source: The images.
        stem: What the names of the lists begin with.
        division: How the images are divided.
        losses: Told of what is left out.

    Returns:
        The path of each list, and how many images it has.
    """
    lists = []
    for ending, images in divide(source.images, division):
        path = f"{stem}{ending}.lst"
        left_out = write_part(path, images)
        for name in left_out:
            losses.add(os.path.join(source.root, name), _NOT_LISTABLE)
        lists.append({"path": path, "images": len(images) - len(left_out)})
    return lists


def pack_source(
    console: Console,
    source: ImageSource,
    output: str,
    encoding: Encoding,
    losses: Losses,
    *,
    jobs: int,
    resume: bool = False,
    keeps_unfinished: bool = True,
    replaces: bool = True,
) -> Packed:
    """Packs the images of a source, and tells of those that are left out.

    Raises:
        Failure: What an earlier run has left cannot be written on, no image can be packed, or a
            file has come into its place meanwhile.
    """

    def tell(skipped: Skipped) -> None:
        losses.add(os.path.join(source.root, skipped.path), skipped.reason)

    try:
        with console.progress(f"Packing {os.path.basename(output)}", unit="images") as progress:
            return pack_images(
                source.images,
                source.root,
                output,
                encoding,
                jobs=jobs,
                resume=resume,
                keeps_unfinished=keeps_unfinished,
                replaces=replaces,
                told=tell,
                progress=progress,
            )
    except NothingPackedError as error:
        raise Failure(f"{output} is not written: {error}") from error
    except StorageExistsError as error:
        raise Failure(
            f"{os.fsdecode(error.filename)} was made meanwhile by another program; "
            "--force with --resume replaces it"
        ) from error
    except CannotResumeError as error:
        raise Failure(f"{error}; --force without --resume begins anew") from error


def as_text(packed: Packed) -> str:
    """Returns what has become of images in a line."""
    parts = [f"{packed.path}: {packed.records} records, {packed.length} bytes"]
    if packed.skipped:
        parts.append(f"{len(packed.skipped)} images left out")
    if packed.resumed:
        parts.append(f"{packed.resumed} images done by earlier runs")
    return "; ".join(parts)


def as_dict(packed: Packed) -> dict[str, Any]:
    """Returns what has become of images as JSON has it."""
    return {
        "path": packed.path,
        "index_path": packed.index_path,
        "records": packed.records,
        "bytes": packed.length,
        "resumed": packed.resumed,
    }
