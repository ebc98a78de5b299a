"""Paths that lead nowhere, to the wrong thing, or to what is not permitted; files that change."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import (
    ClosedError,
    MXNetError,
    StorageError,
    StorageIsADirectoryError,
    StorageNotFoundError,
)
from reference import write_files

RECORDS = [b"record_%d" % number for number in range(5)]

Anything: TypeAlias = Any  # a value of the wrong type, too
Way = Callable[[Path], object]

READERS: dict[str, Way] = {
    "MXRecordIO": lambda path: MXRecordIO(path, "r"),
    "MXIndexedRecordIO": lambda path: MXIndexedRecordIO(path.with_suffix(".idx"), path, "r"),
    "Reader": Reader,
}
INDEXED_WRITERS: dict[str, Way] = {
    "MXIndexedRecordIO": lambda path: MXIndexedRecordIO(path.with_suffix(".idx"), path, "w"),
    "Writer": Writer,
}

WRITERS: dict[str, Way] = {"MXRecordIO": lambda path: MXRecordIO(path, "w"), **INDEXED_WRITERS}

each_reader = pytest.mark.parametrize("way", READERS.values(), ids=READERS)
each_indexed_writer = pytest.mark.parametrize("way", INDEXED_WRITERS.values(), ids=INDEXED_WRITERS)
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


@pytest.mark.parametrize("flag", ["r", "w"])
def test_a_path_that_no_file_can_have(flag: str) -> None:
    with pytest.raises(StorageError) as caught:
        MXRecordIO("", flag)
    check_error(caught.value, path="")
    with pytest.raises(ValueError, match="null character"):
        MXRecordIO("a\0b", flag)


@pytest.mark.skipif(sys.platform != "linux", reason="needs paths that are any bytes")
@each_reader
def test_an_error_names_a_path_that_is_no_text_as_python_does(tmp_path: Path, way: Way) -> None:
    path = tmp_path / os.fsdecode(b"\xff.rec")
    path.write_bytes(b"rubbish!")
    path.with_suffix(".idx").write_text("0\t0\n1\t100\n")
    reader: Anything = way(path)
    with pytest.raises(MXNetError) as caught:
        reader[0] if isinstance(reader, Reader) else reader.read()
    check_error(caught.value, path=str(path))
    reader.close()
    with pytest.raises(ClosedError) as closed:
        reader[0] if isinstance(reader, Reader) else reader.read()
    check_error(closed.value, path=str(path))


@pytest.mark.parametrize("uri", ["s3://bucket/a.rec", "hdfs://host/a.rec", "http://host/a.rec"])
@pytest.mark.parametrize("flag", ["r", "w"])
def test_a_uri_of_another_scheme(uri: str, flag: str) -> None:
    with pytest.raises(StorageError, match="only local files") as caught:
        MXRecordIO(uri, flag)
    check_error(caught.value, path=uri)


@each_indexed_writer
def test_both_paths_one_file(rec: Path, way: Way) -> None:
    path = rec.with_suffix(".idx")  # its index is itself
    path.write_bytes(b"precious")
    with pytest.raises(ValueError, match="one file"):
        way(path)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@each_indexed_writer
def test_both_paths_one_file_by_a_link(rec: Path, idx: Path, way: Way, link: str) -> None:
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
