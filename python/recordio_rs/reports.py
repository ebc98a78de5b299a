"""What `verify` and `repair` find."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from recordio_rs.rescue import SkippedRegion

__all__ = ["Problem", "Report"]

LOST = "record-lost"


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
        ordinal: In the index how many entries come before, where the problem is one of an entry or
            a line; else how many intact records come before in the file.
        key: The key of the entry or record, if it has one.
    """

    kind: str
    reason: str
    offset: int | None = None
    ordinal: int | None = None
    key: Hashable | None = None

    def __str__(self) -> str:
        facts = [("byte", self.offset), ("ordinal", self.ordinal), ("key", self.key)]
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
    """

    path: str
    index_path: str | None
    size: int
    records: int
    problems: tuple[Problem, ...] = ()
    skipped: tuple[SkippedRegion, ...] = ()
    omitted: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not self.omitted

    @property
    def lost_keys(self) -> tuple[Hashable, ...]:
        """The keys of the index whose records are damaged, in the order of the index."""
        return tuple(problem.key for problem in self.problems if problem.kind == LOST)

    def __str__(self) -> str:
        count = len(self.problems) + self.omitted
        found = f"{count} problems" if count != 1 else "1 problem"
        lines = [f"{self.path}: {self.records} intact records, {found if count else 'no problem'}"]
        lines += [f"  {problem}" for problem in self.problems]
        if self.omitted:
            lines.append(f"  ... and {self.omitted} more")
        return "\n".join(lines)
