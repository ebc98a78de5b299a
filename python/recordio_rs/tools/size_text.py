"""Numbers of bytes as text."""

from __future__ import annotations

__all__ = ["size_text"]


def size_text(size: float) -> str:
    """Returns a number of bytes with three digits: `5.41 kB`, `120 MB`."""
    if size < 1000:
        return f"{size:.0f} bytes" if size != 1 else "1 byte"
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            break
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:.{digits}f} {unit}"
