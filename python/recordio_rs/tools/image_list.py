"""Lists of images, as MXNet's im2rec has them (`.lst`), and as tables (`.csv`).

A line of a `.lst` file is `id, tab, label, tab, path`, with a tab and a label more for each further
label. (MXNet 1.9.1 `im2rec.py`, checked against it by the tests.)
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from recordio_rs._replacing import replacing

__all__ = [
    "BadLine",
    "Entry",
    "ListItem",
    "format_item",
    "is_listable",
    "read_csv",
    "read_list",
    "write_list",
]

_LARGEST_ID = 2**64 - 1
# How many characters of a reason are kept: a file that is no list has lines of any length.
_LONGEST_REASON = 300
# A mark at the beginning, which some programs for tables write, is none of the first number.
_ENCODING, _ERRORS = "utf-8-sig", "surrogateescape"


@dataclass(frozen=True, slots=True)
class ListItem:
    """An image to be packed.

    Attributes:
        id: Its number, 0 to 2^64 - 1, which is its key, too.
        labels: At least one.
        path: Where it is, seen from the root of the list. Bytes that are no UTF-8 are kept as
            `os.fsdecode` keeps them.
    """

    id: int
    labels: tuple[float, ...]
    path: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a list that names no image.

    Attributes:
        number: Which line, counted from 1.
        reason: What is wrong with it.
    """

    number: int
    reason: str

    @classmethod
    def of(cls, number: int, reason: object) -> BadLine:
        """Returns a line with a reason that may be too long to be told."""
        text = str(reason)
        is_long = len(text) > _LONGEST_REASON
        return cls(number, f"{text[:_LONGEST_REASON]}..." if is_long else text)


Entry: TypeAlias = ListItem | BadLine


def read_list(path: str) -> Iterator[Entry]:
    """Reads a `.lst` file, line by line.

    Fields stand between tabs, and lose the space around them; the last is the path. Numbers are
    what Python takes for one. Empty lines are passed over.

    Args:
        path: The file.

    Yields:
        What each line has, in order.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, encoding=_ENCODING, errors=_ERRORS) as file:
        for number, line in enumerate(file, start=1):
            fields = [field.strip() for field in line.strip().split("\t")]
            if fields != [""]:
                yield _list_entry(number, fields)


def _list_entry(number: int, fields: list[str]) -> Entry:
    if len(fields) < 3:
        reason = f"id, label and path with tabs between them are needed, and there is {fields}"
        return BadLine.of(number, reason)
    try:
        return ListItem(_id(fields[0]), tuple(map(float, fields[1:-1])), fields[-1])
    except ValueError as error:
        return BadLine.of(number, error)


def _id(text: str) -> int:
    value = int(text)
    if not 0 <= value <= _LARGEST_ID:
        raise ValueError(f"the id {value} is not one of 0 to 2^64 - 1")
    return value


def write_list(path: str, items: Iterable[ListItem]) -> None:
    """Writes a `.lst` file; the one that is there is replaced when the new one is whole.

    Args:
        path: The file.
        items: The images, each with a path that `is_listable`.

    Raises:
        ValueError: A path is not.
        StorageError: The file cannot be written.
    """
    with replacing(path) as file:
        for item in items:
            file.write(format_item(item))


def format_item(item: ListItem) -> bytes:
    r"""Returns an image as a line of a `.lst` file.

    Labels have six decimals, as MXNet 1.x writes them; where those are not enough to get the same
    float32 back, as many digits as it takes.

    Raises:
        ValueError: Its path is not listable.

    Examples:
        >>> format_item(ListItem(7, (2.0, 1e-9), "cats/1.jpg"))
        b'7\t2.000000\t1e-09\tcats/1.jpg\n'
    """
    if not is_listable(item.path):
        raise ValueError(f"a path with tabs, ends of lines or space around it: {item.path!r}")
    labels = "".join(f"{_label_text(label)}\t" for label in item.labels)
    return f"{item.id}\t{labels}{item.path}\n".encode("utf-8", _ERRORS)


def is_listable(path: str) -> bool:
    """Tells whether a path comes back from a `.lst` file as it was."""
    return bool(path) and path == path.strip() and not any(end in path for end in "\t\n\r")


def _label_text(label: float) -> str:
    text = f"{label:f}"
    if math.isnan(label) or _float32(float(text)) == _float32(label):
        return text
    return str(_float32(label))


def _float32(value: float) -> np.float32:
    with np.errstate(over="ignore"):
        return np.float32(value)


def read_csv(path: str) -> Iterator[Entry]:
    """Reads a table of images with commas between the columns.

    If a column of the first row is called `path`, that row has the names: images are in `path`,
    labels in the columns whose names begin with `label`, and ids in `id`; other columns are passed
    over. Without such a row, the first column is the path, and all others are labels. An image has
    the label 0 if there is no column of labels, and the number of its row, counted from 0, for an
    id if there is no column of ids. Empty rows are passed over.

    Args:
        path: The file.

    Yields:
        What each row has, in order; it is counted by its last line.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, encoding=_ENCODING, errors=_ERRORS, newline="") as file:
        columns, count = None, 0
        for number, row in _rows(file):
            if isinstance(row, csv.Error):
                yield BadLine.of(number, row)
            elif columns is None:
                columns, is_header = _columns(row)
                if is_header:
                    continue
                yield columns.entry(number, row, 0)
            else:
                yield columns.entry(number, row, count)
            count += 1


def _rows(file: Iterable[str]) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Gives each row that is not empty with the number of its last line; the error if it is bad."""
    rows = csv.reader(file)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, error
            continue
        if any(cell.strip() for cell in row):
            yield rows.line_num, [cell.strip() for cell in row]


@dataclass(frozen=True)
class _Columns:
    """In which columns what is; `labels` is `None` for all behind the path."""

    path: int
    labels: list[int] | None
    id: int | None

    def entry(self, number: int, row: list[str], count: int) -> Entry:
        """Returns what a row has, that so many come before."""
        labels = list(range(1, len(row))) if self.labels is None else self.labels
        try:
            if not row[self.path]:
                return BadLine.of(number, "the path is empty")
            return ListItem(
                count if self.id is None else _id(row[self.id]),
                tuple(float(row[column]) for column in labels) or (0.0,),
                row[self.path],
            )
        except IndexError:
            return BadLine.of(number, f"there are only {len(row)} columns")
        except ValueError as error:
            return BadLine.of(number, error)


def _columns(row: list[str]) -> tuple[_Columns, bool]:
    """Returns what the columns are by the first row, and whether that has their names."""
    names = [cell.lower() for cell in row]
    if "path" not in names:
        return _Columns(0, None, None), False
    labels = [column for column, name in enumerate(names) if name.startswith("label")]
    id_ = names.index("id") if "id" in names else None
    return _Columns(names.index("path"), labels, id_), True
