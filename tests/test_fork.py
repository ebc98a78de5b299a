"""Readers and writers in forked children; each test forks in a fresh interpreter."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from isolated import run_python
from reference import decode, write_files

RECORDS = [b"record_%d" % number for number in range(5)]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")


def check(body: str, rec: Path) -> None:
    """Runs code in which `in_child` forks, calls a function in the child, and asserts it is fine.

    There, `a.rec` and `a.idx` are five records with the keys 0 to 4.
    """
    head = """
import gc, os, sys, traceback
from recordio_rs import *
from recordio_rs.exceptions import ForkedError
def in_child(function, leave=os._exit):
    pid = os.fork()
    if not pid:
        try:
            function()
        except BaseException:
            traceback.print_exc()
            leave(1)
        leave(0)
    assert os.waitpid(pid, 0)[1] == 0
def refused(function, *arguments):
    try:
        function(*arguments)
    except ForkedError as error:
        assert isinstance(error, RuntimeError)
        assert "Forbidden operation in multiple processes" in str(error)
    else:
        raise AssertionError("not refused")
"""
    write_files(rec, RECORDS, range(5))
    run_python(head + body, cwd=rec.parent)


def test_a_child_cannot_read_in_sequence_but_by_key(rec: Path) -> None:
    check(
        """
reader = MXIndexedRecordIO("a.idx", "a.rec", "r")
assert reader.read() == b"record_0"
parent = os.getpid()
def child():
    refused(reader.read)
    refused(reader.tell)
    assert reader.pid == parent
    assert reader.read_idx(3) == b"record_3"
    assert reader.pid == os.getpid()
    assert [reader.read(), reader.read()] == [b"record_4", None]
    reader.close()
in_child(child)
assert reader.read() == b"record_1"
""",
        rec,
    )


def test_a_child_that_seeks_or_resets_has_a_position_of_its_own(rec: Path) -> None:
    check(
        """
reader = MXIndexedRecordIO("a.idx", "a.rec", "r")
plain = MXRecordIO("a.rec", "r")
reader.read(), plain.read()
def child():
    reader.seek(2)
    assert [reader.read(), reader.read()] == [b"record_2", b"record_3"]
    refused(plain.read)
    plain.reset()
    assert len(list(plain)) == 5
in_child(child)
assert [reader.read(), plain.read()] == [b"record_1", b"record_1"]
""",
        rec,
    )


def test_edits_of_idx_and_keys_come_along_into_a_child(rec: Path) -> None:
    check(
        """
reader = MXIndexedRecordIO("a.idx", "a.rec", "r")
reader.idx["another"] = reader.idx[3]
reader.keys.reverse()
def child():
    assert reader.read_idx("another") == b"record_3"
    assert reader.keys == [4, 3, 2, 1, 0]
in_child(child)
""",
        rec,
    )


def test_a_child_of_a_child_reads_by_key_too(rec: Path) -> None:
    check(
        """
reader = MXIndexedRecordIO("a.idx", "a.rec", "r")
def grandchild():
    refused(reader.read)
    assert reader.read_idx(4) == b"record_4"
def child():
    assert reader.read_idx(2) == b"record_2"
    in_child(grandchild)
    assert reader.read() == b"record_3"
in_child(child)
""",
        rec,
    )


@pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
@pytest.mark.parametrize(
    "end", ["pass", "writer.close()", "forget()", "writer.fidx.flush()", "writer.fidx.close()"]
)
def test_a_child_neither_writes_nor_flushes_what_is_its_parents(
    rec: Path, idx: Path, end: str, leave: str
) -> None:
    check(
        f"""
writer = MXIndexedRecordIO("a.idx", "a.rec", "w")
writer.write_idx(1, b"one")
def forget():
    global writer
    del writer
    gc.collect()
def child():
    refused(writer.write, b"no")
    refused(writer.write_idx, 9, b"no")
    refused(writer.tell)
    assert writer.keys == [1]
    try:
        {end}
    except ForkedError:
        pass
in_child(child, {leave})
writer.write_idx(2, b"two")
writer.close()
""",
        rec,
    )
    assert decode(rec.read_bytes()) == [(0, b"one"), (12, b"two")]
    assert idx.read_text() == "1\t0\n2\t12\n"


def test_readers_of_the_native_api_are_used_on_in_a_child(rec: Path) -> None:
    check(
        """
with Reader("a.rec") as reader:
    half = reader[::2]
    started = iter(reader)
    assert next(started) == b"record_0"
    def child():
        assert list(reader) == [b"record_%d" % number for number in range(5)]
        assert [reader[4], reader.get(2), half[1]] == [b"record_4", b"record_2", b"record_2"]
        assert list(reversed(half)) == [b"record_4", b"record_2", b"record_0"]
        refused(next, started)
        reader.close()
    in_child(child)
    assert [*started] == [b"record_%d" % number for number in range(1, 5)]
    assert reader[1] == b"record_1"
""",
        rec,
    )


def test_a_reader_without_an_index_is_scanned_in_a_child(rec: Path) -> None:
    check(
        """
reader = Reader("a.rec", index=False)
def child():
    assert len(reader) == 5
    assert reader[3] == b"record_3"
in_child(child)
assert reader[2] == b"record_2"
""",
        rec,
    )


def test_a_native_writer_is_refused_in_a_child_and_goes_on_in_the_parent(
    rec: Path, idx: Path
) -> None:
    check(
        """
writer = Writer("a.rec")
writer.write(b"one")
def child():
    for use in (lambda: writer.write(b"no"), writer.flush, writer.tell):
        refused(use)
    assert writer.closed
    writer.close()
in_child(child, sys.exit)
in_child(child)
writer.write(b"two")
writer.close()
""",
        rec,
    )
    assert decode(rec.read_bytes()) == [(0, b"one"), (12, b"two")]
    assert idx.read_text() == "0\t0\n1\t12\n"


def test_a_fork_while_threads_read_and_write_hangs_nothing(rec: Path, idx: Path) -> None:
    check(
        """
import threading
reader = MXIndexedRecordIO("a.idx", "a.rec", "r")
native = Reader("a.rec")
writer = Writer("b.rec")
stop = threading.Event()
def work():
    while not stop.is_set():
        if reader.read() is None:
            reader.seek(0)
        assert native[3] == b"record_3"
        writer.write(b"y" * 1000)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
def child():
    assert [reader.read_idx(4), native[2]] == [b"record_4", b"record_2"]
    assert list(native) == [b"record_%d" % number for number in range(5)]
    refused(writer.write, b"no")
    writer.close()
    reader.close()
try:
    for _ in range(30):
        in_child(child)
finally:
    stop.set()
    for thread in threads:
        thread.join()
writer.close()
assert set(Reader("b.rec")) == {b"y" * 1000}
""",
        rec,
    )
