"""Failures that come late or large: at the end of the interpreter, in pipes, without memory."""

from __future__ import annotations

import errno
import mmap
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer, pack
from recordio_rs.exceptions import RecordTooLargeError, StorageError
from reference import MAGIC, decode

Anything: TypeAlias = Any  # a value of the wrong type, too

FULL = "/dev/full"
TIMEOUT = 60  # seconds until a hang is called one

needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="needs /dev/full")
needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")


@needs_full
@pytest.mark.parametrize(
    "make",
    [
        f"MXRecordIO({FULL!r}, 'w')",
        f"MXIndexedRecordIO('a.idx', {FULL!r}, 'w')",
        f"Writer({FULL!r}, index=False)",
    ],
)
@pytest.mark.parametrize(
    "holder",
    [
        "pass",
        "def use(): return writer",
        "import builtins; builtins.kept = writer; del writer",
        "import recordio_rs; recordio_rs.kept = writer; del writer",
        "import threading; threading.kept = writer; del writer",
    ],
    ids=["global", "function", "builtins", "package", "module"],
)
def test_a_failed_last_flush_is_told_when_the_interpreter_ends(
    tmp_path: Path, make: str, holder: str
) -> None:
    program = f"""
from recordio_rs import *
writer = {make}
writer.write(b"lost")
{holder}
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=TIMEOUT, cwd=tmp_path
    )
    complaint = ended.stderr.decode()
    assert "StorageError: [Errno 28]" in complaint
    assert repr(FULL) in complaint
    assert "ImportError" not in complaint
    assert "panicked" not in complaint


@needs_fifos
@pytest.mark.parametrize("is_native", [False, True])
def test_a_pipe_that_nobody_reads_any_more(tmp_path: Path, is_native: bool) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR)
    writer = Writer(fifo, index=False) if is_native else MXRecordIO(fifo, "w")
    os.close(end)
    with pytest.raises(BrokenPipeError) as caught:
        writer.write(bytes(1_000_000))
    check_error(caught.value, errno=errno.EPIPE, path=str(fifo))
    assert isinstance(caught.value, StorageError)
    with pytest.raises(BrokenPipeError):
        writer.close()
    writer.close()


@pytest.mark.skipif(os.name != "posix", reason="Windows says that nothing is there")
@pytest.mark.parametrize(
    "use",
    [
        lambda path: MXRecordIO(path, "r"),
        lambda path: MXRecordIO(path, "w"),
        Reader,
        lambda path: Writer(path, index=False),
        lambda path: MXIndexedRecordIO(path, path.parent.parent / "b.rec", "w"),
    ],
)
def test_a_file_that_is_used_as_a_folder(rec: Path, use: Callable[[Path], object]) -> None:
    rec.write_bytes(b"")
    with pytest.raises(NotADirectoryError) as caught:
        use(rec / "b.rec")
    check_error(caught.value, errno=errno.ENOTDIR, path=str(rec / "b.rec"))
    assert isinstance(caught.value, StorageError)


OBJECTS: list[Anything] = [
    np.array(["a", None], dtype=object),
    np.array([(1, "a")], dtype=[("number", "i4"), ("object", "O")]),
    np.empty(0, dtype=object),
]


@pytest.mark.parametrize("payload", OBJECTS, ids=["objects", "fields", "empty"])
def test_pointers_to_objects_are_no_record(rec: Path, idx: Path, payload: Anything) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as mxnets:
        for refused in (mxnets.write, lambda value: mxnets.write_idx(1, value)):
            with pytest.raises(TypeError):
                refused(payload)
    assert rec.read_bytes() == idx.read_bytes() == b""
    with Writer(rec) as native:
        with pytest.raises(TypeError):
            native.write(payload)
        native.write(b"after")
    assert decode(rec.read_bytes()) == [(0, b"after")]
    with pytest.raises(TypeError):
        pack((0, 1.0, 2, 3), payload)


def too_large(kind: str) -> Anything:
    """Gives a buffer that no machine has room for, or that takes no room until it is read."""
    if kind == "broadcast":
        return np.broadcast_to(np.uint8(0), 2**40)
    if kind == "wide broadcast":
        return np.broadcast_to(np.float64(0), (2**20, 2**20))
    mapped = mmap.mmap(-1, 2**34)
    return mapped if kind == "mmap" else memoryview(mapped)


@pytest.mark.parametrize("kind", ["broadcast", "wide broadcast", "mmap", "memoryview"])
def test_a_buffer_that_is_too_large_is_refused_without_being_copied(
    rec: Path, idx: Path, kind: str
) -> None:
    if "broadcast" not in kind and sys.platform != "linux":
        pytest.skip("elsewhere a map may take room")
    payload = too_large(kind)
    with MXIndexedRecordIO(idx, rec, "w") as mxnets:
        for refused in (mxnets.write, lambda value: mxnets.write_idx(1, value)):
            with pytest.raises(RecordTooLargeError) as caught:
                refused(payload)
            assert caught.value.found == memoryview(payload).nbytes
        mxnets.write_idx(2, b"after")
    assert idx.read_text() == "2\t0\n"
    with Writer(rec) as native:
        with pytest.raises(RecordTooLargeError):
            native.write(payload)
        native.write(b"after")
    assert decode(rec.read_bytes()) == [(0, b"after")]
    with pytest.raises(RecordTooLargeError):
        pack((0, 1.0, 2, 3), payload)


READS = {
    "in sequence": "MXRecordIO('a.rec', 'r').read()",
    "by key": "MXIndexedRecordIO('a.idx', 'a.rec', 'r').read_idx(0)",
    "by ordinal": "Reader('a.rec')[0]",
    "iterated": "next(iter(Reader('a.rec')))",
    "scanned": "next(iter(Reader('a.rec', index=False)))",
    "backwards": "next(reversed(Reader('a.rec')))",
}


@needs_limits
@pytest.mark.parametrize("room", [100_000_000, 450_000_000], ids=["for nothing", "for one"])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_record_that_finds_no_memory_is_a_memory_error(rec: Path, read: str, room: int) -> None:
    length = 300_000_000
    with rec.open("wb") as file:
        file.write(MAGIC + length.to_bytes(4, "little"))
        file.truncate(8 + length)  # takes no room on the disk
    rec.with_suffix(".idx").write_text("0\t0\n")
    run_python(
        f"""
        import os, resource
        from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader
        with open("/proc/self/statm") as file:
            limit = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + {room}
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for _ in range(2):
            try:
                {read}
            except MemoryError as error:
                assert type(error) is MemoryError
            else:
                raise AssertionError("read")
        """,
        cwd=rec.parent,
    )
