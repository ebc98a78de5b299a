"""A file with damage in the middle, and what of it is intact."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recordio_rs import Reader, SkippedRegion
from recordio_rs.rescue import ErrorPolicy
from reference import MAGIC, write_files

RECORDS = [b"zero", b"", MAGIC * 2, b"three", b"four", b"zero", b"six"]
KEYS = [10, 20, 30, 40, 50, 60, 70]
HIT = 3
INTACT = RECORDS[:HIT] + RECORDS[HIT + 1 :]
INTACT_KEYS = KEYS[:HIT] + KEYS[HIT + 1 :]


def write_damaged(rec: Path, keys: Iterable[object] | None = None) -> list[int]:
    """Writes `RECORDS`, and the magic of one of them wrong; gives the offsets of all."""
    offsets = write_files(rec, RECORDS, keys)
    overwrite(rec, offsets[HIT], b"????")
    return offsets


def overwrite(path: Path, offset: int, data: bytes) -> None:
    """Writes over bytes of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def without_hit(values: list[int]) -> list[int]:
    """Gives values of all records without that of the damaged one."""
    return values[:HIT] + values[HIT + 1 :]


class Collector:
    """Takes the regions that it is called with; can be pickled, with what it has."""

    def __init__(self) -> None:
        self.regions: list[SkippedRegion] = []

    def __call__(self, region: SkippedRegion) -> None:
        """Takes a region."""
        self.regions.append(region)

    def taken(self) -> list[tuple[int, int, str]]:
        """Gives begin, end and kind of what was taken, and forgets it."""
        taken = [(region.begin, region.end, region.kind) for region in self.regions]
        self.regions.clear()
        return taken


def listed(rec: Path, index: bool, errors: ErrorPolicy = "skip") -> Reader:
    """Opens a file leniently, with or without the index beside it."""
    return Reader(rec, None if index else False, errors=errors)
