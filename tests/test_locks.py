"""One writer at a time: who has a file, and who gets it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs._replacing import replacing
from recordio_rs.exceptions import ClosedError, LockedError
from reference import decode

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

WAYS: dict[str, Callable[[Path], Writer]] = {
    "w": Writer,
    "a": lambda rec: Writer(rec, mode="a"),
    "atomic": lambda rec: Writer(rec, atomic=True),
    "without index": lambda rec: Writer(rec, False),
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)

# Asks in another process whether the file is free; says what it hears.
ASK = """
import sys, warnings
warnings.simplefilter("ignore")  # of records that are not in the index
from recordio_rs import MXRecordIO, Writer
from recordio_rs.exceptions import LockedError
for way in (
    lambda: Writer(sys.argv[1], mode="a"), lambda: Writer(sys.argv[1]),
    lambda: Writer(sys.argv[1], atomic=True), lambda: MXRecordIO(sys.argv[1], "w"),
):
    try:
        way().close()
        print("free")
    except LockedError:
        print("locked")
"""


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


def answers(rec: Path) -> set[str]:
    """Gives what another process hears that wants to write a file."""
    return set(run_python(ASK, rec).split())


@each_way
def test_a_second_writer_of_this_process_is_refused_and_nothing_lost(
    rec: Path, way: Callable[[Path], Writer]
) -> None:
    with Writer(rec) as first:
        first.write(b"kept")
        with pytest.raises(LockedError) as caught:
            way(rec)
        check_error(caught.value, errno=errno.EWOULDBLOCK, path=str(rec), filename=str(rec))
        assert isinstance(caught.value, BlockingIOError)
        first.write(b"and more")
    assert payloads(rec) == [b"kept", b"and more"]
    way(rec).close()


@each_way
def test_writers_of_other_processes_are_refused(rec: Path, way: Callable[[Path], Writer]) -> None:
    Writer(rec).close()
    with way(rec) as writer:
        writer.write(b"kept")
        assert answers(rec) == {"locked"}
    assert payloads(rec) == [b"kept"]
    assert answers(rec) == {"free"}


def test_an_index_is_locked_too(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        writer.write(b"kept")
        with pytest.raises(LockedError) as caught:
            Writer(rec.with_name("b.rec"), idx)
        assert caught.value.path == str(idx)
        assert not rec.with_name("b.rec").exists()
    assert idx.read_text() == "0\t0\n"


def test_by_whatever_path_a_file_is_one(rec: Path, tmp_path: Path) -> None:
    (tmp_path / "link.rec").symlink_to(rec)
    with Writer(rec) as writer:
        writer.write(b"kept")
        for path in (tmp_path / "link.rec", tmp_path / "." / "a.rec"):
            with pytest.raises(LockedError):
                Writer(path, False)
    assert payloads(rec) == [b"kept"]


@pytest.mark.parametrize("end", [Writer.close, Writer.__del__], ids=["closed", "forgotten"])
def test_a_writer_at_its_end_lets_go(rec: Path, end: Callable[[Writer], None]) -> None:
    writer = Writer(rec)
    end(writer)
    Writer(rec).close()


def test_readers_come_and_go_while_a_writer_has_the_file(rec: Path) -> None:
    with Writer(rec) as writer:
        writer.write(b"x")
        writer.flush()
        assert list(Reader(rec)) == [b"x"]
        assert MXRecordIO(rec, "r").read() == b"x"
        with pytest.raises(LockedError):
            Writer(rec)


def test_mxnets_writer_closes_the_one_that_this_process_has(rec: Path, idx: Path) -> None:
    first = MXIndexedRecordIO(idx, rec, "w")
    first.write_idx(1, b"lost when the file is emptied")
    second = MXIndexedRecordIO(idx, rec, "w")
    with pytest.raises(ClosedError):
        first.write_idx(2, b"too late")
    second.write_idx(3, b"kept")
    first.close()
    del first
    second.close()
    assert payloads(rec) == [b"kept"]
    assert idx.read_text() == "3\t0\n"


def test_a_cell_of_a_notebook_runs_twice(rec: Path) -> None:
    for _ in range(3):
        record = MXRecordIO(rec, "w")
        record.write(b"of this run")
    record.close()
    assert payloads(rec) == [b"of this run"]


def test_mxnets_writer_closes_writers_of_the_other_kind_that_have_its_files(
    rec: Path, idx: Path, tmp_path: Path
) -> None:
    one, two = Writer(rec, False), Writer(tmp_path / "b.rec", idx)
    two.write(b"kept")
    MXIndexedRecordIO(idx, rec, "w").close()
    assert (one.closed, two.closed) == (True, True)
    assert payloads(tmp_path / "b.rec") == [b"kept"]


def test_threads_that_want_one_file_get_it_one_at_a_time(rec: Path) -> None:
    count, refused = 0, 0
    ready = threading.Barrier(8)

    def work() -> None:
        nonlocal count, refused
        ready.wait()
        for _ in range(50):
            try:
                with Writer(rec, mode="a") as writer:
                    writer.write(b"one of theirs")
                    count += 1  # the lock of the file guards it
            except LockedError:
                refused += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count + refused == 400
    assert payloads(rec) == [b"one of theirs"] * count
    assert list(Reader(rec).keys) == list(range(count))


def test_sixteen_processes_write_on_in_one_file_each_in_its_turn(rec: Path, idx: Path) -> None:
    code = """
import sys, time
from recordio_rs import Writer
from recordio_rs.exceptions import LockedError
done = 0
while done < 5:
    try:
        with Writer(sys.argv[1], mode="a") as writer:
            for each in range(7):
                writer.write(sys.argv[2].encode() + b" %d" % (done * 7 + each))
        done += 1
    except LockedError:
        time.sleep(0.001)
"""
    command = [sys.executable, "-W", "error", "-c", code, str(rec)]
    workers = [subprocess.Popen([*command, str(number)]) for number in range(16)]
    assert [worker.wait(120) for worker in workers] == [0] * 16
    records = payloads(rec)
    assert len(records) == 16 * 35
    for number in range(16):
        own = [record for record in records if record.split()[0] == b"%d" % number]
        assert own == [b"%d %d" % (number, each) for each in range(35)]
    assert list(Reader(rec)) == records
    assert list(Reader(rec).keys) == list(range(len(records)))


def test_pipes_devices_and_the_standard_output_have_no_lock(tmp_path: Path) -> None:
    if os.path.exists("/dev/full"):
        with Writer("/dev/full", tmp_path / "a.idx"), Writer("/dev/full", tmp_path / "b.idx"):
            pass
    fifo = tmp_path / "a.fifo"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR)
    with Writer(fifo, False) as one, Writer(fifo, False, mode="a") as other:
        one.write(b"one")
        one.flush(sync=True)
        other.write(b"other")
    assert [payload for _, payload in decode(os.read(end, 100))] == [b"one", b"other"]
    os.close(end)
    code = """
from recordio_rs import MXRecordIO
one, other = MXRecordIO("stdout", "w"), MXRecordIO("stdout", "w")
one.write(b"one")
one.close()
other.write(b"other")
other.close()
"""
    shown = run_python(code).encode(errors="surrogateescape")
    assert [payload for _, payload in decode(shown)] == [b"one", b"other"]


def test_two_that_replace_one_file_do_not_get_at_the_files_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with replacing(str(path)) as file:
        file.write(b"first")
        with pytest.raises(LockedError) as caught, replacing(str(path)):
            pass
        assert caught.value.path == str(path)
    assert path.read_bytes() == b"first"
    with replacing(str(path)):
        with pytest.raises(LockedError), replacing(str(path)):
            pass
        with pytest.raises(LockedError):
            Writer(path, False)
    assert path.read_bytes() == b""
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_has_left_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.with_name("a.bin.partial").write_bytes(b"half")
    with replacing(str(path)) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]
