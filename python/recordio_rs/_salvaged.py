"""The index of what is intact in a damaged file."""

from __future__ import annotations

import sys

from recordio_rs._index import KeyedIndex
from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import FileReader
from recordio_rs.rescue import Teller


def salvaged(
    file: FileReader,
    listed: KeyedIndex | None,
    teller: Teller,
    progress: Progress | None = None,
) -> KeyedIndex:
    """Returns the index of what is intact, having told of what is not.

    Args:
        file: The open file.
        listed: Its index, if there is one: then what of that points to intact records is returned.
        teller: Tells each region, each other entry that points wrong, and once that the index lacks
            records.
        progress: Called while the file is gone through.

    Raises:
        StorageError: The file cannot be read.
    """
    native = None if listed is None else listed.native
    salvage = file.salvage(native, sys.maxsize, progress)
    for place in range(salvage.skipped_count):
        ((begin, end, kind, reason, _, _),) = salvage.skipped(place, place + 1)
        teller(begin, end, kind, reason)
    if listed is None:
        teller.scans += 1
        return KeyedIndex(salvage.records())
    wrong, _ = salvage.wrong_entries(sys.maxsize)
    for ordinal in wrong:
        offset = listed.native.offset(ordinal)
        if offset is not None and not salvage.is_skipped(offset):
            reason = f"the entry of key {listed.key(ordinal)!r} points to where no record begins"
            teller(offset, offset, "entry-points-wrong", reason)
    unlisted, count = salvage.unlisted_records(1)
    for ordinal in unlisted:
        offset = salvage.records().offset(ordinal) or 0
        reason = f"intact records that the index has no entries for: {count}, from here on"
        teller(offset, offset, "record-not-listed", reason)
    teller.scans += 1
    return listed.without(wrong, salvage.entries())
