"""A new index for a file."""

from __future__ import annotations

import itertools
import struct
from array import array
from collections.abc import Sequence
from typing import BinaryIO, Literal

import numpy as np

from recordio_rs._lock import locked
from recordio_rs._paths import BytesPath, StrPath, are_one, index_path_beside, local_path
from recordio_rs._progress import Progress, Stages
from recordio_rs._recordio_rs import FileReader, RecordIndex, format_entry
from recordio_rs._replacing import replacing
from recordio_rs._salvaged import salvaged
from recordio_rs.exceptions import ImageRecordError, InvalidKeyError, SameFileError
from recordio_rs.rescue import ErrorPolicy, Teller, teller_of

__all__ = ["rebuild_index"]

_HEADER = struct.Struct("<IfQQ")
_LINES = 10_000


def rebuild_index(
    path: StrPath | BytesPath,
    index: StrPath | BytesPath | None = None,
    *,
    keys: Literal["ordinal", "id"] = "ordinal",
    errors: ErrorPolicy = "strict",
    progress: Progress | None = None,
) -> int:
    """Makes the index of a file anew, and puts it in the place of the one that is there.

    Where the file is damaged and `errors` is "strict", or anything else fails, the old index stays
    as it is.

    Args:
        path: The `.rec` file.
        index: The `.idx` file; `None` for the one beside the file.
        keys: "ordinal" counts the records, as MXNet's `rec2idx` does; "id" takes the `id` of each
            image record's header, for which the records have to be read and not only their headers.
        errors: What becomes of damage, as for `Reader`; only intact records get an entry. Ordinals
            behind damage are other ones than before: `repair` keeps the keys of the old index.
        progress: Called some times a second with how many bytes are done and how many there are;
            they count once more if the records are read.

    Returns:
        The number of records.

    Raises:
        CorruptRecordError, TruncatedRecordError: The file is damaged, and `errors` is "strict".
        ImageRecordError: `keys` is "id" and a record has no header of an image record.
        InvalidKeyError: `keys` is "id" and two records have the same.
        SameFileError: Both files are one.
        LockedError: A writer has one of them.
        StorageError: A file cannot be read or written.
        ValueError: `keys` or `errors` is none of those there are.

    Examples:
        >>> with Writer("digits.rec", index=False) as writer:
        ...     offsets = [writer.write(pack((0, 1.0, 100 + digit, 0), b"")) for digit in range(3)]
        >>> rebuild_index("digits.rec", keys="id")
        3
        >>> with Reader("digits.rec") as reader:
        ...     list(reader.keys), reader.offsets.tolist()
        ([100, 101, 102], [0, 32, 64])
    """
    if keys not in ("ordinal", "id"):
        raise ValueError(f"keys must be 'ordinal' or 'id', not {keys!r}")
    path = local_path(path)
    index_path = index_path_beside(path) if index is None else local_path(index)
    if are_one(path, index_path):
        raise SameFileError("records and index cannot be one file", path)
    teller = teller_of(errors, path)
    with locked(path):
        file = FileReader(path, lenient=teller is not None)
        try:
            with replacing(index_path) as target:
                stages = Stages(progress, file.size, 2 if keys == "id" else 1)
                records = _records(file, teller, stages)
                made = _ids(file, path, records, stages) if keys == "id" else range(len(records))
                _write(target, made, records)
        finally:
            file.close()
    return len(records)


def _write(target: BinaryIO, keys: Sequence[int], records: RecordIndex) -> None:
    lines = list[str]()
    for ordinal, key in enumerate(keys):
        lines.append(format_entry(str(key), records.offset(ordinal) or 0))
        if len(lines) == _LINES:
            target.write("".join(lines).encode())
            lines.clear()
    target.write("".join(lines).encode())


def _records(file: FileReader, teller: Teller | None, stages: Stages) -> RecordIndex:
    if teller is None:
        records = file.scan(stages.native)
    else:
        records = salvaged(file, None, teller, stages.native).native
    stages.end_stage()
    return records


def _ids(file: FileReader, path: str, records: RecordIndex, stages: Stages) -> Sequence[int]:
    """Returns the id of each record, having made sure that none is there twice."""
    ids = array("Q")
    for ordinal, record in enumerate(file.records(records, (0, 1, len(records)))):
        offset = records.offset(ordinal) or 0
        if len(record) < _HEADER.size:
            message = f"not an image record (expected {_HEADER.size} bytes, found {len(record)})"
            raise ImageRecordError(message, path, offset, ordinal, None, _HEADER.size, len(record))
        ids.append(_HEADER.unpack_from(record)[2])
        stages.tell(offset)
    order: list[int] = np.argsort(np.asarray(ids), kind="stable").tolist()
    for earlier, later in itertools.pairwise(order):
        if (key := ids[earlier]) == ids[later]:
            message = f"records {earlier} and {later} have the same id, {key}"
            raise InvalidKeyError(message, path, records.offset(later), later, key)
    stages.end_stage()
    return ids
