"""What a format is written by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from recordio_rs.tools.converting.sample import Sample

__all__ = ["Target", "Unfinished"]


@dataclass(frozen=True)
class Unfinished:
    """A file that is being written.

    Attributes:
        write: Writes a sample behind those before it.
        finish: Writes what comes behind the last one, and comes back when all is on the disk. It
            needs no memory for samples any more then.
    """

    write: Callable[[Sample], object]
    finish: Callable[[], object]


class Target(Protocol):
    """Writes samples to files of a format."""

    def open(self, path: str) -> AbstractContextManager[Unfinished]:
        """Gives a file to write and to finish, which is there when the block has ended well."""
