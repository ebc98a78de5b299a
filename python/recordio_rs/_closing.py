"""Files that a `with` block closes."""

from __future__ import annotations

from abc import abstractmethod
from types import TracebackType
from typing import Self

from recordio_rs.exceptions import MXNetError


class Closing:
    """Something with a `close` that the end of a `with` block calls."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Closes the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except MXNetError as closing:
            if error is None:
                raise
            # What the block raised is what the user has to see.
            error.add_note(f"and closing failed: {closing}")
