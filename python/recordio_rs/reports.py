"""What `verify` and `repair` find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from recordio_rs._counted import counted
from recordio_rs.rescue import SkippedRegion

__all__ = ["Problem", "Report", "problems_in_words"]

LOST = "record-lost"
# The kinds of problem whose ordinal is that of an entry of the index.
_OF_ENTRIES = (LOST, "entry-points-wrong", "index-line")
# What is said of so many problems of a kind; all others are regions of the file.
_WORDS = {
    "entry-points-wrong": ("entry that points to no record", "entries that point to no record"),
    "record-not-listed": ("record without an entry", "records without an entry"),
    "index-line": ("line of the index that is no entry", "lines of the index that are no entries"),
    "label": ("record with damaged labels", "records with damaged labels"),
    "image": ("record with a damaged image", "records with damaged images"),
}
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
        thing = "entry" if self.kind in _OF_ENTRIES else "record"
        facts = [("byte", self.offset), (thing, self.ordinal), ("key", self.key)]
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
        kinds = Counter(problem.kind for problem in self.problems)
        found = problems_in_words(kinds, self.omitted)
        return f"{self.path}: {counted(self.records, 'intact record')}, {found}"

    def lines(self, shown: int) -> list[str]:
        """Returns the first problems as text, a line for each; of regions with what is lost."""
        lines = [str(problem) for problem in self.problems[:shown]]
        # Problems of the file come first, and each of them has a region.
        for place, region in enumerate(self.skipped[: len(lines)]):
            if region.end > region.begin:
                lines[place] += f"; bytes {region.begin} to {region.end} are lost"
        return lines

    def details(self, shown: int = _SHOWN) -> list[str]:
        """Returns the problems as text.

        Args:
            shown: How many of them at most.

        Returns:
            A line for each, and one more if there are more.
        """
        lines = self.lines(shown)
        if self.count > len(lines):
            lines.append(f"... and {self.count - len(lines):,} more")
        return lines

    def __str__(self) -> str:
        lines = [self.summary, *(f"  {line}" for line in self.details())]
        if self.written is not None:
            lines.append(f"  the intact records are in {self.written}")
        return "\n".join(lines)


def problems_in_words(kinds: Mapping[str, int], omitted: int = 0) -> str:
    """Returns what is wrong, by what it is: "2 damaged regions (5 records lost)", say.

    Args:
        kinds: How many problems there are of each kind.
        omitted: How many more there are of which nothing is known.
    """
    known = sum(kinds.values())
    others = sum(kinds.get(kind, 0) for kind in _WORDS)
    lost = kinds.get(LOST, 0)
    parts = []
    if regions := known - others - lost:
        parts.append(counted(regions, "damaged region"))
        if lost:
            parts[0] += f" ({counted(lost, 'record')} lost)"
    parts += [counted(kinds[kind], *words) for kind, words in _WORDS.items() if kinds.get(kind, 0)]
    if omitted:
        parts.append(counted(omitted, "more problem") if parts else counted(omitted, "problem"))
    return ", ".join(parts) or "no problem"
