"""Storage that is full or limited, and records as large as can be, or larger."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Writer
from recordio_rs.exceptions import (
    ClosedError,
    RecordIOError,
    RecordTooLargeError,
    StorageError,
    TruncatedRecordError,
    WriteAfterFailureError,
)
from reference import decode, fragment

FULL = "/dev/full"
LARGE = bytes(1_000_000)

needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="needs /dev/full")
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


@needs_full
@pytest.mark.parametrize("make", [f"MXRecordIO({FULL!r}, 'w')", f"Writer({FULL!r}, index=False)"])
def test_a_full_disk_that_nobody_closes_is_not_passed_over_in_silence(make: str) -> None:
    run_python(
        f"""
        import sys
        from recordio_rs import MXRecordIO, Writer
        from recordio_rs.exceptions import StorageError
        seen = []
        sys.unraisablehook = seen.append
        writer = {make}
        writer.write(b"lost")
        del writer
        assert [each.exc_type for each in seen] == [StorageError], seen
        """
    )


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
    length = 2**29 - 1 - 2 * len(start)
    rec.write_bytes(start + fragment(last, b"abcd", length=length))
    idx.write_text("0\t0\n1\t536870920\n")
    run_python(
        f"""
        length = {length}
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
                assert (error.expected, error.found) == (length, 4)
            else:
                raise AssertionError("not refused")
        """,
        cwd=rec.parent,
    )


def test_a_record_of_2_to_the_29_bytes_is_refused_and_the_writer_goes_on(rec: Path) -> None:
    too_large = bytes(2**29)
    ways: list[Callable[[], AnyWriter]] = [lambda: MXRecordIO(rec, "w"), lambda: Writer(rec)]
    for way in ways:
        with way() as writer:
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
