"""Records as they are, on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

import click

from recordio_rs._recordio_rs import FileWriter
from recordio_rs.cli.exits import Failure
from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import unpack

__all__ = ["RawOutput", "Shape", "content_of", "image_option", "shape_option"]

F = TypeVar("F", bound=Callable[..., Any])

Shape: TypeAlias = Literal["raw", "rec"]


def shape_option(function: F) -> F:
    """Adds `shape: Shape`, for `RawOutput`."""
    return click.option(
        "--format",
        "shape",
        type=click.Choice(["raw", "rec"]),
        default="raw",
        show_default=True,
        help="What is printed: the bytes of the records end to end, or RecordIO, which is a .rec "
        "file without an index.",
    )(function)


def image_option(function: F) -> F:
    """Adds `is_image: bool`, for `content_of`."""
    text = "Only the image of image records: without header and labels."
    return click.option("--image", "is_image", is_flag=True, help=text)(function)


def content_of(record: bytes, path: str, key: str, *, is_image: bool) -> bytes:
    """Returns what is wanted of a record.

    Args:
        record: The record.
        path: The file that it is from, for errors.
        key: Its key, for errors.
        is_image: Whether header and labels are left out.

    Raises:
        Failure: It is no image record.
    """
    if not is_image:
        return record
    try:
        return unpack(record)[1]
    except ImageRecordError as error:
        raise Failure(f"{path}: the record with key {key} is no image record: {error}") from error


class RawOutput:
    """Standard output, for records.

    Args:
        shape: "raw" for their bytes end to end, "rec" for RecordIO.
        force: Whether they may go to a terminal, too.

    Raises:
        UsageError: Standard output is a terminal.
    """

    def __init__(self, shape: Shape, *, force: bool) -> None:
        if sys.stdout.isatty() and not force:
            raise click.UsageError("records are no text: --force prints them on a terminal")
        self._writer = FileWriter.stdout() if shape == "rec" else None

    def write(self, content: bytes) -> None:
        """Prints a record.

        Raises:
            StorageError, OSError: It cannot be printed.
        """
        if self._writer is None:
            sys.stdout.buffer.write(content)
        else:
            self._writer.write(content)

    def close(self) -> None:
        """Prints what is still buffered."""
        if self._writer is not None:
            self._writer.close()
        sys.stdout.buffer.flush()
