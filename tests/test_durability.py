"""`Writer.flush(sync=True)`: what it promises, and what comes of a disk that cannot keep it.

The kernel makes the calls fail: a filter of system calls (seccomp) in a process of its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from isolated import run_python
from recordio_rs import Reader, Writer
from recordio_rs.exceptions import ClosedError
from reference import decode

# Lets one kind of system call fail with EIO from now on, of one file if one is given.
REFUSE = """
import ctypes, errno, os, platform, struct, sys
from recordio_rs import *
from recordio_rs.exceptions import *

NUMBERS = {"x86_64": {"fsync": 74, "fdatasync": 75}, "aarch64": {"fsync": 82, "fdatasync": 83}}

def refuse(name, path=None):
    number = NUMBERS[platform.machine()][name]
    # Classic BPF: code, where to jump if it is so and if not, operand.
    load, equal, give = 0x20, 0x15, 0x06
    allow, fail = 0x7FFF0000, 0x00050000 | errno.EIO
    steps = [(load, 0, 0, 0), (equal, 1, 0, number), (give, 0, 0, allow)]
    if path is not None:
        steps += [(load, 0, 0, 16), (equal, 1, 0, descriptor_of(path)), (give, 0, 0, allow)]
    steps += [(give, 0, 0, fail)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, filter_mode = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(seccomp, filter_mode, program, 0, 0):
        print("skip: the kernel refuses filters")
        sys.exit()

def descriptor_of(path):
    number, = (
        int(each) for each in os.listdir("/proc/self/fd")
        if os.path.realpath(f"/proc/self/fd/{each}") == os.path.realpath(path)
    )
    return number

def check(error, use, path=None, number=errno.EIO):
    try:
        use()
    except error as raised:
        assert path is None or (raised.errno, raised.path) == (number, path), raised
    else:
        raise AssertionError("not refused")
"""

needs_filters = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"),
    reason="needs the filters of Linux",
)


def run_refusing(body: str, folder: Path) -> None:
    """Runs code in a process of its own whose system calls can be made to fail."""
    if "skip" in run_python(REFUSE + body, cwd=folder):
        pytest.skip("the kernel refuses filters of system calls")


@pytest.mark.parametrize("mode", ["w", "x", "a"])
def test_all_that_was_written_is_there_after_a_sync(rec: Path, idx: Path, mode: str) -> None:
    writer = Writer(rec, mode=mode)  # type: ignore[arg-type]
    for number in range(1000):
        writer.write(b"%d" % number * 100)
    writer.flush(sync=True)
    assert len(decode(rec.read_bytes())) == 1000
    assert list(Reader(rec)) == [b"%d" % number * 100 for number in range(1000)]
    writer.write(b"more")
    writer.flush(sync=True)
    assert len(idx.read_text().splitlines()) == 1001
    writer.close()
    with pytest.raises(ClosedError):
        writer.flush(sync=True)


@needs_filters
@pytest.mark.parametrize("index", ["None", "False"])
@pytest.mark.parametrize("mode", ["w", "a"])
def test_a_failed_sync_is_told_and_nothing_more_is_written(
    tmp_path: Path, mode: str, index: str
) -> None:
    run_refusing(
        f"""
writer = Writer("a.rec", {index}, mode={mode!r})
writer.write(b"kept")
writer.flush(sync=True)
refuse("fdatasync")
writer.write(b"perhaps")
check(StorageError, lambda: writer.flush(sync=True), "a.rec")
check(WriteAfterFailureError, lambda: writer.write(b"more"))
check(WriteAfterFailureError, writer.flush)
check(WriteAfterFailureError, lambda: writer.flush(sync=True))
check(StorageError, writer.close, "a.rec")
assert writer.closed
writer.close()
""",
        tmp_path,
    )
    assert decode((tmp_path / "a.rec").read_bytes())[0] == (0, b"kept")
    if index == "None":
        assert (tmp_path / "a.idx").read_text() == "0\t0\n"


@needs_filters
def test_a_failed_sync_of_the_index_names_the_index(tmp_path: Path) -> None:
    run_refusing(
        """
writer = Writer("a.rec")
writer.write(b"x")
refuse("fdatasync", "a.idx")
check(StorageError, lambda: writer.flush(sync=True), "a.idx")
check(WriteAfterFailureError, lambda: writer.write(b"more"))
check(StorageError, writer.close, "a.idx")
""",
        tmp_path,
    )


@needs_filters
def test_a_failed_sync_of_a_folder_is_told(tmp_path: Path) -> None:
    run_refusing(
        """
writer = Writer("a.rec")
writer.write(b"x")
refuse("fsync")
check(StorageError, lambda: writer.flush(sync=True))
check(WriteAfterFailureError, lambda: writer.write(b"more"))
check(StorageError, writer.close)
with Writer("b.rec") as other:
    other.flush()
""",
        tmp_path,
    )
    assert list(Reader(tmp_path / "a.rec")) == [b"x"]


@needs_filters
def test_a_failed_sync_replaces_nothing(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"old", "key")
    run_refusing(
        """
refuse("fdatasync")
writer = Writer("a.rec", atomic=True)
writer.write(b"new")
check(StorageError, writer.close, "a.rec")
assert writer.closed
""",
        tmp_path,
    )
    assert list(Reader(tmp_path / "a.rec", key_type=str)) == [b"old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec"]


@needs_filters
def test_without_a_sync_nothing_is_asked_of_the_disk(tmp_path: Path) -> None:
    run_refusing(
        """
refuse("fsync")
refuse("fdatasync")
for mode in ("w", "a"):
    with Writer("a.rec", mode=mode) as writer:
        writer.write(b"x" * 2_000_000)
        writer.flush()
with MXIndexedRecordIO("b.idx", "b.rec", "w") as record:
    record.write_idx(1, b"x")
    record.fidx.flush()
""",
        tmp_path,
    )


@needs_filters
def test_a_step_of_a_replacement_is_on_the_disk_before_the_next_one(tmp_path: Path) -> None:
    for name in ("a.rec", "c.rec"):
        with Writer(tmp_path / name) as writer:
            writer.write(b"old", "key")
    (tmp_path / "c.idx").unlink()
    run_refusing(
        """
refuse("fsync")
for path in ("a.rec", "b.rec", "c.rec"):
    writer = Writer(path, atomic=True)
    writer.write(b"new")
    check(StorageError, writer.close)
""",
        tmp_path,
    )
    # The old index was away, the new one not yet there.
    assert list(Reader(tmp_path / "a.rec")) == [b"old"]
    assert list(Reader(tmp_path / "b.rec")) == list(Reader(tmp_path / "c.rec")) == [b"new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("a.idx.partial", "a.rec", "a.rec.partial", "b.idx.partial", "b.rec"),
        *("c.idx.partial", "c.rec"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs the permissions of Unix")
def test_a_folder_that_one_may_not_read_is_written_in() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "inner")
        folder.mkdir()
        Path(name).chmod(0o711)
        folder.chmod(0o333)
        run_python(
            """
            import os, sys
            from recordio_rs import Writer
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            with Writer(sys.argv[1] + "/a.rec") as writer:
                writer.write(b"x")
                writer.flush(sync=True)
            with Writer(sys.argv[1] + "/b.rec", atomic=True) as writer:
                writer.write(b"x")
            """,
            folder,
        )
        folder.chmod(0o755)
        assert sorted(os.listdir(folder)) == ["a.idx", "a.rec", "b.idx", "b.rec"]
        assert list(Reader(folder / "a.rec")) == list(Reader(folder / "b.rec")) == [b"x"]
