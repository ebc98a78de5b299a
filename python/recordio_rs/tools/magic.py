"""The four bytes with which every fragment of a file begins (docs/format.md)."""

from __future__ import annotations

__all__ = ["MAGIC"]

MAGIC = 0xCED7230A.to_bytes(4, "little")
