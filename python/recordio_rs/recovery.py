"""What a writer finds undone in files that it writes on, and does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from recordio_rs.rescue import SkippedRegion

__all__ = ["Recovery", "RecoveryWarning"]

# Begin, end, reason and kind of what was torn; entries added, and removed.
_Found: TypeAlias = tuple[tuple[int, int, str, str] | None, int, int]


class RecoveryWarning(RuntimeWarning):
    """Files had to be mended before they could be written on."""


@dataclass(frozen=True)
class Recovery:
    """What was done to files before they were written on.

    Attributes:
        torn: The bytes at the end of the records that were cut off, as the writer before did not
            come to the end of a record; empty if only zeros behind the last one were missing, which
            are there now. `None` if nothing was torn.
        added: How many records at the end the index lacked, and has now, with keys by default.
        removed: How many entries were removed from the index: their records are not there, or the
            last line broke off.
    """

    torn: SkippedRegion | None
    added: int
    removed: int

    @classmethod
    def of(cls, found: _Found | None) -> Recovery | None:
        """Returns what the native writer has done, or `None` if that is nothing."""
        if found is None:
            return None
        torn, added, removed = found
        return cls(None if torn is None else SkippedRegion(*torn), added, removed)

    def __str__(self) -> str:
        done = []
        if self.torn is not None:
            count = self.torn.end - self.torn.begin
            done.append(f"{count} bytes cut off at byte {self.torn.begin} ({self.torn.reason})")
        if self.added:
            done.append(f"{self.added} entries added to the index")
        if self.removed:
            done.append(f"{self.removed} entries removed from the index")
        return ", ".join(done)
