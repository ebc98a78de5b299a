"""What holds for every command that does its work: targets, odd names, JSON, pipes, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.command_line import run
from cli.matrix import (
    check_is_told,
    each_command,
    each_printer,
    each_reader,
    each_source_reader,
    each_with_target,
    left,
    ready,
    target_of,
    write_source,
)
from cli.samples import SAMPLES

ODD_NAMES = ["with space", "ünïcödé 画像", "{a,b}", "*[x]?", "-leading", "a\nb", "'\"$HOME"]
NO_TEXT = os.fsdecode(b"\xff\xfe")

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@each_command
def test_an_ordinary_source(name: str, sources: dict[str, Path], out: Path) -> None:
    sample = SAMPLES[name]
    result = run(*ready(sample, sources[sample.source], out), is_fresh=True)
    assert "warning" not in result.err
    if sample.target is None:
        assert result.out
    else:
        assert target_of(sample, out).exists()
    assert [path for path in out.parent.rglob("*") if "partial" in path.name] == []


@each_with_target
def test_nothing_is_overwritten_without_force(
    name: str, sources: dict[str, Path], out: Path
) -> None:
    sample = SAMPLES[name]
    if sample.replaces:
        pytest.skip("replaces what is there, as MXNet's im2rec.py does")
    arguments = ready(sample, sources[sample.source], out)
    run(*arguments)
    before = {path: path.stat().st_mtime_ns for path in sorted(out.parent.rglob("*"))}
    check_is_told(run(*arguments, expect=1).err)
    assert {path: path.stat().st_mtime_ns for path in sorted(out.parent.rglob("*"))} == before
    run(*arguments, "--force")


@each_with_target
def test_a_folder_of_the_target_that_is_missing(
    name: str, sources: dict[str, Path], tmp_path: Path
) -> None:
    sample = SAMPLES[name]
    if sample.has_list:
        pytest.skip("the list is in that folder")
    out = tmp_path / "nowhere" / "made"
    result = run(*sample.filled(sources[sample.source], out), expect=None)
    assert result.code in (0, 1)
    if result.code:
        check_is_told(result.err)
        assert not out.parent.exists()


@each_source_reader
@pytest.mark.parametrize("odd", [*ODD_NAMES, NO_TEXT])
def test_odd_names_of_source_and_target(name: str, odd: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    try:
        source = write_source(sample, tmp_path, odd)
    except (OSError, UnicodeError):
        pytest.skip("the file system does not take such names")
    target = out.parent / odd
    result = run(*ready(sample, source, target), expect=None)
    assert result.code == 0, result.err
    assert "Traceback" not in result.err
    if sample.target is not None:
        assert target_of(sample, target).exists()


@each_printer
def test_what_is_printed_for_programs_is_json(
    name: str, sources: dict[str, Path], tmp_path: Path
) -> None:
    sample = SAMPLES[name]
    if sample.is_binary:
        pytest.skip("prints records")
    printed = run(*sample.filled(sources["rec"], tmp_path / "made"), "--json").text
    if name in ("ls", "head"):
        assert [json.loads(line) for line in printed.splitlines()]
    else:
        assert json.loads(printed)


@each_reader
def test_standard_input_is_a_source(
    name: str, sources: dict[str, Path], tmp_path: Path, out: Path
) -> None:
    sample = SAMPLES[name]
    if not sample.reads_once:
        pytest.skip("reads it twice")
    (tmp_path / "temporary").mkdir()
    data = sources["rec"].read_bytes()
    run(*sample.filled("-", out), stdin=data, env={"TMPDIR": str(tmp_path / "temporary")})
    assert os.listdir(tmp_path / "temporary") == []


@each_with_target
@needs_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_interrupted_leaves_no_target(name: str, number: signal.Signals, out: Path) -> None:
    sample = SAMPLES[name]
    if sample.kind == "makes" or not sample.reads_once:
        pytest.skip("does not wait for standard input")
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
    assert left(sample, out) == []


def wait_until_it_reads(process: subprocess.Popen[bytes]) -> None:
    """Waits until a process has taken what was written to its standard input."""
    import fcntl
    import struct
    import termios

    assert process.stdin is not None
    for _ in range(600):
        (waiting,) = struct.unpack(
            "i", fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, struct.pack("i", 0))
        )
        if waiting == 0:
            time.sleep(0.1)  # until it has asked for more
            return
        time.sleep(0.05)
    raise AssertionError("it does not read")
