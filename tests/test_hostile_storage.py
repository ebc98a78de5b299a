"""Storage that is full, limited or a pipe, and records as large as can be."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import (
    ClosedError,
    RecordIOError,
    RecordTooLargeError,
    StorageError,
    TruncatedRecordError,
    WriteAfterFailureError,
)
from reference import MAGIC, decode, encode, fragment

FULL = "/dev/full"
LARGE = bytes(1_000_000)

needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="needs /dev/full")
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")

AnyWriter = MXRecordIO | Writer

FULL_WRITERS: dict[str, Callable[[Path], AnyWriter]] = {
    "MXRecordIO": lambda _: MXRecordIO(FULL, "w"),
    "MXIndexedRecordIO": lambda directory: MXIndexedRecordIO(directory / "a.idx", FULL, "w"),
    "Writer": lambda directory: Writer(FULL, directory / "a.idx"),
    "Writer without index": lambda _: Writer(FULL, index=False),
}
each_full = pytest.mark.parametrize("way", FULL_WRITERS.values(), ids=FULL_WRITERS)


def is_closed(writer: AnyWriter) -> bool:
    """Tells whether a writer was closed."""
    return writer.closed if isinstance(writer, Writer) else not writer.is_open


@needs_full
@each_full
def test_a_full_disk_that_the_last_flush_meets(
    tmp_path: Path, way: Callable[[Path], AnyWriter]
) -> None:
    writer = way(tmp_path)
    writer.write(b"small")
    with pytest.raises(StorageError) as caught:
        writer.close()
    check_error(caught.value, errno=errno.ENOSPC, path=FULL, filename=FULL)
    assert is_closed(writer)
    writer.close()
    with pytest.raises(ClosedError):
        writer.write(b"more")


@needs_full
@each_full
def test_a_full_disk_that_a_write_meets(tmp_path: Path, way: Callable[[Path], AnyWriter]) -> None:
    writer = way(tmp_path)
    writer.write(b"small")
    with pytest.raises(StorageError) as caught:
        writer.write(LARGE)
    check_error(caught.value, errno=errno.ENOSPC, path=FULL)
    for payload in (b"small", LARGE, b""):
        with pytest.raises(WriteAfterFailureError) as refused:
            writer.write(payload)
        check_error(refused.value, path=FULL)
    with suppress(RecordIOError):
        writer.close()
    assert is_closed(writer)
    writer.close()


@needs_full
@each_full
def test_a_with_block_lets_the_error_of_a_full_disk_through(
    tmp_path: Path, way: Callable[[Path], AnyWriter]
) -> None:
    with pytest.raises(StorageError) as caught, way(tmp_path) as writer:
        writer.write(LARGE)
    check_error(caught.value, errno=errno.ENOSPC, path=FULL)
    with pytest.raises(StorageError) as caught, way(tmp_path) as writer:
        writer.write(b"small")
    check_error(caught.value, errno=errno.ENOSPC, path=FULL)


@needs_full
def test_a_full_disk_leaves_no_entry_of_the_record(tmp_path: Path) -> None:
    writer = MXIndexedRecordIO(tmp_path / "a.idx", FULL, "w")
    with pytest.raises(StorageError):
        writer.write_idx(1, LARGE)
    with pytest.raises(WriteAfterFailureError):
        writer.write_idx(2, b"small")
    assert (writer.keys, writer.idx) == ([], {})
    with suppress(RecordIOError):
        writer.close()
    assert (tmp_path / "a.idx").read_bytes() == b""


@needs_full
def test_a_full_disk_under_the_index(rec: Path) -> None:
    writer = MXIndexedRecordIO(FULL, rec, "w")
    writer.write_idx(1, b"kept")
    with pytest.raises(StorageError) as caught:
        writer.close()
    check_error(caught.value, errno=errno.ENOSPC, path=FULL)
    assert not writer.is_open
    assert decode(rec.read_bytes()) == [(0, b"kept")]

    native = Writer(rec, FULL)
    native.write(b"kept")
    with pytest.raises(StorageError) as caught:
        native.flush()
    check_error(caught.value, errno=errno.ENOSPC, path=FULL)
    with pytest.raises(WriteAfterFailureError):
        native.write(b"more")
    with suppress(RecordIOError):
        native.close()
    assert native.closed


@needs_limits
@pytest.mark.parametrize("make", ["MXRecordIO('a.rec', 'w')", "Writer('a.rec', index=False)"])
def test_a_limit_of_the_file_size(rec: Path, make: str) -> None:
    run_python(
        f"""
        import errno, resource
        from recordio_rs import MXRecordIO, Writer
        from recordio_rs.exceptions import MXNetError, StorageError, WriteAfterFailureError
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        writer = {make}
        count = 0
        try:
            while True:
                writer.write(b"x" * 1000)
                count += 1
        except StorageError as error:
            assert isinstance(error, MXNetError)
            assert (error.errno, error.path) == (errno.EFBIG, "a.rec"), error
        assert 900 <= count <= 1300, count
        try:
            writer.write(b"more")
        except WriteAfterFailureError:
            pass
        else:
            raise AssertionError("written after a failure")
        try:
            writer.close()
        except MXNetError:
            pass
        """,
        cwd=rec.parent,
    )
    assert rec.stat().st_size == 1_000_000
    reader = MXRecordIO(rec, "r")
    for _ in range(1_000_000 // 1008):
        assert reader.read() == b"x" * 1000
    with pytest.raises(TruncatedRecordError):
        reader.read()


@needs_limits
@pytest.mark.parametrize("name", ["one fragment", "two fragments"])
def test_a_length_beyond_the_file_takes_no_memory(rec: Path, idx: Path, name: str) -> None:
    start = b"" if name == "one fragment" else fragment(1, b"abcd")
    last = 0 if name == "one fragment" else 3
    rec.write_bytes(start + fragment(last, b"abcd", length=2**29 - 1))
    idx.write_text("0\t0\n1\t536870920\n")
    run_python(
        """
        import os, resource
        from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader
        from recordio_rs.exceptions import TruncatedRecordError
        with open("/proc/self/statm") as file:
            limit = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + 60_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            bytes(100_000_000)
        except MemoryError:
            pass
        else:
            raise AssertionError("the limit does not work")
        keyed = MXIndexedRecordIO("a.idx", "a.rec", "r")
        indexed, scanned = Reader("a.rec"), Reader("a.rec", index=False)
        for use in (
            MXRecordIO("a.rec", "r").read, lambda: keyed.read_idx(0), lambda: indexed[0],
            lambda: list(indexed), lambda: list(scanned), lambda: len(scanned),
        ):
            try:
                use()
            except TruncatedRecordError as error:
                assert (error.expected, error.found) == (2**29 - 1, 4)
            else:
                raise AssertionError("not refused")
        """,
        cwd=rec.parent,
    )


def sent(fifo: Path, data: bytes, piece: int) -> threading.Thread:
    """Starts a thread that writes data to a FIFO in pieces, until nobody reads any more."""

    def send() -> None:
        with suppress(BrokenPipeError), fifo.open("wb", buffering=0) as file:
            for begin in range(0, len(data), piece):
                file.write(data[begin : begin + piece])

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@needs_fifo
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_reading_from_a_fifo(tmp_path: Path, piece: int) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    records = [b"one", b"", MAGIC * 3, b"x" * (500 if piece < 100 else 1_000_000), b"last"]
    data = b"".join(encode(record) for record in records)
    thread = sent(fifo, data, piece)
    with MXRecordIO(fifo, "r") as reader:
        assert [reader.read() for _ in range(5)] == records
        assert reader.tell() == len(data)
        assert reader.read() is None
    thread.join()
    thread = sent(fifo, data, piece)
    with Reader(fifo, index=False) as native:
        assert list(iter(native)) == records  # without `iter` it would ask for the length
    thread.join()


@needs_fifo
def test_a_fifo_that_ends_inside_a_record(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    thread = sent(fifo, encode(b"whole") + encode(b"cut off here")[:-5], 1)
    with MXRecordIO(fifo, "r") as reader:
        assert reader.read() == b"whole"
        with pytest.raises(TruncatedRecordError) as caught:
            reader.read()
    check_error(caught.value, path=str(fifo), offset=16, ordinal=1, expected=12, found=7)
    thread.join()


@needs_fifo
def test_a_fifo_is_not_read_by_ordinal(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    thread = sent(fifo, encode(b"one"), 100)
    with Reader(fifo, index=False) as native:
        with pytest.raises(StorageError) as caught:
            native[0]
        assert list(iter(native)) == [b"one"]
    thread.join()
    check_error(caught.value, path=str(fifo), errno=errno.ESPIPE)


@needs_fifo
def test_writing_to_a_fifo(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(fifo.read_bytes()))
    thread.start()
    with MXRecordIO(fifo, "w") as writer:
        writer.write(b"one")
        writer.write(LARGE)
    thread.join()
    assert [payload for _, payload in decode(found[0])] == [b"one", LARGE]


def test_a_record_of_2_to_the_29_bytes_is_refused_and_the_writer_goes_on(rec: Path) -> None:
    too_large = bytes(2**29)
    for writer in (MXRecordIO(rec, "w"), Writer(rec)):
        with writer:
            writer.write(b"before")
            with pytest.raises(RecordTooLargeError, match="less than 2") as caught:
                writer.write(too_large)
            check_error(caught.value, path=str(rec), expected=2**29 - 1, found=2**29)
            writer.write(b"after")
        assert decode(rec.read_bytes()) == [(0, b"before"), (16, b"after")]


def test_a_record_of_2_to_the_29_minus_1_bytes_comes_back(rec: Path, idx: Path) -> None:
    record = b"begin".ljust(2**29 - 1, b"x")
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write_idx(7, record)
        writer.write_idx(8, b"after")
    assert rec.stat().st_size == 8 + 2**29 + 16
    with MXIndexedRecordIO(idx, rec, "r") as reader:
        assert reader.read_idx(7) == record
        assert reader.read() == b"after"
    rec.unlink()  # pytest keeps the folders of its last runs
