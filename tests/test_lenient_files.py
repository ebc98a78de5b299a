"""Lenient readers of pipes, of files that change, and of files larger than all memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from damaged import INTACT, KEYS, RECORDS, Collector, listed, write_damaged
from isolated import run_python
from recordio_rs import Reader, rebuild_index, verify
from recordio_rs.exceptions import (
    IndexMismatchError,
    StorageError,
    StorageIsADirectoryError,
    StorageNotFoundError,
    TruncatedRecordError,
)
from reference import encode, write_files
from stuck import needs_fifos

needs_sparse_files = pytest.mark.skipif(sys.platform != "linux", reason="needs sparse files")
HUGE = 50 << 30

with_or_without_index = pytest.mark.parametrize("index", [True, False], ids=["index", "scan"])


@needs_fifos
def test_a_pipe_is_refused_by_all_that_has_to_look_behind(tmp_path: Path) -> None:
    fifo = tmp_path / "a.fifo"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR)
    os.write(end, encode(b"record"))
    try:
        reader = Reader(fifo, errors="skip")
        uses: list[Callable[[], object]] = [
            *(lambda: iter(reader), lambda: len(reader), lambda: reader[0], lambda: list(reader)),
            *(lambda: verify(fifo), lambda: verify(fifo, deep=True)),
            *(lambda: rebuild_index(fifo), lambda: rebuild_index(fifo, errors="skip")),
        ]
        for use in uses:
            with pytest.raises(StorageError) as caught:
                use()
            assert caught.value.path == str(fifo)
        assert sorted(os.listdir(tmp_path)) == ["a.fifo"]
    finally:
        os.close(end)


def test_a_file_that_is_not_there_or_a_folder_is_a_storage_error(tmp_path: Path) -> None:
    for path, kind in [
        (tmp_path / "missing.rec", StorageNotFoundError),
        (tmp_path, StorageIsADirectoryError),
    ]:
        uses: list[Callable[[], object]] = [
            lambda path=path: Reader(path, errors="skip"),  # type: ignore[misc]
            lambda path=path: verify(path),  # type: ignore[misc]
            lambda path=path: rebuild_index(path),  # type: ignore[misc]
            lambda path=path: rebuild_index(path, errors="skip"),  # type: ignore[misc]
        ]
        for use in uses:
            with pytest.raises(kind) as caught:
                use()
            assert caught.value.path == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_shrinks_ends_an_iteration_in_order_or_by_an_error(rec: Path) -> None:
    records = [bytes([65 + number]) * 400_000 for number in range(6)]
    offsets = write_files(rec, records)
    for cut in (offsets[3] + 200_000, offsets[3], offsets[1] + 8, 0):
        write_files(rec, records)
        taken: list[bytes] = []
        collector = Collector()
        shown = iter(Reader(rec, errors=collector))
        taken.append(next(shown))
        os.truncate(rec, cut)
        with suppress(TruncatedRecordError, IndexMismatchError):
            taken.extend(shown)
        whole = sum(end <= cut for end in [*offsets[1:], 6 * 400_008])
        assert taken == records[: max(whole, 1)]


@with_or_without_index
def test_records_that_are_cut_off_later_are_errors_by_ordinal(rec: Path, index: bool) -> None:
    offsets = write_damaged(rec, KEYS)
    reader = listed(rec, index)
    assert len(reader) == 6
    os.truncate(rec, offsets[6] + 9)
    assert list(reader[:5]) == INTACT[:5]
    with pytest.raises(TruncatedRecordError):
        reader[5]
    os.truncate(rec, 0)
    with pytest.raises((IndexMismatchError, TruncatedRecordError)):
        reader[0]


@with_or_without_index
def test_what_is_appended_later_is_not_seen_by_who_has_looked(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index)
    shown = iter(reader)
    assert next(shown) == INTACT[0]
    assert len(reader) == 6
    with rec.open("ab") as file:
        file.write(encode(b"new") * 3)
    assert list(reader) == INTACT
    assert [INTACT[0], *shown] == INTACT
    assert len(listed(rec, index)) == (6 if index else 9)


@with_or_without_index
def test_a_file_that_is_replaced_is_read_to_its_end(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index)
    shown = iter(reader)
    other = rec.with_name("other.rec")
    write_files(other, [b"another"] * 7)
    try:
        other.replace(rec)
    except PermissionError:
        pytest.skip("this system does not replace open files")
    assert list(shown) == list(reader) == INTACT


HUGE_USES = {
    "iteration": "next(iter(Reader(path, index=False, errors='skip')), None)",
    "length": "len(Reader(path, index=False, errors='skip'))",
    "length beside an index": "len(Reader(path, errors='skip'))",
    "verify": "verify(path)",
    "verify deep": "verify(path, deep=True)",
    "rebuild": "rebuild_index(path, path + '.new', errors='skip')",
    "batch": "Reader(path, index=False, errors='skip').read_batch([0])",
}


def make_huge(rec: Path) -> None:
    """Makes a file whose first record is far away from its other ones, with zeros between."""
    write_files(rec, RECORDS, KEYS)
    with rec.open("r+b") as file:
        file.seek(HUGE)
        file.write(encode(b"far away"))


@needs_sparse_files
@pytest.mark.parametrize("use", HUGE_USES.values(), ids=HUGE_USES)
def test_going_through_a_huge_file_gives_way_to_ctrl_c(rec: Path, use: str) -> None:
    make_huge(rec)
    program = f"""
import signal, sys
from recordio_rs import Reader, rebuild_index, verify
path = sys.argv[1]
for record in Reader(path, index=False):  # all but the zeros
    if record == b"six":
        break
skipped = iter(Reader(path, index=False, errors="skip"))
print("ready", flush=True)
{use} if "iter" not in {use!r} else [*skipped]
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, rec], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        for _ in range(30):
            process.send_signal(signal.SIGINT)
            try:
                _, errors = process.communicate(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            assert process.returncode != 0
            assert b"KeyboardInterrupt" in errors
            break
        else:
            process.kill()
            pytest.fail("the program did not end")
    assert sorted(path.name for path in rec.parent.iterdir()) == ["a.idx", "a.rec"]


@needs_sparse_files
def test_memory_is_bounded_whatever_a_file_claims(rec: Path) -> None:
    size = 1 << 30
    write_files(rec, RECORDS, KEYS)
    with rec.open("r+b") as file:
        file.seek(1 << 27)
        file.write(encode(b"x")[:4] + b"\xff\xff\xff\x1f")  # the longest record there is
        file.seek(size)
        file.write(encode(b"far away"))
    run_python(
        """
import resource
from recordio_rs import Reader, rebuild_index, verify
verify("a.rec", index=False, max_problems=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = []
reader = Reader("a.rec", index=False, errors=told.append)
assert list(iter(reader))[-1] == b"far away"
assert len(reader) == 8
assert len(Reader("a.rec", errors=told.append)) == 7
assert [region.kind for region in told] == [*["bad-magic"] * 3, "record-not-listed"], told
assert verify("a.rec").records == 8
assert rebuild_index("a.rec", errors="skip") == 8
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 40_000, f"{grown} KiB"
""",
        cwd=rec.parent,
    )
