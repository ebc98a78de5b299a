"""How far long work has come, for who wants to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], object]

_PATIENCE = 0.1


class Stages:
    """Work in stages of equal size, told as one.

    Args:
        progress: Called with how many bytes are done and how many there are; may be `None`.
        size: The bytes of one stage.
        count: How many stages there are.
    """

    def __init__(self, progress: Progress | None, size: int, count: int) -> None:
        self._progress = progress
        self._size = size
        self._total = size * count
        self._done = 0
        self._told = 0.0

    @property
    def native(self) -> Progress | None:
        """What the native module calls while it works on a stage; it does not call too often."""
        return None if self._progress is None else lambda done, _size: self._tell(done)

    def tell(self, done: int) -> None:
        """Tells how many bytes of this stage are done, unless it was told a moment ago."""
        if self._progress is not None and time.monotonic() - self._told > _PATIENCE:
            self._tell(done)
            self._told = time.monotonic()

    def end_stage(self) -> None:
        """Tells that this stage is done."""
        self._tell(self._size)
        self._done += self._size

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            self._progress(self._done + min(done, self._size), self._total)
