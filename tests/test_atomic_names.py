"""`Writer(atomic=True)` and `repair`: the names of files that take the places of others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from recordio_rs import Reader, Writer, repair
from recordio_rs.exceptions import (
    LockedError,
    SameFileError,
    StorageError,
    StorageExistsError,
)
from reference import write_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names and locks of other kinds")


def names(folder: Path) -> list[str]:
    """Gives what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_partial_file_that_is_there_loses_its_name_and_nothing_else(rec: Path) -> None:
    write_files(rec.with_name("b.rec"), [b"precious"])
    os.link(rec.with_name("b.rec"), rec.with_name("a.rec.partial"))
    with Writer(rec, False, atomic=True) as writer:
        writer.write(b"new")
    assert list(Reader(rec)) == [b"new"]
    assert list(Reader(rec.with_name("b.rec"))) == [b"precious"]
    rec.with_name("a.rec.partial").symlink_to("b.rec")
    with Writer(rec, False, atomic=True) as writer:
        writer.write(b"newer")
    assert not rec.is_symlink()
    assert list(Reader(rec.with_name("b.rec"))) == [b"precious"]
    assert names(rec.parent) == ["a.rec", "b.rec"]


@pytest.mark.parametrize("ending", [".rec", ".idx"])
def test_who_is_killed_between_two_names_of_a_file_is_in_nobodys_way(
    rec: Path, ending: str
) -> None:
    with Writer(rec, mode="x", atomic=True) as writer:
        writer.write(b"old")
    whole = rec.with_suffix(ending)
    os.link(whole, f"{whole}.partial")
    writer = Writer(rec, atomic=True)
    assert list(Reader(rec)) == [b"old"]
    writer.write(b"new")
    writer.close()
    assert list(Reader(rec)) == [b"new"]
    assert names(rec.parent) == ["a.idx", "a.rec"]


def test_a_partial_file_that_a_writer_has_is_left_to_it(rec: Path) -> None:
    with Writer(rec.with_name("a.rec.partial"), False) as other:
        other.write(b"its own")
        with pytest.raises(LockedError) as caught:
            Writer(rec, False, atomic=True)
        assert caught.value.path == str(rec)
    assert list(Reader(rec.with_name("a.rec.partial"))) == [b"its own"]


def test_what_is_no_file_is_not_removed(rec: Path) -> None:
    for make in (os.mkfifo, os.mkdir):
        partial = rec.with_name("a.rec.partial")
        make(partial)
        with pytest.raises(StorageError):
            Writer(rec, False, atomic=True)
        assert names(rec.parent) == ["a.rec.partial"]
        os.rename(partial, rec.parent.parent / f"{make.__name__} of {rec.parent.name}")


@pytest.mark.parametrize(
    ("src", "index"),
    [("c.rec.partial", None), ("c.idx.partial", None), ("d.rec", "c.rec.partial"),
     ("d.rec", "c.idx.partial"), ("d.rec", "c.idx"), ("c.rec", None)],
)  # fmt: skip
def test_a_file_is_not_repaired_into_what_is_written_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, src: str, index: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(Path(src), [b"x", b"y"])
    if index is not None:
        Path(index).write_text("0\t0\n1\t12\n")
    before = {name: Path(name).read_bytes() for name in names(tmp_path)}
    with pytest.raises(SameFileError):
        repair(src, "c.rec", index=index)
    assert {name: Path(name).read_bytes() for name in names(tmp_path)} == before


def test_a_link_that_leads_to_nothing_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.rec").symlink_to("folder/b.rec")
    (tmp_path / "a.idx").symlink_to("a.index")
    (tmp_path / "a.index").symlink_to(tmp_path / "folder" / "b.idx")
    with pytest.raises(StorageExistsError):
        Writer(tmp_path / "a.rec", mode="x", atomic=True)
    with Writer(tmp_path / "a.rec", atomic=True) as writer:
        writer.write(b"x")
        assert names(tmp_path / "folder") == ["b.idx.partial", "b.rec.partial"]
    assert all((tmp_path / name).is_symlink() for name in ("a.rec", "a.idx", "a.index"))
    assert names(tmp_path / "folder") == ["b.idx", "b.rec"]
    assert list(Reader(tmp_path / "a.rec")) == [b"x"]


def test_links_that_lead_nowhere_are_refused(rec: Path) -> None:
    rec.symlink_to(rec)
    with pytest.raises(StorageError):
        Writer(rec, False, atomic=True)
    assert names(rec.parent) == ["a.rec"]


@pytest.mark.parametrize("atomic", [False, True])
def test_records_and_index_that_are_one_file_by_two_names_are_refused(
    rec: Path, idx: Path, atomic: bool
) -> None:
    write_files(rec, [b"old"])
    os.link(rec, idx)
    with pytest.raises(SameFileError):
        Writer(rec, atomic=atomic)
    assert list(Reader(rec, index=False)) == [b"old"]
    assert names(rec.parent) == ["a.idx", "a.rec"]


@pytest.mark.parametrize(("path", "index"), [("q", "q.partial"), ("q.partial", "q")])
def test_a_partial_file_is_no_place_for_the_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, index: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SameFileError):
        Writer(path, index, atomic=True)
    assert names(tmp_path) == []


def test_errors_name_the_path_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(Path("b.rec"), [b"x"])
    for write in (
        lambda path: Writer(path, False, atomic=True),
        lambda path: repair("b.rec", path),
    ):
        for path in ("missing/a.rec", "x" * 250 + ".rec"):
            with pytest.raises(StorageError) as caught:
                write(path)
            assert caught.value.path == path
    writer = Writer("a.rec", False, atomic=True)
    os.mkdir("a.rec")
    with pytest.raises(StorageError) as caught:
        writer.close()
    assert caught.value.path == "a.rec"
    with Writer("c.rec", False), pytest.raises(LockedError) as caught:
        Writer("c.rec", False, atomic=True)
    assert caught.value.path == "c.rec"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root")
def test_who_owned_the_file_owns_the_new_one(rec: Path, idx: Path) -> None:
    write_files(rec, [b"old"], [0])
    for path in (rec, idx):
        path.chmod(0o4750)
        os.chown(path, 65534, 65533)
        path.chmod(0o4750)
    with Writer(rec, atomic=True) as writer:
        writer.write(b"new")
    for path in (rec, idx):
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (65534, 65533, 0o4750)
