"""Lists of images, as MXNet's im2rec has them (`.lst`).

A line of a `.lst` file is `id, tab, label, tab, path`, with a tab and a label more for each further
label. (MXNet 1.9.1 `im2rec.py`, checked against it by the tests.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

__all__ = [
    "ENCODING",
    "ERRORS",
    "BadLine",
    "Entry",
    "ListItem",
    "NoListError",
    "format_item",
    "id_of",
    "is_listable",
    "label_of",
    "read_list",
]

ENCODING, ERRORS = "utf-8-sig", "surrogateescape"
"""Of lists; a mark at the beginning, which some programs write, is none of the first number."""


_LARGEST_ID = 2**64 - 1
# How many characters of a reason are kept: a file that is no list has lines of any length.
_LONGEST_REASON = 300


class NoListError(Exception):
    """A file is no list of images; the message says why, and not which file it is."""


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
    with open(path, encoding=ENCODING, errors=ERRORS) as file:
        for number, line in enumerate(file, start=1):
            fields = [field.strip() for field in line.strip().split("\t")]
            if fields != [""]:
                yield _list_entry(number, fields)


def _list_entry(number: int, fields: list[str]) -> Entry:
    if len(fields) < 3:
        reason = f"id, label and path with tabs between them are needed, and there is {fields}"
        return BadLine.of(number, reason)
    try:
        return ListItem(id_of(fields[0]), tuple(map(label_of, fields[1:-1])), fields[-1])
    except ValueError as error:
        return BadLine.of(number, error)


def id_of(text: str) -> int:
    """Returns the id that a field has.

    Raises:
        ValueError: There is none; the message says why.
    """
    try:
        value = int(text)
    except ValueError:
        raise ValueError(f"the id {text!r} is no whole number") from None
    if not 0 <= value <= _LARGEST_ID:
        raise ValueError(f"the id {value} is not one of 0 to 2^64 - 1")
    return value


def label_of(text: str) -> float:
    """Returns the label that a field has.

    Raises:
        ValueError: There is none; the message says why.
    """
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"the label {text!r} is no number") from None


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
    return f"{item.id}\t{labels}{item.path}\n".encode("utf-8", ERRORS)


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
