"""What `pack` and `im2rec` have in common: what they tell, and how packing fails."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from recordio_rs._counted import counted
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.exceptions import StorageExistsError
from recordio_rs.tools.image_encoding import Encoding
from recordio_rs.tools.image_sources import ImageSource
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.journal import CannotResumeError, Skipped
from recordio_rs.tools.list_making import Division, divide, write_lists
from recordio_rs.tools.packing import NothingPackedError, Packed, pack_images
from recordio_rs.tools.size_text import size_text

__all__ = [
    "Losses",
    "as_dict",
    "as_text",
    "duplicates_text",
    "list_text",
    "make_lists",
    "pack_source",
    "tell_others",
]

_NOT_LISTABLE = "a list cannot have a path with tabs, ends of lines or space around it"
_MISSING = os.strerror(errno.ENOENT)
# Of how many images at least most have to be there, unless the list is of another folder.
_MOSTLY = 0.9
# How many endings of names are told.
_ENDINGS = 5


class Losses:
    """What is left out: told on standard error, and kept for the result.

    Args:
        console: Told of the first ones, or of all if it is verbose; the exit code is that of losses
            then.

    Attributes:
        listed: Path or place, and reason, of each.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.listed: list[dict[str, str]] = []

    def add(self, path: str, reason: str) -> None:
        """Tells of one."""
        self._console.lossy(f"{path}: {reason}", kind="left out")
        self.listed.append({"path": path, "reason": reason})


def tell_others(console: Console, source: ImageSource) -> None:
    """Tells how many files of a folder were not looked at, and what their names end in."""
    others = sorted(source.others.items(), key=lambda one: (-one[1], one[0]))
    if not others:
        return
    parts = [f"{count:,} {ending or 'without an ending'}" for ending, count in others[:_ENDINGS]]
    if (more := len(others) - _ENDINGS) > 0:
        parts.append(f"and those of {counted(more, 'other ending')}")
    console.say(f"{source.root}: files that --exts does not name: {', '.join(parts)}")


def duplicates_text(images: ImageTable) -> str | None:
    """Returns what is wrong with ids that several images have, or `None` if there are none."""
    ordinals, extra = images.duplicates()
    if not extra:
        return None
    first, second = (images[int(ordinal)] for ordinal in ordinals[:2])
    more = f", and {counted(extra - 1, 'more such pair')}" if extra > 1 else ""
    return f"{first.path} and {second.path} have the same id, {first.id}{more}"


def make_lists(
    source: ImageSource,
    stem: str,
    division: Division,
    losses: Losses,
    others: Sequence[tuple[str, Iterable[bytes]]] = (),
) -> list[dict[str, Any]]:
    """Writes the images of a source to lists, and tells of those that no list can have.

    All of them are written, or none.

    Args:
        source: The images.
        stem: What the names of the lists begin with.
        division: How the images are divided.
        losses: Told of what is left out.
        others: Path and content of files that are written with them.

    Returns:
        The path of each list, and how many images it has.
    """
    parts = [(f"{stem}{ending}.lst", part) for ending, part in divide(source.images, division)]
    lists = []
    for (path, images), left_out in zip(parts, write_lists(parts, others), strict=True):
        for name in left_out:
            losses.add(os.path.join(source.root, name), _NOT_LISTABLE)
        lists.append({"path": path, "images": len(images) - len(left_out)})
    return lists


def list_text(made: dict[str, Any]) -> str:
    """Returns what has become of a list, of those that `make_lists` returns, in a line."""
    return f"{made['path']}: {counted(made['images'], 'image')}"


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
    before: Callable[[], object] | None = None,
    hint: str = "",
) -> Packed:
    """Packs the images of a source, and tells of those that are left out.

    The arguments are those of `pack_images`, but for `console`, `losses`, which is told of what is
    left out, and `hint`: what is told behind the folder if most images are not in it.

    Raises:
        Failure: What an earlier run has left cannot be written on, no image can be packed, or a
            file has come into its place meanwhile.
    """
    missing = 0

    def tell(skipped: Skipped) -> None:
        nonlocal missing
        missing += skipped.reason == _MISSING
        losses.add(os.path.join(source.root, skipped.path), skipped.reason)

    def where() -> str:
        if missing < _MOSTLY * len(source.images):
            return ""
        return f": paths are looked for in {os.path.abspath(source.root)}{hint}"

    try:
        with console.progress(f"Packing {os.path.basename(output)}", unit="images") as progress:
            packed = pack_images(
                source.images,
                source.root,
                output,
                encoding,
                jobs=jobs,
                resume=resume,
                keeps_unfinished=keeps_unfinished,
                replaces=replaces,
                before=before,
                told=tell,
                progress=progress,
            )
    except NothingPackedError as error:
        raise Failure(f"{output} is not written: {error}{where()}") from error
    except StorageExistsError as error:
        raise Failure(
            f"{os.fsdecode(error.filename)} was made meanwhile by another program; "
            "--force with --resume replaces it"
        ) from error
    except CannotResumeError as error:
        raise Failure(f"{error}; --force without --resume begins anew") from error
    if packed.records and (text := where()):
        console.warn(
            f"{output}: {missing:,} of {counted(len(source.images), 'file')} missing{text}"
        )
    return packed


def as_text(packed: Packed, left_out: int) -> str:
    """Returns what has become of images in a line.

    Args:
        packed: What has become of them.
        left_out: How many of them were left out, and places that name none.
    """
    count = counted(packed.records, "record")
    parts = [f"{packed.path}: {count}, {size_text(packed.length)}"]
    if left_out:
        parts.append(f"{left_out:,} left out")
    if packed.resumed:
        parts.append(f"{counted(packed.resumed, 'image')} done by earlier runs")
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
