"""What holds for every command where files cannot be written, or printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.matrix import (
    check_is_told,
    each_printer,
    each_source_reader,
    each_with_target,
    ready,
    target_of,
)
from cli.mounted import needs_mounts, run_on_full_disk, run_on_read_only
from cli.numbered import write_numbered
from cli.samples import SAMPLES

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

NO_SPACE = "No space left on device"
KEPT_BY_PACK = ["made.idx.partial", "made.rec.journal", "made.rec.partial"]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where a disk can be mounted."""
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


@each_with_target
@needs_mounts
@pytest.mark.parametrize("pages", [0, 1, 2])
def test_a_full_disk_leaves_no_target(
    name: str, pages: int, sources: dict[str, Path], out: Path, disk: Path
) -> None:
    sample = SAMPLES[name]
    ready(sample, "", out)
    arguments = sample.filled(sources[sample.source], disk / "made")
    result = run_on_full_disk(arguments, disk, out.parent, pages=pages)
    left = [one for one in result.files if not (sample.has_list and one == "made.lst")]
    if result.code == 0 and pages:  # there was room
        assert target_of(sample, Path("made")).name in left
        assert not [one for one in left if "partial" in one]
        return
    assert result.code == 1, result.err
    check_is_told(result.err)
    assert NO_SPACE in result.err
    assert re.search(f"{disk}/.*: {NO_SPACE}", result.err), result.err
    if name == "pack":  # which can go on with it
        assert set(left) <= set(KEPT_BY_PACK)
    else:
        assert left == []


@needs_mounts
def test_standard_input_that_finds_no_room_is_told(
    sources: dict[str, Path], tmp_path: Path, disk: Path
) -> None:
    data = sources["rec"].read_bytes() * 100
    (tmp_path / "nothing").mkdir()
    env = {"TMPDIR": str(disk)}  # Python takes another one if there is no room at all
    result = run_on_full_disk(
        ["info", "-"], disk, tmp_path / "nothing", pages=3, env=env, stdin=data
    )
    assert result.code == 1
    assert re.search(f"{disk}/.*: {NO_SPACE}", result.err), result.err
    assert result.files == []


@needs_mounts
def test_a_shuffle_that_finds_no_room_for_what_is_temporary_says_where(
    tmp_path: Path, disk: Path
) -> None:
    rec = write_numbered(tmp_path / "a.rec", range(4000), size=6000)
    (tmp_path / "nothing").mkdir()
    target = tmp_path / "b.rec"
    options = ["--memory", "16M", "--temp-dir", str(disk)]
    result = run_on_full_disk(
        ["shuffle", str(rec), "-o", str(target), *options], disk, tmp_path / "nothing"
    )
    assert result.code == 1
    assert re.search(f"{disk}.*: {NO_SPACE}", result.err), result.err
    assert result.files == []
    assert sorted(os.listdir(tmp_path)) == ["a.idx", "a.rec", "disk", "disk.listing", "nothing"]


@each_source_reader
@needs_mounts
def test_a_source_that_can_only_be_read(
    name: str, sources: dict[str, Path], out: Path, disk: Path
) -> None:
    sample = SAMPLES[name]
    source = sources[sample.source]
    arguments = ready(sample, disk / source.name, out)
    result = run_on_read_only(arguments, disk, source.parent)
    assert result.code == 0, result.err
    assert "warning" not in result.err


@each_with_target
@needs_mounts
def test_a_target_where_nothing_can_be_written(
    name: str, sources: dict[str, Path], out: Path, disk: Path
) -> None:
    sample = SAMPLES[name]
    ready(sample, "", out)
    arguments = sample.filled(sources[sample.source], disk / "made")
    result = run_on_read_only(arguments, disk, out.parent)
    assert result.code == 1, result.err
    check_is_told(result.err)
    assert re.search(f"{disk}/made.*: Read-only file system", result.err), result.err


@each_printer
@needs_linux
def test_standard_output_that_is_full(name: str, sources: dict[str, Path], tmp_path: Path) -> None:
    sample = SAMPLES[name]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "recordio_rs"),
                *sample.filled(sources[sample.source], tmp_path / "made"),
            ],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert re.search(f"(standard output|stdout): {NO_SPACE}", done.stderr.decode())
    assert "Traceback" not in done.stderr.decode()


@each_printer
def test_a_reader_of_the_output_that_leaves(
    name: str, sources: dict[str, Path], tmp_path: Path
) -> None:
    sample = SAMPLES[name]
    command = [
        *(sys.executable, "-m", "recordio_rs"),
        *sample.filled(sources[sample.source], tmp_path / "made"),
    ]
    reading, writing = os.pipe()
    os.close(reading)  # it has left already
    with open(writing, "wb") as pipe:
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, timeout=120, check=False
        )
    assert done.returncode == 141
    assert done.stderr == b""
