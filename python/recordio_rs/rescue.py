"""What is to become of damage that a reader comes upon."""

from __future__ import annotations

import sys
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
        skipped = f"bytes {self.begin} to {self.end} skipped"
        return f"{skipped if self.end > self.begin else f'byte {self.begin}'}: {self.reason}"


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
        message = f"{self.path}: {region}"
        warnings.warn(message, DamagedRecordWarning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """Returns how many calls of this package the caller of the package is away, for a warning."""
    level, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("recordio_rs.") and frame.f_back:
        level, frame = level + 1, frame.f_back
    return level


class Teller:
    """Tells the regions of a file to who wants to know of them.

    Args:
        handle: Called with each region.

    Attributes:
        scans: How often all regions of the file were told.
    """

    __slots__ = ("_handle", "scans")

    def __init__(self, handle: Callable[[SkippedRegion], object]) -> None:
        self._handle = handle
        self.scans = 0

    def __call__(self, begin: int, end: int, kind: str, reason: str) -> None:
        """Tells a region."""
        self._handle(SkippedRegion(begin, end, reason, kind))

    def of_iteration(self) -> Callable[[int, int, str, str], None]:
        """Returns what tells the regions that an iteration comes upon.

        It is silent once all of them were told meanwhile: `list` asks for the length, too.
        """
        scans = self.scans

        def tell(begin: int, end: int, kind: str, reason: str) -> None:
            if self.scans == scans:
                self(begin, end, kind, reason)

        return tell
