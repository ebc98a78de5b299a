"""Whether a file is what it should be, and its index, and what is in its records."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from typing import Literal

from recordio_rs._closing import Closing
from recordio_rs._index import KeyType
from recordio_rs._listed import ListedIndex
from recordio_rs._paths import BytesPath, StrPath, find_index, local_path
from recordio_rs._progress import Progress, Stages
from recordio_rs._recordio_rs import FileReader, Salvage
from recordio_rs.image_check import check_records
from recordio_rs.reports import LOST, Problem, Report
from recordio_rs.rescue import SkippedRegion

__all__ = ["verify"]

MAX_PROBLEMS = 100_000


def verify(
    path: StrPath | BytesPath,
    index: StrPath | BytesPath | Literal[False] | None = None,
    *,
    deep: bool = False,
    key_type: KeyType | None = None,
    progress: Progress | None = None,
    max_problems: int = MAX_PROBLEMS,
) -> Report:
    """Reads a whole file, and tells all that is wrong with it and its index.

    The file is judged as docs/format.md says for lenient readers: so a length that leads across
    other records is found, which reading in sequence passes over. The format has no checksum; what
    nobody can see, this does not see either.

    Args:
        path: The `.rec` file.
        index: The `.idx` file; `None` takes the one beside the file if there is one, and `False`
            never looks for it.
        deep: Whether the records are image records, whose labels and images are to be checked:
            that labels are whole, that images decode, and that JPEGs have their end and PNGs the
            right checksums. Other changes of a JPEG's data are found as far as libjpeg notices
            them, three in four of 64 bytes, and only where simplejpeg is installed. Needs OpenCV,
            which may print what it thinks of an image. `repair` keeps such records.
        key_type: Makes a key from its text in the index, as for `Reader`; what it refuses is a
            problem. `None` takes any text for a key.
        progress: Called some times a second with how many bytes are done and how many there are;
            with `deep` they count twice.
        max_problems: How many problems the report has at most; the others are only counted.

    Returns:
        The report; its `ok` says whether all is well.

    Raises:
        StorageError: A file cannot be read.
        MissingOpenCVError: `deep` needs OpenCV, which is not there.

    Examples:
        >>> with Writer("numbers.rec") as writer:
        ...     offsets = [writer.write(b"%d" % number) for number in range(10)]
        >>> verify("numbers.rec").ok
        True
        >>> with open("numbers.rec", "r+b") as file:
        ...     _ = file.seek(offsets[7]), file.write(b"????")
        >>> report = verify("numbers.rec")
        >>> print(report.summary)
        numbers.rec: 9 intact records, 1 damaged region (1 record lost)
        >>> print(report.problems[0])
        bad-magic: bad magic (expected 0xced7230a, found 0x3f3f3f3f) [byte 84, record 7]
        >>> print(report.problems[1])
        record-lost: the record of this entry is damaged [byte 84, entry 7, key 7]
        >>> report.skipped[0].begin, report.skipped[0].end, report.lost_keys
        (84, 96, (7,))
    """
    with Salvaged(local_path(path), index, max_problems) as salvaged:
        if key_type is not None and salvaged.listed is not None:
            salvaged.listed.check_keys(key_type, salvaged.max_problems)
        stages = Stages(progress, salvaged.size, 2 if deep else 1)
        salvaged.run(stages)
        problems, omitted = salvaged.problems()
        if deep:
            room = salvaged.max_problems - len(problems)
            records = salvaged.native.records()
            found, more = check_records(salvaged.file, records, salvaged.key_at, room, stages)
            problems, omitted = problems + found, omitted + more
        return salvaged.report(problems, omitted)


class Salvaged(Closing):
    """A file, its index, and what of them is intact.

    Args:
        path: The `.rec` file.
        index: As for `verify`.
        max_problems: How many problems are kept.

    Attributes:
        path: The `.rec` file.
        index_path: The `.idx` file, or `None`.
        file: The open file; it ends at a multiple of four whether its last padding is there or not.
        size: Its size in bytes.
        listed: The index, or `None`.
        max_problems: As given, but no more than the native module can count.
        native: What is intact, once `run` has returned.

    Raises:
        StorageError: A file cannot be read.
    """

    native: Salvage

    def __init__(
        self,
        path: str,
        index: StrPath | BytesPath | Literal[False] | None,
        max_problems: int,
    ) -> None:
        if max_problems < 0:
            raise ValueError(f"max_problems must be at least 0, not {max_problems}")
        self.path = path
        self.index_path = find_index(path, index)
        self.max_problems = min(max_problems, sys.maxsize)
        self.file = FileReader(path, lenient=True)
        try:
            self.size = self.file.size
            self.listed: ListedIndex | None = None
            if self.index_path is not None:
                self.listed = ListedIndex(self.index_path, self.max_problems)
        except BaseException:
            self.file.close()
            raise

    def run(self, stages: Stages) -> None:
        """Goes through the file, which is one of the stages."""
        index = None if self.listed is None else self.listed.native
        self.native = self.file.salvage(index, sys.maxsize, stages.native)
        stages.end_stage()

    def close(self) -> None:
        """Closes the file."""
        self.file.close()

    def key_at(self, offset: int) -> Hashable | None:
        """Returns the key of the record at an offset, if the index has one."""
        return None if self.listed is None else self.listed.key_at(offset)

    def skipped(self) -> list[SkippedRegion]:
        """Returns the regions that are no intact records."""
        return [
            SkippedRegion(begin, end, reason, kind)
            for begin, end, kind, reason, _, _ in self.native.skipped(0, self.max_problems)
        ]

    def problems(self) -> tuple[list[Problem], int]:
        """Returns what is wrong with file and index, and how many problems more there are."""
        problems = [
            Problem(kind, reason, offset, ordinal)
            for _, _, kind, reason, offset, ordinal in self.native.skipped(0, self.max_problems)
        ]
        count = self.native.skipped_count
        if self.listed is not None:
            wrong, wrong_count = self.native.wrong_entries(self.max_problems)
            unlisted, unlisted_count = self.native.unlisted_records(self.max_problems)
            problems += self.listed.problems
            problems += [self._entry_problem(ordinal) for ordinal in wrong]
            problems += self._unlisted_problems(unlisted)
            count += len(self.listed.problems) + self.listed.omitted + wrong_count + unlisted_count
        kept = problems[: self.max_problems]
        return kept, count - len(kept)

    def _entry_problem(self, ordinal: int) -> Problem:
        assert self.listed is not None
        offset, key = self.listed.offset(ordinal), self.listed.key(ordinal)
        if self.native.is_skipped(offset):
            kind, reason = LOST, "the record of this entry is damaged"
        elif offset >= self.size:
            kind = "entry-points-wrong"
            reason = f"the entry points behind the end of the file, which has {self.size} bytes"
        else:
            kind, reason = "entry-points-wrong", "the entry points to where no record begins"
        return Problem(kind, reason, offset, ordinal, key)

    def _unlisted_problems(self, ordinals: list[int]) -> list[Problem]:
        records = self.native.records()
        reason = "the index has no entry for this record"
        return [
            Problem("record-not-listed", reason, records.offset(ordinal), ordinal)
            for ordinal in ordinals
        ]

    def _lost_keys(self) -> tuple[Hashable, ...]:
        listed = self.listed
        if listed is None:
            return ()
        wrong, _ = self.native.wrong_entries(sys.maxsize)
        lost = (ordinal for ordinal in wrong if self.native.is_skipped(listed.offset(ordinal)))
        return tuple(listed.key(ordinal) for ordinal in lost)

    def report(self, problems: list[Problem], omitted: int, written: str | None = None) -> Report:
        """Returns the report; `written` is the new file of a repair."""
        return Report(
            path=self.path,
            index_path=self.index_path,
            size=self.size,
            records=len(self.native),
            problems=tuple(problems),
            skipped=tuple(self.skipped()),
            omitted=omitted,
            lost_keys=self._lost_keys(),
            written=written,
        )
