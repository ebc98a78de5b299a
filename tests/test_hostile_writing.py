"""Disks that fill up, folders that cannot be written, signals without end, pipes of few bytes."""

from __future__ import annotations

import errno
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import check_error
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import StorageError
from recordio_rs.recovery import RecoveryWarning
from reference import decode, write_files

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
needs_signals = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and signals")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a mebibyte and a half."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def write_on(rec: Path, *records: bytes) -> None:
    """Writes records behind those of a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecoveryWarning)
        writer = Writer(rec, mode="a")
    with writer:
        for record in records:
            writer.write(record)


class Filling:
    """Writes records that are flushed by tens, and counts those; for ever, or until that fails."""

    def __init__(self, rec: Path, way: str) -> None:
        self.flushed = 0
        self.writer: Writer | MXIndexedRecordIO
        if way == "MXIndexedRecordIO":
            self.writer = MXIndexedRecordIO(rec.with_suffix(".idx"), rec, "w")
        else:
            self.writer = Writer(rec, mode="a" if way == "append" else "w", atomic=way == "atomic")

    def fill(self) -> None:
        """Writes and flushes."""
        for number in itertools.count():
            if isinstance(self.writer, Writer):
                self.writer.write(b"%d" % number * 500)
            else:
                self.writer.write_idx(number, b"%d" % number * 500)
            if number % 10 == 9:
                self.flush()
                self.flushed = number + 1

    def flush(self) -> None:
        """Flushes records and index."""
        if isinstance(self.writer, Writer):
            self.writer.flush()
        else:
            assert self.writer.fidx is not None
            self.writer.fidx.flush()


@on_linux
@pytest.mark.parametrize("way", ["Writer", "MXIndexedRecordIO", "append"])
def test_a_disk_that_fills_up_loses_nothing_that_was_flushed(small_disk: Path, way: str) -> None:
    (small_disk / "ballast").write_bytes(bytes(300_000))
    rec = small_disk / "a.rec"
    filling = Filling(rec, way)
    for use in (filling.fill, filling.writer.close):
        with pytest.raises(StorageError) as caught:
            use()
        check_error(caught.value, errno=errno.ENOSPC)
    assert filling.flushed > 300
    (small_disk / "ballast").unlink()
    write_on(rec, b"new")
    records = list(Reader(rec))
    assert len(records) > filling.flushed
    assert records == [*(b"%d" % number * 500 for number in range(len(records) - 1)), b"new"]
    assert list(Reader(rec).keys) == list(range(len(records)))


@on_linux
def test_a_disk_that_fills_up_leaves_the_files_that_were_to_be_replaced(small_disk: Path) -> None:
    rec = small_disk / "a.rec"
    with Writer(rec) as writer:
        writer.write(b"old")
    filling = Filling(rec, "atomic")
    for use in (filling.fill, filling.writer.close):
        with pytest.raises(StorageError) as caught:
            use()
        check_error(caught.value, errno=errno.ENOSPC, path=str(rec))
    assert list(Reader(rec)) == [b"old"]
    assert sorted(path.name for path in small_disk.iterdir()) == ["a.idx", "a.rec"]


@on_linux
def test_a_disk_without_room_for_the_entries_that_are_missing_changes_no_record(
    small_disk: Path,
) -> None:
    rec = small_disk / "a.rec"
    write_files(rec, [b""] * 100_000)
    (small_disk / "ballast").write_bytes(bytes(400_000))
    before = rec.read_bytes()
    for _ in range(2):
        with pytest.raises(StorageError) as caught:
            write_on(rec, b"new")
        check_error(caught.value, errno=errno.ENOSPC, path=str(rec.with_suffix(".idx")))
        assert rec.read_bytes() == before
    (small_disk / "ballast").unlink()
    rec.with_suffix(".idx").unlink()
    with rec.open("r+b") as file:
        file.truncate(80_000)
    write_on(rec, b"new")
    assert len(Reader(rec)) == 10_001


@on_linux
def test_a_folder_that_cannot_be_written_is_told_and_its_files_stay() -> None:
    # Not below pytest's folders, which are their owner's alone: root has to become somebody else.
    folder = Path(tempfile.mkdtemp())
    write_files(folder / "a.rec", [b"old"], [0])
    for path in (folder / "a.rec", folder / "a.idx"):
        path.chmod(0o666)
    folder.chmod(0o555)
    run_python(
        """
        import os, sys
        from recordio_rs import Reader, Writer
        from recordio_rs.exceptions import StoragePermissionError
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)  # root may write everywhere
        os.chdir(sys.argv[1])
        for path, options in (
            ("b.rec", {}), ("b.rec", {"mode": "a"}), ("b.rec", {"mode": "x"}),
            ("b.rec", {"atomic": True}), ("a.rec", {"atomic": True}),
        ):
            try:
                Writer(path, **options)
            except StoragePermissionError as error:
                assert os.path.basename(error.path).startswith(path), error
            else:
                raise AssertionError((path, options))
        assert list(Reader("a.rec")) == [b"old"]
        with Writer("a.rec", mode="a") as writer:
            writer.write(b"new")
            writer.flush(sync=True)
        assert list(Reader("a.rec")) == [b"old", b"new"]
        """,
        folder,
    )
    folder.chmod(0o755)
    shutil.rmtree(folder)


@needs_signals
def test_signals_without_end_change_nothing_that_is_written_or_read(tmp_path: Path) -> None:
    run_python(
        """
        import os, random, signal, threading
        from recordio_rs import *
        count = 0
        def handle(*_):
            global count
            count += 1
        records = [random.Random(n).randbytes(n * 7919 % 100_000) for n in range(400)]
        os.mkfifo("a.fifo")
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)

        for options in ({}, {"atomic": True}, {"mode": "a"}):
            with Writer("a.rec", **options) as writer:
                for number, record in enumerate(records):
                    writer.write(record)
                    if number % 50 == 0:
                        writer.flush(sync=True)
        assert list(Reader("a.rec")) == records * 2
        assert list(Reader("a.rec", index=False)) == records * 2
        with MXIndexedRecordIO("b.idx", "b.rec", "w") as record:
            for number, data in enumerate(records):
                record.write_idx(number, data)
        with MXIndexedRecordIO("b.idx", "b.rec", "r") as record:
            assert [record.read_idx(number) for number in range(400)] == records
            assert Reader("b.rec").read_batch(range(400)) == records

        def write():
            with Writer("a.fifo", False) as writer:
                for record in records:
                    writer.write(record)
        # Either end in the thread that gets the signals.
        writing = threading.Thread(target=write)
        writing.start()
        assert list(MXRecordIO("a.fifo", "r")) == records
        writing.join()
        read = []
        reading = threading.Thread(target=lambda: read.extend(MXRecordIO("a.fifo", "r")))
        reading.start()
        write()
        reading.join()
        assert read == records
        assert count > 50, count
        signal.setitimer(signal.ITIMER_REAL, 0)
        """,
        cwd=tmp_path,
    )


@on_linux
def test_a_pipe_that_takes_little_at_once_gets_every_byte(tmp_path: Path) -> None:
    import fcntl

    fifo = tmp_path / "a.fifo"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    writer = MXRecordIO(fifo, "w")
    os.set_blocking(end, True)
    fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 4096)
    generator, taken = random.Random(1), bytearray()
    records = [generator.randbytes(generator.choice([0, 10, 5000, 600_000])) for _ in range(30)]

    def take() -> None:
        while piece := os.read(end, generator.randint(1, 9000)):
            taken.extend(piece)

    taking = threading.Thread(target=take)
    taking.start()
    with writer:
        for record in records:
            writer.write(record)
    taking.join()
    os.close(end)
    assert [payload for _, payload in decode(bytes(taken))] == records


@needs_signals
@pytest.mark.parametrize("options", ["", "mode='a'", "atomic=True"])
def test_an_interpreter_that_ends_while_threads_write_leaves_whole_records(
    rec: Path, options: str
) -> None:
    with Writer(rec) as writer:
        writer.write(b"0 before")
    run_python(
        f"""
        import sys, threading, time
        from recordio_rs import Writer
        writer = Writer(sys.argv[1], {options})
        has_begun = threading.Event()
        def work(number):
            while True:
                writer.write(b"%d " % number + bytes(300_000 if number % 3 else 10))
                writer.flush(sync=number == 5)
                has_begun.set()
        for number in range(8):
            threading.Thread(target=work, args=(number,), daemon=True).start()
        has_begun.wait()
        time.sleep(0.05)
        """,
        rec,
    )
    if "atomic" in options:
        assert list(Reader(rec)) == [b"0 before"]
        return
    write_on(rec, b"9 new")
    records = list(Reader(rec))
    assert len(records) > 2
    for record in records[1:-1]:
        number = int(record.split()[0])
        assert record == b"%d " % number + bytes(300_000 if number % 3 else 10)
    assert records == list(Reader(rec, index=False))
    assert records[-1] == b"9 new"
