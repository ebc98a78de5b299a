"""Indexes that do not belong to their file, or are not there at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, Reader
from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexFormatError,
    IndexMismatchError,
    MXNetError,
    TruncatedRecordError,
)
from reference import write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"record_%d" % number for number in range(3)]


@pytest.mark.parametrize("offset", [48, 49, 1000, 2**31, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
def test_an_offset_outside_the_file(rec: Path, idx: Path, offset: int) -> None:
    write_files(rec, RECORDS)
    idx.write_text(f"0\t0\n1\t{offset}\n")
    reader = MXIndexedRecordIO(idx, rec, "r")
    for _ in range(2):
        with pytest.raises(IndexMismatchError) as caught:
            reader.read_idx(1)
        check_error(caught.value, path=str(rec), offset=offset, key=1, found=48)
        assert reader.read_idx(0) == b"record_0"
    assert reader.idx == {0: 0, 1: offset}
    with pytest.raises(IndexMismatchError) as caught:
        reader.read_idx(1)
    check_error(caught.value, path=str(rec), offset=offset, key=1, found=48)


@pytest.mark.parametrize("offset", [48, 1000, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_seek_outside_the_file_is_followed_by_no_record(
    rec: Path, idx: Path, offset: int
) -> None:
    write_files(rec, RECORDS)
    idx.write_text(f"0\t0\n1\t{offset}\n")
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.read() == b"record_0"
    try:
        reader.seek(1)
        found = reader.read()
    except IndexMismatchError:
        found = None
    assert found is None


@pytest.mark.parametrize("offset", [-1, -(2**70), 2**64, None, "16", 1.5], ids=repr)
def test_an_offset_that_a_user_has_put_into_idx_and_no_file_has(
    rec: Path, idx: Path, offset: Anything
) -> None:
    write_files(rec, RECORDS, range(3))
    reader = MXIndexedRecordIO(idx, rec, "r")
    reader.idx["mine"] = offset
    for use in (reader.read_idx, reader.seek):
        with pytest.raises(IndexMismatchError) as caught:
            use("mine")
        check_error(caught.value, path=str(rec), key="mine")
    assert reader.read_idx(2) == b"record_2"


class Sub(MXIndexedRecordIO):
    """A subclass whose `read` does what it always did."""

    def read(self) -> bytes | None:
        """Reads as ever."""
        return super().read()


def test_an_offset_outside_the_file_in_a_subclass_with_a_read_of_its_own(
    rec: Path, idx: Path
) -> None:
    write_files(rec, RECORDS)
    idx.write_text("0\t0\n1\t1000\n")
    reader = Sub(idx, rec, "r")
    assert reader.read_idx(0) == b"record_0"
    with pytest.raises(IndexMismatchError):
        reader.read_idx(1)


@pytest.mark.parametrize("offset", [1, 3, 4, 8, 12, 15, 17])
def test_an_offset_inside_a_record(rec: Path, idx: Path, offset: int) -> None:
    write_files(rec, RECORDS)
    idx.write_text(f"0\t0\n1\t{offset}\n")
    reader = MXIndexedRecordIO(idx, rec, "r")
    with pytest.raises(CorruptRecordError) as caught:
        reader.read_idx(1)
    check_error(caught.value, path=str(rec), offset=offset, key=1, expected=0xCED7230A)
    assert reader.read_idx(0) == b"record_0"


@pytest.mark.parametrize("offset", [41, 44, 47])
def test_an_offset_in_the_last_bytes_of_the_file(rec: Path, idx: Path, offset: int) -> None:
    write_files(rec, RECORDS)
    idx.write_text(f"0\t{offset}\n")
    reader = MXIndexedRecordIO(idx, rec, "r")
    with pytest.raises(TruncatedRecordError) as caught:
        reader.read_idx(0)
    check_error(caught.value, offset=offset, key=0, expected=8, found=48 - offset)


def test_a_missing_index(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    with pytest.raises(FileNotFoundError) as caught:
        MXIndexedRecordIO(idx, rec, "r")
    check_error(caught.value, path=str(idx), filename=str(idx))


def test_a_missing_file_of_records_is_told_before_a_missing_index(rec: Path, idx: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        MXIndexedRecordIO(idx, rec, "r")
    check_error(caught.value, path=str(rec), filename=str(rec))


def test_an_index_that_is_a_directory(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    idx.mkdir()
    for way in (lambda: MXIndexedRecordIO(idx, rec, "r"), lambda: Reader(rec)):
        with pytest.raises(IsADirectoryError) as caught:
            way()
        check_error(caught.value, path=str(idx))


def test_an_index_of_another_file(rec: Path, idx: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "other.rec", [b"short"] * 9)
    write_files(rec, [b"a longer record"] * 2)
    idx.write_text("".join(f"{key}\t{16 * key}\n" for key in range(9)))
    reader = MXIndexedRecordIO(idx, rec, "r")
    wrong = []
    for key in reader.keys:
        try:
            assert reader.read_idx(key) == b"a longer record"
        except MXNetError as error:
            wrong.append((key, type(error)))
    corrupt, behind = CorruptRecordError, IndexMismatchError
    assert wrong == [(1, corrupt), (2, corrupt), *((key, behind) for key in range(3, 9))]


def test_arguments_in_the_wrong_order_are_told_by_the_names_of_the_files(
    rec: Path, idx: Path
) -> None:
    write_files(rec, RECORDS, range(3))
    with pytest.raises(IndexFormatError) as caught:
        MXIndexedRecordIO(rec, idx, "r")
    check_error(caught.value, path=str(rec), ordinal=0)
    with pytest.raises(IndexFormatError) as caught:
        Reader(idx, rec)
    check_error(caught.value, path=str(rec), ordinal=0)
    with pytest.raises(CorruptRecordError) as mistaken:
        Reader(idx)[0]
    check_error(mistaken.value, path=str(idx), offset=0)


@pytest.mark.parametrize("way", ["MXIndexedRecordIO('a.idx', 'a.rec', 'r')", "Reader('a.rec')"])
def test_an_index_that_is_refused_leaves_no_file_open(rec: Path, idx: Path, way: str) -> None:
    pytest.importorskip("resource")
    rec.touch()
    idx.write_text("no index")
    run_python(
        f"""
        import resource
        from recordio_rs import MXIndexedRecordIO, Reader
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        errors = []
        for _ in range(100):
            try:
                {way}
            except ValueError as error:
                errors.append(error)
        assert len(errors) == 100
        """,
        cwd=rec.parent,
    )
