"""What was done and how long it took."""

import time
from dataclasses import dataclass
from types import TracebackType


class Stopwatch:
    """Adds up the time spent inside its `with` blocks."""

    def __init__(self) -> None:
        """Start at zero."""
        self.seconds = 0.0
        self._since = 0.0

    def __enter__(self) -> None:
        """Let it run."""
        self._since = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.seconds += time.perf_counter() - self._since


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the closing table.

    Attributes:
        name: What was done.
        records: How many records it was done to.
        size: Bytes of records that went through: label, header and encoded image.
        seconds: How long that alone took.
    """

    name: str
    records: int
    size: int
    seconds: float
