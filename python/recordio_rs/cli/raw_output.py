"""Records as they are, on standard output."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias, TypeVar

import click

from recordio_rs._recordio_rs import FileWriter
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.told_names import as_told
from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import unpack
from recordio_rs.tools.looking import Batch
from recordio_rs.tools.named_errors import stdout_errors

__all__ = ["RawOutput", "Shape", "contents_of", "image_option", "shape_option"]

F = TypeVar("F", bound=Callable[..., Any])

Shape: TypeAlias = Literal["raw", "rec", "hex", "json"]


def shape_option(function: F) -> F:
    """Adds `shape: Shape`, for `RawOutput`."""
    return click.option(
        "--format",
        "shape",
        type=click.Choice(["raw", "rec", "hex", "json"]),
        default="raw",
        show_default=True,
        help="What is printed. raw: the bytes of the records end to end; rec: RecordIO, which is a "
        ".rec file without an index; hex: a line of digits for each; json: a line for each, with "
        "key, ordinal, offset, length, and text or base64.",
    )(function)


def image_option(function: F) -> F:
    """Adds `is_image: bool`, for `RawOutput`."""
    text = "Only the image of image records: without header and labels."
    return click.option("--image", "is_image", is_flag=True, help=text)(function)


def contents_of(path: str, batch: Batch, *, is_image: bool) -> Iterator[bytes]:
    """Gives what is wanted of records.

    Args:
        path: The file that they are from, for errors.
        batch: The records.
        is_image: Whether header and labels are left out.

    Raises:
        Failure: One has no image.
    """
    for key, view in zip(batch.keys, batch, strict=True):
        yield _image_of(bytes(view), path, key) if is_image else bytes(view)


def _image_of(record: bytes, path: str, key: str) -> bytes:
    try:
        image = unpack(record)[1]
    except ImageRecordError as error:
        raise Failure(f"{path}: the record with key {key} is no image record: {error}") from error
    if not image:
        raise Failure(f"{path}: the record with key {key} has no image behind its header")
    return image


class RawOutput:
    """Standard output, for records.

    Args:
        shape: "raw" for their bytes end to end, "rec" for RecordIO, "hex" and "json" for a line
            each.
        delimiter: What comes behind each record; only with "raw".
        is_image: Whether only images are printed.
        force: Whether bytes that are no text may go to a terminal, too.

    Raises:
        UsageError: Standard output is a terminal.
    """

    def __init__(
        self, shape: Shape, *, delimiter: bytes = b"", is_image: bool, force: bool
    ) -> None:
        if shape in ("raw", "rec") and sys.stdout.isatty() and not force:
            raise click.UsageError(
                "records are no text: --force prints them on a terminal, --format hex as digits"
            )
        self._shape = shape
        self._delimiter = delimiter
        self._is_image = is_image
        self._writer = FileWriter.stdout() if shape == "rec" else None

    @stdout_errors()
    def write(self, path: str, batch: Batch) -> None:
        """Prints the records of a batch.

        Raises:
            Failure: An image is wanted of a record that has none.
            StorageError, OSError: They cannot be printed.
        """
        out = sys.stdout.buffer
        if self._shape == "raw" and not self._is_image and not self._delimiter:
            out.write(batch.records.data.data)
            return
        contents = contents_of(path, batch, is_image=self._is_image)
        places = zip(batch.ordinals.tolist(), batch.offsets.tolist(), batch.json_keys, strict=True)
        for content, (ordinal, offset, key) in zip(contents, places, strict=True):
            if self._writer is not None:
                self._writer.write(content)
            elif self._shape == "raw":
                out.write(content)
                out.write(self._delimiter)
            elif self._shape == "hex":
                out.write(content.hex().encode() + b"\n")
            else:
                line = {"path": as_told(path), "ordinal": ordinal, "key": key, "offset": offset}
                line |= {"length": len(content), **_as_json(content)}
                out.write(json.dumps(line).encode() + b"\n")

    @stdout_errors()
    def close(self) -> None:
        """Prints what is still buffered."""
        if self._writer is not None:
            self._writer.close()
        sys.stdout.buffer.flush()


def _as_json(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}
