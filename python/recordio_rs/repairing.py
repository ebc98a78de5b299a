"""All that is intact of a damaged file, in a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from recordio_rs._listed import ListedIndex, unbounded_integer
from recordio_rs._paths import (
    BytesPath,
    StrPath,
    are_one,
    index_path_beside,
    local_path,
    paths_on_the_way,
)
from recordio_rs._progress import Progress, Stages
from recordio_rs._recordio_rs import FileReader, FileWriter, RecordIndex, format_entry
from recordio_rs.exceptions import SameFileError
from recordio_rs.reports import Report
from recordio_rs.verification import MAX_PROBLEMS, Salvaged

__all__ = ["repair"]

Offsets = npt.NDArray[np.uint64]


def repair(
    src: StrPath | BytesPath,
    dst: StrPath | BytesPath,
    *,
    index: StrPath | BytesPath | Literal[False] | None = None,
    progress: Progress | None = None,
    max_problems: int = MAX_PROBLEMS,
) -> Report:
    """Writes all that is intact of a file to a new one, with a new index beside that.

    What is there under the name of `dst` is replaced when all is written and on the disk, and else
    stays as it is. `src` is never changed.

    Args:
        src: The `.rec` file, damaged or not.
        dst: The new `.rec` file; its index goes beside it.
        index: The `.idx` file of `src`; `None` takes the one beside it if there is one, and `False`
            never looks for it. Its keys are kept, in its order. Records that it does not list get
            integers that are no keys yet: from the number of records on, or behind the largest key.
            Without an index the keys are the ordinals in the new file.
        progress: Called some times a second with how many bytes are done and how many there are;
            they count twice, for they are read twice.
        max_problems: How many problems the report has at most; the others are only counted.

    Returns:
        What was wrong with `src`, as `verify` reports it: `skipped` has the bytes that were left
        out, `lost_keys` the keys of which no record is left.

    Raises:
        SameFileError: `dst` or its index is `src` or its index, or the file that ends in `.partial`
            and is to take its place is.
        StorageError: A file cannot be read or written.

    Examples:
        >>> with Writer("numbers.rec") as writer:
        ...     offsets = [writer.write(b"%d" % number) for number in range(10)]
        >>> with open("numbers.rec", "r+b") as file:
        ...     _ = file.seek(offsets[7]), file.write(b"????")
        >>> report = repair("numbers.rec", "repaired.rec")
        >>> report.records, report.lost_keys
        (9, (7,))
        >>> with Reader("repaired.rec") as reader:
        ...     len(reader), reader.get(8)
        (9, b'8')
    """
    src, dst = local_path(src), local_path(dst)
    with Salvaged(src, index, max_problems) as salvaged:
        _check_apart((src, salvaged.index_path), (dst, index_path_beside(dst)))
        stages = Stages(progress, salvaged.size, 2)
        salvaged.run(stages)
        records = salvaged.native.records()
        writer = FileWriter(dst, index_path_beside(dst), atomic=True)
        try:
            new_offsets = np.empty(len(records), np.uint64)
            for ordinal, record in enumerate(_all(salvaged.file, records)):
                new_offsets[ordinal] = writer.write(record)
                stages.tell(records.offset(ordinal) or 0)
            for key, offset in _entries(salvaged.listed, records, new_offsets):
                writer.write_index_text(format_entry(key, offset))
            stages.end_stage()
        except BaseException:
            writer.discard()
            raise
        finally:
            writer.close()
        return salvaged.report(*salvaged.problems(), written=dst)


def _all(file: FileReader, records: RecordIndex) -> Iterator[bytes]:
    return file.records(records, (0, 1, len(records)))


def _entries(
    listed: ListedIndex | None, records: RecordIndex, new_offsets: Offsets
) -> Iterator[tuple[str, int]]:
    """Gives key and offset of each entry of the new index."""
    old_offsets = _offsets(records)
    is_listed, next_key = np.zeros(len(records), np.bool_), len(records)
    if listed is not None:
        wanted = _offsets(listed.native)
        places = np.searchsorted(old_offsets, wanted)
        for entry, place in enumerate(places.tolist()):
            key = listed.native.key(entry)
            if (number := unbounded_integer(key)) is not None:
                next_key = max(next_key, number + 1)
            if place < len(records) and old_offsets[place] == wanted[entry]:
                is_listed[place] = True
                yield str(key), int(new_offsets[place])
    for place in np.flatnonzero(~is_listed).tolist():
        key = place if listed is None else next_key
        next_key += 1
        yield str(key), int(new_offsets[place])


def _offsets(index: RecordIndex) -> Offsets:
    return np.frombuffer(index.offsets(), np.uint64)


def _check_apart(old: tuple[str, str | None], new: tuple[str, str]) -> None:
    """Checks that nothing is written over what is read."""
    for target in new:
        for written in paths_on_the_way(target):
            for source in old:
                if source is not None and are_one(source, written):
                    raise SameFileError("a file cannot be repaired into itself", target)
