"""What a format is written by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from recordio_rs.tools.converting.sample import Sample

__all__ = ["Target", "Write"]

Write: TypeAlias = Callable[[Sample], object]
"""What writes a sample behind those before it."""


class Target(Protocol):
    """Writes samples to files of a format, one after the other."""

    def open(self, path: str) -> AbstractContextManager[Write]:
        """Gives what writes samples to a file that is there when the block has ended well."""
