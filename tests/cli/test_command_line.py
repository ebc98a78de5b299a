"""What holds for all commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_line import run
from cli.numbered import write_numbered


def test_without_a_command_the_help_is_shown_and_it_is_a_wrong_usage() -> None:
    assert "verify" in run(expect=2).err


def test_the_version_is_told() -> None:
    assert run("--version").text.startswith("recordio ")


def test_help_of_a_command_is_its_help() -> None:
    assert run("help", "merge").out == run("merge", "--help").out
    assert run("help").out == run("--help").out


@pytest.mark.parametrize(("name", "meant"), [("inf", "info"), ("shuffel", "shuffle"), ("?", "")])
def test_a_command_that_is_not_there_is_told_with_what_may_be_meant(name: str, meant: str) -> None:
    err = run(name, expect=2).err
    assert f"There is no command {name!r}." in err
    assert ("Did you mean" in err, meant in err) == (bool(meant), True)


@pytest.mark.parametrize(
    "line",
    [
        "index a.rec",
        "repair a.rec",
        "unpack a.rec",
        "pack images",
        "pack --list images",
        "view a.rec",
    ],
)
def test_who_writes_no_records_alone_does_not_take_standard_output(
    line: str, tmp_path: Path
) -> None:
    write_numbered(tmp_path / "a.rec", range(2))
    (tmp_path / "images").mkdir()
    run(*line.split(), "-o", "-", folder=tmp_path, expect=2)
    assert list(tmp_path.glob("-*")) == []


def test_standard_input_is_told_by_its_name(tmp_path: Path) -> None:
    rec = write_numbered(tmp_path / "a.rec", range(2)).read_bytes()
    assert run("verify", "-", stdin=rec).text.startswith("-: 2 intact records")
    assert json.loads(run("info", "--json", "-", stdin=rec).text)[0]["path"] == "-"
    for command in (["ls", "--json"], ["head", "--json"], ["cat", "--format", "json"]):
        assert json.loads(run(*command, "-", stdin=rec).text.splitlines()[0])["path"] == "-"
    assert run("ls", "-", tmp_path / "a.rec", stdin=rec).text.startswith("-\t0\t")
    cut = run("merge", "-", "-o", tmp_path / "b.rec", stdin=rec[:-4], expect=1)
    assert "[file '-', record 1]" in cut.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("closed", "arguments", "code", "err"),
    [
        ("<&-", "merge - -o b.rec", 1, "standard input is closed"),
        (">&-", "merge a.rec -o -", 1, "standard output: Bad file descriptor"),
        (">&-", "info a.rec", 1, "standard output: Bad file descriptor"),
        (">&-", "merge a.rec -o b.rec", 0, "2 records"),
        ("2>&-", "merge a.rec -o b.rec", 0, ""),
        ("<&- >&- 2>&-", "merge a.rec -o b.rec", 0, ""),
        ("<&- >&- 2>&-", "merge none.rec -o b.rec", 1, ""),
    ],
)
def test_a_standard_stream_may_be_closed(
    tmp_path: Path, closed: str, arguments: str, code: int, err: str
) -> None:
    a = write_numbered(tmp_path / "a.rec", range(2))
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m recordio_rs {arguments} {closed}', sys.executable],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, "Traceback" in done.stderr.decode()) == (code, False)
    assert err in done.stderr.decode()
    if (tmp_path / "b.rec").exists():
        assert (tmp_path / "b.rec").read_bytes() == a.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits of a process")
def test_no_memory_for_a_thread_is_told(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.rec", range(2))
    program = (
        "import runpy, threading\n"
        "threading.stack_size(1 << 40)\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program, "merge", "a.rec", "-o", "b.rec"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith(b"recordio: error: no more threads can be started")
    assert len(list(tmp_path.iterdir())) == 2
