"""What holds for every command, whatever it does: exit codes, targets, odd names, bad sources."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, write_images, write_tree
from cli.samples import SAMPLES, Sample
from recordio_rs import Writer

ODD_NAMES = ["with space", "ünïcödé 画像", "{a,b}", "*[x]?", "-leading", "a\nb", "'\"$HOME"]
NO_TEXT = os.fsdecode(b"\xff\xfe")

_NAMES = list(SAMPLES)
_READERS = [name for name in _NAMES if SAMPLES[name].kind != "makes"]
_WRITERS = [name for name in _NAMES if SAMPLES[name].kind == "writes"]
_LOOKERS = [name for name in _NAMES if SAMPLES[name].kind == "looks"]
_TARGETS = [name for name in _NAMES if SAMPLES[name].target is not None]
_PRINTERS = [name for name in _NAMES if SAMPLES[name].target is None]

each_command = pytest.mark.parametrize("name", _NAMES)
each_reader = pytest.mark.parametrize("name", _READERS)
each_writer = pytest.mark.parametrize("name", _WRITERS)
each_looker = pytest.mark.parametrize("name", _LOOKERS)
each_with_target = pytest.mark.parametrize("name", _TARGETS)
each_printer = pytest.mark.parametrize("name", _PRINTERS)

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def source_of(sample: Sample, folder: Path, name: str = "source") -> Path:
    """Makes what a sample reads."""
    if sample.kind == "makes":
        return write_tree(folder / name)
    return write_images(folder / f"{name}.rec")


def targets(folder: Path) -> list[str]:
    """Gives what a command has left in its folder."""
    return sorted(path.name for path in folder.iterdir())


def check_is_told(err: str) -> None:
    """Checks that an error is told in words."""
    assert "error: " in err, err
    assert "Traceback" not in err, err


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A target without suffix, in a folder of its own."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "made"


@each_command
def test_an_ordinary_source(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    result = run(*sample.filled(source_of(sample, tmp_path), out))
    assert "warning" not in result.err
    if sample.target is None:
        assert result.out
    else:
        assert Path(sample.target.replace("{out}", str(out))).exists()
    assert [left for left in targets(out.parent) if "partial" in left] == []


@each_reader
def test_a_file_without_records(name: str, tmp_path: Path, out: Path) -> None:
    Writer(tmp_path / "empty.rec").close()
    result = run(*SAMPLES[name].filled(tmp_path / "empty.rec", out), expect=None)
    assert result.code in (0, 1)
    if result.code:
        check_is_told(result.err)


@each_looker
def test_who_only_looks_goes_on_past_damage_and_tells(name: str, tmp_path: Path, out: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run(*SAMPLES[name].filled(rec, out), expect=3)
    assert result.out + result.err.encode()


@each_writer
def test_damage_ends_who_writes_and_leaves_no_target(name: str, tmp_path: Path, out: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run(*SAMPLES[name].filled(rec, out), expect=1)
    check_is_told(result.err)
    assert str(rec) in result.err
    assert targets(out.parent) == []
    assert not result.out


@each_writer
def test_damage_that_is_skipped_is_told_and_is_a_loss(name: str, tmp_path: Path, out: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run(*SAMPLES[name].filled(rec, out), "--skip-damaged", expect=3)
    assert "warning: " in result.err
    assert targets(out.parent) or result.out


@each_reader
def test_an_index_that_lacks_records_is_never_well(name: str, tmp_path: Path, out: Path) -> None:
    if name == "index":
        pytest.skip("makes a new one")
    rec = write_images(tmp_path / "a.rec")
    index = rec.with_suffix(".idx")
    index.write_bytes(b"".join(index.read_bytes().splitlines(keepends=True)[:-2]))
    assert run(*SAMPLES[name].filled(rec, out), expect=None).code in (1, 3)


@each_command
def test_a_source_that_is_missing(name: str, tmp_path: Path, out: Path) -> None:
    missing = tmp_path / "missing.rec"
    result = run(*SAMPLES[name].filled(missing, out), expect=1)
    check_is_told(result.err)
    assert "missing.rec" in result.err
    assert targets(out.parent) == []


@each_reader
def test_a_folder_where_a_file_should_be(name: str, tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "folder.rec"
    folder.mkdir()
    result = run(*SAMPLES[name].filled(folder, out), expect=1)
    check_is_told(result.err)
    assert targets(out.parent) == []


@each_reader
def test_a_file_of_something_else(name: str, tmp_path: Path, out: Path) -> None:
    noise = tmp_path / "noise.rec"
    noise.write_bytes(b"this is no RecordIO" * 100)
    result = run(*SAMPLES[name].filled(noise, out), expect=None)
    assert result.code in (1, 3)
    assert "Traceback" not in result.err


@each_with_target
def test_nothing_is_overwritten_without_force(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    arguments = sample.filled(source_of(sample, tmp_path), out)
    run(*arguments)
    before = {path: path.stat().st_mtime_ns for path in sorted(out.parent.rglob("*"))}
    check_is_told(run(*arguments, expect=1).err)
    assert {path: path.stat().st_mtime_ns for path in sorted(out.parent.rglob("*"))} == before
    run(*arguments, "--force")


@each_with_target
@needs_linux
def test_a_full_disk_leaves_no_target(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    source = source_of(sample, tmp_path)
    result = run_limited(sample.filled(source, out), limit=64)
    assert result.returncode == 1, result.stderr
    check_is_told(result.stderr.decode())
    assert targets(out.parent) == []


def run_limited(arguments: list[str], limit: int) -> subprocess.CompletedProcess[bytes]:
    """Runs `recordio` where no file can be longer than some bytes."""
    program = (
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "sys.argv[0] = 'recordio'\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-B", "-c", program, *arguments],
        capture_output=True,
        timeout=120,
        check=False,
    )


@each_with_target
def test_a_folder_of_the_target_that_is_missing(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    source = source_of(sample, tmp_path)
    result = run(*sample.filled(source, tmp_path / "nowhere" / "made"), expect=None)
    assert result.code in (0, 1)
    if result.code:
        check_is_told(result.err)


@each_printer
@needs_linux
def test_standard_output_that_is_full(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    source = source_of(sample, tmp_path)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "recordio_rs", *sample.filled(source, tmp_path / "made")],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@each_printer
def test_a_reader_of_the_output_that_leaves(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    source = source_of(sample, tmp_path)
    command = [sys.executable, "-m", "recordio_rs", *sample.filled(source, tmp_path / "made")]
    reading, writing = os.pipe()
    os.close(reading)  # it has left already
    with open(writing, "wb") as pipe:
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, timeout=120, check=False
        )
    assert done.returncode == 141
    assert done.stderr == b""


@each_command
@pytest.mark.parametrize("odd", [*ODD_NAMES, NO_TEXT])
def test_odd_names_of_source_and_target(name: str, odd: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    try:
        source = source_of(sample, tmp_path, odd)
    except (OSError, UnicodeError):
        pytest.skip("the file system does not take such names")
    target = out.parent / odd
    result = run(*sample.filled(source, target), expect=None)
    assert result.code == 0, result.err
    assert "Traceback" not in result.err


@each_printer
def test_what_is_printed_for_programs_is_json(name: str, tmp_path: Path) -> None:
    import json

    if SAMPLES[name].is_binary:
        pytest.skip("prints records")
    rec = write_images(tmp_path / "a.rec")
    printed = run(*SAMPLES[name].filled(rec, tmp_path / "made"), "--json").text
    if name in ("ls", "head"):
        assert [json.loads(line) for line in printed.splitlines()]
    else:
        assert json.loads(printed)


@each_reader
def test_standard_input_is_a_source(name: str, tmp_path: Path, out: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    arguments = SAMPLES[name].filled("-", out)
    if name in ("diff", "index"):
        pytest.skip("reads it twice, or writes beside it")
    run(*arguments, stdin=rec.read_bytes())
    assert [left for left in os.listdir(tmp_path) if left.startswith("recordio-")] == []


@each_reader
def test_a_huge_index(name: str, tmp_path: Path, out: Path, huge: Path) -> None:
    if name in ("unpack", "convert-tar", "convert-tfrecord", "view", "view-html"):
        pytest.skip("makes something of each record")
    run(*SAMPLES[name].filled(huge, out), timeout=60)


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of three hundred thousand small records."""
    folder = tmp_path_factory.mktemp("huge")
    with Writer(folder / "huge.rec") as writer:
        for number in range(300_000):
            writer.write(b"%d" % number, number * 7)
    yield folder / "huge.rec"
    shutil.rmtree(folder)


@each_with_target
@needs_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_interrupted_leaves_no_target(
    name: str, number: signal.Signals, tmp_path: Path, out: Path
) -> None:
    sample = SAMPLES[name]
    if sample.kind == "makes":
        pytest.skip("has a test of its own")
    fifo = tmp_path / "source.rec"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "recordio_rs", *sample.filled("-", out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(bytes(100))
        process.stdin.flush()
        wait_until_it_reads(process)
        process.send_signal(number)
        err = process.stderr.read().decode()
        process.stdin.close()
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    assert targets(out.parent) == []


def wait_until_it_reads(process: subprocess.Popen[bytes]) -> None:
    """Waits until a process has taken what was written to its standard input."""
    import fcntl
    import struct
    import termios
    import time

    assert process.stdin is not None
    for _ in range(600):
        (left,) = struct.unpack(
            "i", fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, struct.pack("i", 0))
        )
        if left == 0:
            time.sleep(0.1)  # until it has asked for more
            return
        time.sleep(0.05)
    raise AssertionError("it does not read")
