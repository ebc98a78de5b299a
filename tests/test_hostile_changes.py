"""Files that somebody cuts, empties, extends or replaces while they are open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from errors import check_error
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader
from recordio_rs.exceptions import (
    IndexMismatchError,
    StorageNotFoundError,
    TruncatedRecordError,
)
from reference import encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"record_%d" % number for number in range(5)]


def test_the_file_truncated_while_open(rec: Path, idx: Path) -> None:
    records = [bytes([65 + number]) * 400_000 for number in range(5)]
    offsets = write_files(rec, records, range(5))
    plain, keyed = MXRecordIO(rec, "r"), MXIndexedRecordIO(idx, rec, "r")
    native = Reader(rec)
    iterator = iter(native)
    assert plain.read() == keyed.read_idx(0) == next(iterator) == records[0]
    os.truncate(rec, offsets[3] + 300_000)
    assert [plain.read(), plain.read()] == [keyed.read_idx(1), keyed.read_idx(2)] == records[1:3]
    assert [next(iterator), next(iterator)] == [native[1], native[2]] == records[1:3]
    facts: dict[str, Anything] = {
        "path": str(rec),
        "offset": offsets[3],
        "expected": 400_000,
        "found": 299_992,
    }
    cut: list[Callable[[], object]] = [
        *(plain.read, lambda: keyed.read_idx(3), lambda: next(iterator)),
        *(lambda: native[3], lambda: native.get(3)),
    ]
    for use in cut:
        with pytest.raises(TruncatedRecordError) as caught:
            use()
        check_error(caught.value, **facts)
    gone: list[Callable[[], object]] = [lambda: keyed.read_idx(4), lambda: native[4]]
    for use in gone:
        with pytest.raises(IndexMismatchError) as behind:
            use()
        check_error(behind.value, offset=offsets[4], found=offsets[3] + 300_000)


def test_the_file_emptied_while_open(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, range(5))
    keyed, native = MXIndexedRecordIO(idx, rec, "r"), Reader(rec, index=False)
    assert len(native) == 5
    os.truncate(rec, 0)
    gone: list[Callable[[], object]] = [lambda: keyed.read_idx(0), lambda: native[0]]
    for use in gone:
        with pytest.raises(IndexMismatchError) as caught:
            use()
        check_error(caught.value, offset=0, found=0)
    assert keyed.read() is None


def test_the_file_grown_while_open(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, [b"old"], [0])
    plain, keyed = MXRecordIO(rec, "r"), MXIndexedRecordIO(idx, rec, "r")
    assert [plain.read(), plain.read(), keyed.read_idx(0)] == [b"old", None, b"old"]
    end = rec.stat().st_size
    with rec.open("ab") as file:
        file.write(encode(b"new"))
    with idx.open("a") as lines:
        lines.write(f"1\t{end}\n")
    assert [plain.read(), plain.read(), keyed.read()] == [b"new", None, b"new"]
    with pytest.raises(KeyError):
        keyed.read_idx(1)
    keyed.reset()
    assert [keyed.read_idx(1), keyed.read_idx(0)] == [b"new", b"old"]
    assert offsets == [0]


@pytest.mark.parametrize("length", [1, 8, 9, 13, 15])
def test_a_record_that_was_cut_is_read_once_the_rest_of_it_is_there(rec: Path, length: int) -> None:
    stored = encode(b"arrives")
    rec.write_bytes(encode(b"first") + stored[:length])
    reader = MXRecordIO(rec, "r")
    assert reader.read() == b"first"
    for _ in range(2):
        with pytest.raises(TruncatedRecordError):
            reader.read()
    with rec.open("ab") as file:
        file.write(stored[length:] + encode(b"last"))
    assert list(reader) == [b"arrives", b"last"]


def test_a_file_that_was_replaced_is_read_to_its_end(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, range(5))
    keyed, native = MXIndexedRecordIO(idx, rec, "r"), Reader(rec)
    other = rec.with_name("other.rec")
    write_files(other, [b"another"] * 5)
    try:
        other.replace(rec)
    except PermissionError:
        pytest.skip("this system does not replace open files")
    assert [keyed.read_idx(number) for number in range(5)] == RECORDS == list(native)
    keyed.reset()
    assert keyed.read() == b"another"


@pytest.mark.parametrize("name", ["a.idx", "a.rec"])
def test_a_file_that_is_gone_is_missed_when_it_is_opened_again(
    rec: Path, idx: Path, name: str
) -> None:
    write_files(rec, RECORDS, range(5))
    reader = MXIndexedRecordIO(idx, rec, "r")
    reader.close()
    rec.with_name(name).unlink()
    for use in (reader.reset, lambda: reader.read_idx(0)):
        with pytest.raises(StorageNotFoundError) as caught:
            use()
        check_error(caught.value, path=str(rec.with_name(name)))
        assert not reader.is_open
