"""`Writer(atomic=True)`: files that are there as a whole, or not at all."""

from __future__ import annotations

import gc
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from isolated import run_python
from recordio_rs import Reader, Writer
from recordio_rs.exceptions import (
    LockedError,
    SameFileError,
    StorageError,
    StorageExistsError,
    StorageIsADirectoryError,
)
from reference import decode

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="files are locked and moved otherwise")


def names(folder: Path) -> list[str]:
    """Gives what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


@pytest.fixture
def old(rec: Path) -> Path:
    """A file with an index that are to be replaced."""
    with Writer(rec) as writer:
        writer.write(b"old", "key")
    return rec


def check_old(rec: Path) -> None:
    """Asserts that the old files are there, and nothing else."""
    assert payloads(rec) == [b"old"]
    assert rec.with_suffix(".idx").read_text() == "key\t0\n"
    assert names(rec.parent) == ["a.idx", "a.rec"]


def test_files_take_their_places_when_the_writer_is_closed(old: Path, idx: Path) -> None:
    with Writer(old, atomic=True) as writer:
        assert (writer.path, writer.index_path) == (str(old), str(idx))
        writer.write(b"new")
        writer.flush(sync=True)
        assert payloads(old) == [b"old"]
        assert idx.read_text() == "key\t0\n"
        assert names(old.parent) == ["a.idx", "a.idx.partial", "a.rec", "a.rec.partial"]
    assert payloads(old) == [b"new"]
    assert idx.read_text() == "0\t0\n"
    assert names(old.parent) == ["a.idx", "a.rec"]


def test_new_files_are_there_only_when_they_are_whole(rec: Path) -> None:
    with Writer(rec, atomic=True) as writer:
        writer.write(b"new")
        assert names(rec.parent) == ["a.idx.partial", "a.rec.partial"]
    assert payloads(rec) == [b"new"]
    assert names(rec.parent) == ["a.idx", "a.rec"]


def raise_behind(writer: Writer, error: type[BaseException]) -> None:
    """Raises an error after much was written."""
    writer.write(b"new" * 1_000_000)
    raise error


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_a_block_that_raises_leaves_the_old_files(old: Path, error: type[BaseException]) -> None:
    writer = Writer(old, atomic=True)
    with pytest.raises(error), writer:
        raise_behind(writer, error)
    assert writer.closed
    check_old(old)


def test_a_writer_that_nobody_closes_leaves_the_old_files(old: Path) -> None:
    writer = Writer(old, atomic=True)
    writer.write(b"new")
    del writer
    gc.collect()
    check_old(old)


def test_the_interpreter_that_ends_leaves_the_old_files(old: Path) -> None:
    run_python(
        """
        import sys
        from recordio_rs import Writer
        writer = Writer(sys.argv[1], atomic=True)
        writer.write(b"new")
        """,
        old,
    )
    check_old(old)


@on_unix
def test_what_a_killed_writer_leaves_is_in_nobodys_way(old: Path) -> None:
    code = """
import os, signal, sys
from recordio_rs import Writer
writer = Writer(sys.argv[1], atomic=True)
writer.write(b"new" * 10)
writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code, str(old)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert payloads(old) == [b"old"]
    assert names(old.parent) == ["a.idx", "a.idx.partial", "a.rec", "a.rec.partial"]
    with Writer(old, atomic=True) as writer:
        writer.write(b"newer")
    assert payloads(old) == [b"newer"]
    assert names(old.parent) == ["a.idx", "a.rec"]


def test_closing_again_changes_nothing(old: Path) -> None:
    writer = Writer(old, atomic=True)
    writer.write(b"new")
    writer.close()
    with Writer(old, mode="a") as another:
        another.write(b"more")
    writer.close()
    del writer
    assert payloads(old) == [b"new", b"more"]


def test_without_an_index_only_the_records_are_replaced(old: Path, idx: Path) -> None:
    with Writer(old, False, atomic=True) as writer:
        writer.write(b"new")
        assert names(old.parent) == ["a.idx", "a.rec", "a.rec.partial"]
    assert payloads(old) == [b"new"]
    assert idx.read_text() == "key\t0\n"


def test_mode_x_refuses_files_that_are_there_and_those_that_have_come(rec: Path) -> None:
    writer = Writer(rec, mode="x", atomic=True)
    writer.write(b"new")
    rec.write_bytes(b"precious")
    with pytest.raises(StorageExistsError):
        writer.close()
    assert rec.read_bytes() == b"precious"
    assert rec.with_name("a.rec.partial").exists()  # what was written is not lost
    with pytest.raises(StorageExistsError) as caught:
        Writer(rec, mode="x", atomic=True)
    assert caught.value.filename == str(rec)
    for path in rec.parent.iterdir():
        path.unlink()
    with Writer(rec, mode="x", atomic=True) as writer:
        writer.write(b"new")
    assert payloads(rec) == [b"new"]
    assert names(rec.parent) == ["a.idx", "a.rec"]


def test_mode_a_cannot_be_atomic(old: Path) -> None:
    with pytest.raises(ValueError, match="atomic"):
        Writer(old, mode="a", atomic=True)
    check_old(old)


def test_records_and_index_cannot_be_one_file(old: Path, tmp_path: Path) -> None:
    for index in (old, tmp_path / "." / "a.rec"):
        with pytest.raises(SameFileError):
            Writer(old, index, atomic=True)
    check_old(old)


@on_unix
def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.fifo")
    for path, error in ((tmp_path / "a.fifo", StorageError), (tmp_path, StorageIsADirectoryError)):
        with pytest.raises(error) as caught:
            Writer(path, False, atomic=True)
        assert caught.value.path == str(path)
    assert stat.S_ISFIFO((tmp_path / "a.fifo").stat().st_mode)
    assert names(tmp_path) == ["a.fifo"]


def test_what_cannot_be_made_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("", "missing/a.rec", "x" * 252):
        with pytest.raises(StorageError):
            Writer(path, False, atomic=True)
    assert names(tmp_path) == []


@on_unix
def test_the_file_behind_a_link_is_replaced_and_keeps_its_permissions(
    old: Path, tmp_path: Path
) -> None:
    old.chmod(0o640)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.rec"
    link.symlink_to(old)
    with Writer(link, False, atomic=True) as writer:
        writer.write(b"new")
    assert link.is_symlink()
    assert payloads(old) == [b"new"]
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert names(tmp_path / "elsewhere") == ["link.rec"]


def test_another_current_folder_is_no_matter(
    rec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    with Writer("a.rec", atomic=True) as writer:
        writer.write(b"new")
        monkeypatch.chdir("inner")
    assert payloads(rec) == [b"new"]
    assert names(tmp_path / "inner") == []


@on_unix
def test_a_place_that_another_writer_has_taken_meanwhile_is_left_to_it(rec: Path) -> None:
    writer = Writer(rec, atomic=True)
    writer.write(b"new")
    with Writer(rec) as another:
        another.write(b"another's")
        with pytest.raises(LockedError) as caught:
            writer.close()
        assert caught.value.path == str(rec)
    assert writer.closed
    assert payloads(rec) == [b"another's"]
    assert payloads(rec.with_name("a.rec.partial")) == [b"new"]


def test_two_that_are_to_take_one_place_come_one_after_the_other(rec: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("there are no such locks")
    with Writer(rec, atomic=True) as writer:
        writer.write(b"first")
        with pytest.raises(LockedError):
            Writer(rec, atomic=True)
    with Writer(rec, atomic=True) as writer:
        writer.write(b"second")
    assert payloads(rec) == [b"second"]


@on_unix
def test_readers_see_the_old_files_or_the_new_ones(old: Path) -> None:
    with Writer(old, atomic=True) as writer:
        for number in range(1000):
            writer.write(b"%d" % number)
    seen, is_over = set(), threading.Event()

    def look() -> None:
        while not is_over.is_set():
            reader = Reader(old, index=False)
            seen.add(len(reader))
            assert list(reader) == [b"%d" % number for number in range(len(reader))]

    looking = threading.Thread(target=look)
    looking.start()
    for count in (10, 2000, 30, 500):
        with Writer(old, atomic=True) as writer:
            for number in range(count):
                writer.write(b"%d" % number)
                if number % 10 == 0:
                    writer.flush()
    is_over.set()
    looking.join()
    assert seen <= {1000, 10, 2000, 30, 500}


def test_threads_that_share_it_write_each_record_whole(old: Path) -> None:
    def write(number: int) -> None:
        for each in range(500):
            writer.write(b"%d" % (number * 1000 + each), number * 1000 + each)

    with Writer(old, atomic=True) as writer:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    reader = Reader(old)
    assert len(reader) == 4000
    assert all(reader.get(key) == b"%d" % key for key in reader.keys)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_forked_children_leave_it_to_their_parent(old: Path) -> None:
    run_python(
        """
        import os, sys
        from recordio_rs import Writer
        writer = Writer(sys.argv[1], atomic=True)
        writer.write(b"new")
        for end in (writer.close, lambda: writer.__exit__(OSError, OSError(), None), list):
            child = os.fork()
            if not child:
                end()
                del writer, end
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert os.path.exists(sys.argv[1] + ".partial")
        child = os.fork()
        if not child:
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        writer.close()
        """,
        old,
    )
    assert payloads(old) == [b"new"]
    assert names(old.parent) == ["a.idx", "a.rec"]
