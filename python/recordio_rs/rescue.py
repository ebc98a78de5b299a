"""What is to become of damage that a reader comes upon."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["DamagedRecordWarning", "ErrorPolicy", "SkippedRegion"]


@dataclass(frozen=True, slots=True)
class SkippedRegion:
    """Bytes of a file that a lenient reader passes over.

    Attributes:
        begin: The offset of the first byte.
        end: The offset behind the last one; the same as `begin` where a file only lacks the padding
            of its last record, which is given then.
        reason: What is wrong, in words.
        kind: The same as one of the names in docs/format.md, "bad-magic" say.
    """

    begin: int
    end: int
    reason: str
    kind: str = ""

    def __str__(self) -> str:
        return f"bytes {self.begin} to {self.end} skipped: {self.reason}"


class DamagedRecordWarning(RuntimeWarning):
    """A region of a file was passed over because it is damaged."""


ErrorPolicy: TypeAlias = Literal["strict", "skip", "warn"] | Callable[[SkippedRegion], object]


def teller_of(errors: ErrorPolicy, path: str) -> Teller | None:
    """Returns what tells regions, or `None` if damage is an error.

    Raises:
        ValueError: `errors` is text, and none of those there are.
        TypeError: It is neither text nor can it be called.
    """
    if not isinstance(errors, str):
        if not callable(errors):
            raise TypeError(f"errors must be text or a callable, not {type(errors).__name__}")
        return Teller(errors)
    if errors == "strict":
        return None
    if errors == "skip":
        return Teller(_pass_over)
    if errors == "warn":
        return Teller(Warner(path))
    raise ValueError(f"errors must be 'strict', 'skip', 'warn' or a callable, not {errors!r}")


def _pass_over(_region: SkippedRegion) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Warner:
    """Warns of each region of a file."""

    path: str

    def __call__(self, region: SkippedRegion) -> None:
        """Warns of a region."""
        warnings.warn(f"{self.path}: {region}", DamagedRecordWarning, stacklevel=3)


class Teller:
    """Tells each region of a file once, however often the file is gone through.

    Args:
        handle: Called with each region.
    """

    __slots__ = ("_handle", "_last")

    def __init__(self, handle: Callable[[SkippedRegion], object]) -> None:
        self._handle = handle
        self._last = (-1, -1)

    def __call__(self, begin: int, end: int, kind: str, reason: str) -> None:
        """Tells a region, in the order of the file, unless it was told before."""
        if (begin, end) > self._last:
            self._last = (begin, end)
            self._handle(SkippedRegion(begin, end, reason, kind))

    def tell_entry(self, offset: int, reason: str) -> None:
        """Tells an entry of the index that points to no record."""
        self._handle(SkippedRegion(offset, offset, reason, "entry-points-wrong"))
