"""Counts of things, in words."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, several: str | None = None) -> str:
    """Returns how many of something there are, as `1 record` or `2,000 records`.

    Args:
        count: How many.
        one: What one of them is called.
        several: What several are called; if not given, the same with an s.

    Examples:
        >>> counted(1, "class", "classes"), counted(2000, "record")
        ('1 class', '2,000 records')
    """
    return f"1 {one}" if count == 1 else f"{count:,} {several or one + 's'}"
