"""Bars of characters."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

__all__ = ["bars"]

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bars(rows: Sequence[tuple[str, int]], width: int) -> Iterator[str]:
    """Gives a line for each row: its name, a bar, and the number.

    Args:
        rows: Names and numbers; the bars are as long as these are large.
        width: How many characters the longest bar has.
    """
    most = max((count for _, count in rows), default=0)
    name_width = max((len(name) for name, _ in rows), default=0)
    has_blocks = "utf" in (sys.stdout.encoding or "").lower()
    for name, count in rows:
        eighths = round(count / most * width * 8) if most else 0
        eighths = max(eighths, 1) if count else 0  # what is there, is seen
        if has_blocks:
            bar = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
        else:
            bar = "#" * -(-eighths // 8)
        yield f"{name:>{name_width}}  {bar}{' ' if bar else ''}{count:,}"
