"""What `verify` and `repair` find."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from recordio_rs.rescue import SkippedRegion

__all__ = ["Problem", "Report"]

LOST = "record-lost"
# The kinds of problem whose ordinal is that of an entry of the index.
_OF_ENTRIES = (LOST, "entry-points-wrong", "index-line")
# How many problems are shown of a report.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file or its index.

    Attributes:
        kind: A name of docs/format.md for damage in the file, "bad-magic" say. Of an index:
            "record-lost" where an entry points into damage, "entry-points-wrong" where it points to
            no record otherwise, "record-not-listed" where a record has no entry, "index-line" where
            a line is no entry. Of what is in records: "label", "image".
        reason: The same in words.
        offset: The byte offset at fault in the `.rec` file; `None` for a line of the index.
        ordinal: How many entries of the index come before the one at fault, or how many lines
            before one that is no entry; else how many intact records come before in the file.
        key: The key of the entry or record, if it has one.
    """

    kind: str
    reason: str
    offset: int | None = None
    ordinal: int | None = None
    key: Hashable | None = None

    def __str__(self) -> str:
        counted = "entry" if self.kind in _OF_ENTRIES else "record"
        facts = [("byte", self.offset), (counted, self.ordinal), ("key", self.key)]
        known = ", ".join(f"{name} {fact!r}" for name, fact in facts if fact is not None)
        return f"{self.kind}: {self.reason}" + (f" [{known}]" if known else "")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a file, or lost when it was repaired.

    Attributes:
        path: The `.rec` file.
        index_path: The `.idx` file, or `None` if there is none.
        size: The size of the `.rec` file in bytes.
        records: How many intact records it has.
        problems: What is wrong: first in the file, then in the index, then in the records.
        skipped: The regions of the file that are no intact records, in their order.
        omitted: How many more problems there are than the report was to have.
        lost_keys: The keys of the index whose records are damaged, in the order of the index: all
            of them, however many problems the report was to have.
        written: The new file that has the intact records, if `repair` made one.

    A report is true if nothing is wrong.
    """

    path: str
    index_path: str | None
    size: int
    records: int
    problems: tuple[Problem, ...] = ()
    skipped: tuple[SkippedRegion, ...] = ()
    omitted: int = 0
    lost_keys: tuple[Hashable, ...] = ()
    written: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not self.omitted

    def __bool__(self) -> bool:
        return self.ok

    @property
    def count(self) -> int:
        """How many problems there are, whether the report has them or not."""
        return len(self.problems) + self.omitted

    @property
    def summary(self) -> str:
        """What was found, in a line."""
        found = {0: "no problem", 1: "1 problem"}.get(self.count, f"{self.count:,} problems")
        records = "1 intact record" if self.records == 1 else f"{self.records:,} intact records"
        return f"{self.path}: {records}, {found}"

    def details(self, shown: int = _SHOWN) -> list[str]:
        """Returns the problems as text.

        Args:
            shown: How many of them at most.

        Returns:
            A line for each, and one more if there are more.
        """
        lines = [str(problem) for problem in self.problems[:shown]]
        if self.count > len(lines):
            lines.append(f"... and {self.count - len(lines)} more")
        return lines

    def __str__(self) -> str:
        lines = [self.summary, *(f"  {line}" for line in self.details())]
        if self.written is not None:
            lines.append(f"  the intact records are in {self.written}")
        return "\n".join(lines)
