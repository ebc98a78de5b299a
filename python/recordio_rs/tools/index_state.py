"""What is to be said of an index and whether it fits its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.selection import integer_keys
from recordio_rs.tools.source import Source

__all__ = ["IndexState", "index_state_of"]


@dataclass(frozen=True)
class IndexState:
    """An index, compared with its file.

    Attributes:
        path: The `.idx` file.
        entries: How many entries it has.
        is_whole: Whether it lists all records and nothing else.
        unlisted: How many intact records it has no entry for.
        wrong: How many entries point to no intact record.
        bad_lines: How many of its lines are no entries.
        keys: Whether its keys are integers or text.
        duplicate_keys: How many entries have the key of another one before them.
        duplicate_offsets: How many entries point where another one before them does.
        first_key: The smallest key, if they are integers.
        last_key: The largest one.
        are_ordinals: Whether the keys are 0, 1, 2 and so on.
        is_in_order: Whether the entries come in the order of the records in the file.
    """

    path: str
    entries: int
    is_whole: bool
    unlisted: int
    wrong: int
    bad_lines: int
    keys: Literal["integer", "text", "none"]
    duplicate_keys: int
    duplicate_offsets: int
    first_key: int | None
    last_key: int | None
    are_ordinals: bool
    is_in_order: bool


def index_state_of(source: Source) -> IndexState | None:
    """Returns what is to be said of the index of a file, or `None` if it has none."""
    index = source.index
    if index is None or source.index_path is None:
        return None
    offsets = np.frombuffer(index.offsets(), np.uint64)
    listed = int((source.entries >= 0).sum())
    bad_lines = source.bad_lines
    unlisted = len(source) - listed
    wrong = len(index) - listed
    numbers = integer_keys(index)
    if numbers is None:
        distinct = len(set(map(index.key, range(len(index)))))
    else:
        distinct = _distinct(numbers)
    has_numbers = numbers is not None and len(numbers) > 0
    return IndexState(
        path=source.index_path,
        entries=len(index),
        is_whole=not unlisted and not wrong and not bad_lines,
        unlisted=unlisted,
        wrong=wrong,
        bad_lines=bad_lines,
        keys="none" if not len(index) else "text" if numbers is None else "integer",
        duplicate_keys=len(index) - distinct,
        duplicate_offsets=len(index) - _distinct(offsets),
        first_key=int(numbers.min()) if numbers is not None and has_numbers else None,
        last_key=int(numbers.max()) if numbers is not None and has_numbers else None,
        are_ordinals=numbers is not None and bool((numbers == np.arange(len(numbers))).all()),
        is_in_order=bool((offsets[1:] > offsets[:-1]).all()),
    )


def _distinct(numbers: npt.NDArray[np.integer[Any]]) -> int:
    # Sorted by hand: `unique` hashes them, which takes twenty times as long.
    ordered = numbers if (numbers[1:] >= numbers[:-1]).all() else np.sort(numbers)
    return len(numbers) - int((ordered[1:] == ordered[:-1]).sum())
