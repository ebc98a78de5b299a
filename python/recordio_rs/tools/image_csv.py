"""Tables of images, with commas between the columns (`.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from recordio_rs.tools.image_list import (
    ENCODING,
    ERRORS,
    BadLine,
    Entry,
    ListItem,
    NoListError,
    id_of,
    label_of,
)

__all__ = ["class_words", "read_csv"]

_NAMES = "path, label (or label_0, label_1 and so on) and id"
# How many characters of a word are told: a file that is no table has words of any length.
_SHOWN = 60


def read_csv(path: str, words: Mapping[str, int] | None = None) -> Iterator[Entry]:
    """Reads a table of images with commas between the columns.

    If a column of the first row is called `path`, that row has the names: images are in `path`,
    labels in the columns whose names begin with `label`, and ids in `id`; other columns are passed
    over. Without such a row, the first column is the path, and all others are labels. An image has
    the label 0 if there is no column of labels, and the number of its row, counted from 0, for an
    id if there is no column of ids. Empty rows are passed over.

    Args:
        path: The file.
        words: The label that each word stands for that is no number; see `class_words`.

    Yields:
        What each row has, in order; it is counted by its last line.

    Raises:
        NoListError: The first row has neither a path and numbers nor names of columns.
        OSError: The file cannot be read.
    """
    with open(path, encoding=ENCODING, errors=ERRORS, newline="") as file:
        columns, count = None, 0
        for number, row in _rows(file):
            if isinstance(row, csv.Error):
                yield BadLine.of(number, row)
            elif columns is None:
                columns = _named_columns(row, words or {})
                if columns is not None:
                    continue
                _check_first(row)
                columns = _Columns(0, None, None)
                yield columns.entry(number, row, 0)
            else:
                yield columns.entry(number, row, count)
            count += 1


def class_words(path: str) -> dict[str, int]:
    """Returns the labels of a table that has words for them, numbered from 0 as they are sorted.

    That is a table with names of columns, one of which has the labels, and none of these is a
    number.

    Args:
        path: The file.

    Returns:
        The number of each word; empty if there is no such column.

    Raises:
        OSError: The file cannot be read.
    """
    words = set[str]()
    with open(path, encoding=ENCODING, errors=ERRORS, newline="") as file:
        rows = (row for _, row in _rows(file) if not isinstance(row, csv.Error))
        columns = _named_columns(next(rows, []), {})
        if columns is None or columns.labels is None or len(columns.labels) != 1:
            return {}
        (column,) = columns.labels
        for row in rows:
            word = row[column] if column < len(row) else ""
            if _is_number(word):
                return {}
            if word:
                words.add(word)
    return {word: number for number, word in enumerate(sorted(words))}


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
    words: Mapping[str, int] = field(default_factory=dict)

    def entry(self, number: int, row: list[str], count: int) -> Entry:
        """Returns what a row has, that so many come before."""
        labels = list(range(1, len(row))) if self.labels is None else self.labels
        try:
            if not row[self.path]:
                return BadLine.of(number, "the path is empty")
            return ListItem(
                count if self.id is None else id_of(row[self.id]),
                tuple(self._label(row[column]) for column in labels) or (0.0,),
                row[self.path],
            )
        except IndexError:
            return BadLine.of(number, f"there are only {len(row)} columns")
        except ValueError as error:
            return BadLine.of(number, error)

    def _label(self, text: str) -> float:
        return float(self.words[text]) if text in self.words else label_of(text)


def _named_columns(row: list[str], words: Mapping[str, int]) -> _Columns | None:
    """Returns what the columns are by the first row, or `None` if it does not have their names."""
    names = [cell.lower() for cell in row]
    if "path" not in names:
        return None
    labels = [column for column, name in enumerate(names) if name.startswith("label")]
    id_ = names.index("id") if "id" in names else None
    return _Columns(names.index("path"), labels, id_, words)


def _check_first(row: list[str]) -> None:
    """Checks that a first row without names of columns has numbers for labels.

    Raises:
        NoListError: It has not.
    """
    for label in row[1:]:
        if label and not _is_number(label):
            raise NoListError(
                f"the first row names no column path, and the label {label[:_SHOWN]!r} in it is no "
                f"number; a first row may have the names {_NAMES}, and then labels may be words"
            )


def _is_number(text: str) -> bool:
    try:
        label_of(text)
    except ValueError:
        return False
    return True
