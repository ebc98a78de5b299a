"""What reading gets around."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SkippedRegion"]


@dataclass(frozen=True)
class SkippedRegion:
    """Bytes of a `.rec` file that belong to no record.

    Attributes:
        begin: The offset of the first one.
        end: The offset behind the last one.
        reason: What is wrong with them.
        kind: The kind of damage, in a word.
    """

    begin: int
    end: int
    reason: str
    kind: str = ""
