"""Paths that lead nowhere, to the wrong thing, or to what is not permitted; files that change."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import (
    IndexMismatchError,
    MXNetError,
    StorageError,
    StorageIsADirectoryError,
    StorageNotFoundError,
    TruncatedRecordError,
)
from reference import encode, write_files

RECORDS = [b"record_%d" % number for number in range(5)]

Way = Callable[[Path], object]

READERS: dict[str, Way] = {
    "MXRecordIO": lambda path: MXRecordIO(path, "r"),
    "MXIndexedRecordIO": lambda path: MXIndexedRecordIO(path.with_suffix(".idx"), path, "r"),
    "Reader": Reader,
}
WRITERS: dict[str, Way] = {
    "MXRecordIO": lambda path: MXRecordIO(path, "w"),
    "MXIndexedRecordIO": lambda path: MXIndexedRecordIO(path.with_suffix(".idx"), path, "w"),
    "Writer": Writer,
}

each_reader = pytest.mark.parametrize("way", READERS.values(), ids=READERS)
each_writer = pytest.mark.parametrize("way", WRITERS.values(), ids=WRITERS)
each_way = pytest.mark.parametrize(
    "way", [*READERS.values(), *WRITERS.values()], ids=[*READERS, *(f"{way}-w" for way in WRITERS)]
)


@each_reader
def test_a_missing_file(tmp_path: Path, way: Way) -> None:
    path = tmp_path / "missing.rec"
    for kind in (StorageNotFoundError, FileNotFoundError, MXNetError, RuntimeError, OSError):
        with pytest.raises(kind) as caught:
            way(path)
        check_error(caught.value, path=str(path), filename=str(path), errno=errno.ENOENT)
    assert not path.exists()


@each_way
def test_a_missing_directory(tmp_path: Path, way: Way) -> None:
    path = tmp_path / "missing" / "a.rec"
    with pytest.raises(StorageNotFoundError) as caught:
        way(path)
    check_error(caught.value, path=str(path), errno=errno.ENOENT)
    assert not path.parent.exists()


@each_way
def test_a_directory(tmp_path: Path, way: Way) -> None:
    with pytest.raises(StorageIsADirectoryError) as caught:
        way(tmp_path)
    check_error(caught.value, path=str(tmp_path), filename=str(tmp_path), errno=errno.EISDIR)
    assert isinstance(caught.value, IsADirectoryError)


@each_way
def test_a_file_where_a_directory_is_needed(rec: Path, way: Way) -> None:
    rec.touch()
    with pytest.raises(StorageError) as caught:
        way(rec / "a.rec")
    check_error(caught.value, path=str(rec / "a.rec"))


@pytest.mark.parametrize("path", ["", "a\0b"])
@pytest.mark.parametrize("flag", ["r", "w"])
def test_a_path_that_no_file_can_have(path: str, flag: str) -> None:
    with pytest.raises(StorageError) as caught:
        MXRecordIO(path, flag)
    check_error(caught.value, path=path)


@pytest.mark.parametrize("uri", ["s3://bucket/a.rec", "hdfs://host/a.rec", "http://host/a.rec"])
@pytest.mark.parametrize("flag", ["r", "w"])
def test_a_uri_of_another_scheme(uri: str, flag: str) -> None:
    with pytest.raises(StorageError, match="only local files") as caught:
        MXRecordIO(uri, flag)
    check_error(caught.value, path=uri)


@each_writer
def test_both_paths_one_file(rec: Path, way: Way) -> None:
    if way is WRITERS["MXRecordIO"]:
        pytest.skip("has one path")
    path = rec.with_suffix(".idx")  # its index is itself
    path.write_bytes(b"precious")
    with pytest.raises(ValueError, match="one file"):
        way(path)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@each_writer
def test_both_paths_one_file_by_a_link(rec: Path, idx: Path, way: Way, link: str) -> None:
    if way is WRITERS["MXRecordIO"]:
        pytest.skip("has one path")
    rec.write_bytes(b"precious")
    getattr(idx, link)(rec)
    with pytest.raises(ValueError, match="one file"):
        way(rec)
    assert rec.read_bytes() == b"precious"


AS_NOBODY = """
import errno, os, sys
import numpy
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import MXNetError, StoragePermissionError
def refused(path, make, *arguments):
    try:
        make(*arguments)
    except PermissionError as error:
        assert isinstance(error, StoragePermissionError), type(error)
        assert isinstance(error, MXNetError)
        assert (error.errno, error.filename, error.path) == (errno.EACCES, path, path), error
    else:
        raise AssertionError(f"{path} was permitted")
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of Unix")
def test_no_permission(rec: Path, idx: Path, tmp_path: Path) -> None:
    write_files(rec, RECORDS, range(5))
    kept = rec.read_bytes(), idx.read_bytes()
    (tmp_path / "secret.rec").write_bytes(rec.read_bytes())
    (tmp_path / "secret.idx").write_bytes(idx.read_bytes())
    for name, mode in [("a.rec", 0o444), ("a.idx", 0o444), ("secret.rec", 0), ("secret.idx", 0)]:
        (tmp_path / name).chmod(mode)
    tmp_path.chmod(0o555)
    try:
        run_python(
            AS_NOBODY
            + """
refused("secret.rec", MXRecordIO, "secret.rec", "r")
refused("secret.rec", Reader, "secret.rec")
refused("secret.idx", MXIndexedRecordIO, "secret.idx", "a.rec", "r")
refused("secret.idx", Reader, "a.rec", "secret.idx")
refused("a.rec", MXRecordIO, "a.rec", "w")
refused("a.rec", Writer, "a.rec")
refused("a.rec", MXIndexedRecordIO, "a.idx", "a.rec", "w")
refused("new.rec", MXRecordIO, "new.rec", "w")
refused("new.rec", Writer, "new.rec")
assert MXIndexedRecordIO("a.idx", "a.rec", "r").read_idx(3) == b"record_3"
""",
            cwd=tmp_path,
        )
    finally:
        tmp_path.chmod(0o755)
    assert (rec.read_bytes(), idx.read_bytes()) == kept
    assert not (tmp_path / "new.rec").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of Unix")
def test_an_index_that_may_not_be_written_leaves_the_records(
    rec: Path, idx: Path, tmp_path: Path
) -> None:
    write_files(rec, RECORDS, range(5))
    kept = rec.read_bytes()
    rec.chmod(0o666)
    idx.chmod(0o444)
    tmp_path.chmod(0o755)
    run_python(
        AS_NOBODY
        + 'refused("a.idx", MXIndexedRecordIO, "a.idx", "a.rec", "w")\n'
        + 'refused("a.idx", Writer, "a.rec")\n',
        cwd=tmp_path,
    )
    assert rec.read_bytes() == kept


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
    facts = {"path": str(rec), "offset": offsets[3], "expected": 400_000, "found": 299_992}
    cut: list[Callable[[], object]] = [
        *(plain.read, lambda: keyed.read_idx(3), lambda: next(iterator)),
        *(lambda: native[3], lambda: native.get(3)),
    ]
    for use in cut:
        with pytest.raises(TruncatedRecordError) as caught:
            use()
        check_error(caught.value, **facts)
    for use in (lambda: keyed.read_idx(4), lambda: native[4]):
        with pytest.raises(IndexMismatchError) as behind:
            use()
        check_error(behind.value, offset=offsets[4], found=offsets[3] + 300_000)


def test_the_file_emptied_while_open(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, range(5))
    keyed, native = MXIndexedRecordIO(idx, rec, "r"), Reader(rec, index=False)
    assert len(native) == 5
    os.truncate(rec, 0)
    for use in (lambda: keyed.read_idx(0), lambda: native[0]):
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
