"""What a terminal is given: nothing that it obeys, whatever files and records say."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.command_line import run
from recordio_rs import Writer

EVIL = "\x1b[31mred\x07\x9b"


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A file whose name and keys would colour a terminal, and whose index is damaged."""
    path = tmp_path / f"{EVIL}.rec"
    with Writer(path) as writer:
        for number in range(3):
            writer.write(b"\x1b[2J", f"{EVIL}{number}")
    with path.with_suffix(".idx").open("ab") as index:
        index.write(f"{EVIL}\n".encode())
    return path


def on_terminal(
    *arguments: str | os.PathLike[str], columns: int = 80, env: Mapping[str, str] | None = None
) -> str:
    """Runs the command on a terminal, and returns what that gets."""
    pty, fcntl = pytest.importorskip("pty"), pytest.importorskip("fcntl")
    termios = pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "recordio_rs", *(os.fspath(one) for one in arguments)]
    environment = {**os.environ, "TERM": "xterm", **(env or {})}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                more = os.read(ours, 1 << 16)
            except OSError:  # Linux: the other end is closed
                break
            if not more:
                break
            shown += more
    os.close(ours)
    assert process.returncode in (0, 1, 3), shown
    return shown.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["info"],
        ["ls"],
        ["head"],
        ["verify"],
        ["get", "--ordinals", "9"],
        ["bench", "--seconds", "0.05"],
    ],
)
def test_nothing_of_a_file_is_obeyed(arguments: list[str], evil: Path) -> None:
    shown = on_terminal(*arguments, "--no-progress", evil, env={"NO_COLOR": "1"})
    assert "\\x1b[31mred\\x07\\x9b" in shown
    for wrong in ("\x1b[31m", "\x1b[2J", "\x07", "\x9b"):
        assert wrong not in shown


def test_nothing_of_two_files_is_obeyed(evil: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.rec"
    with Writer(other) as writer:
        writer.write(b"other", EVIL)
    shown = on_terminal("diff", "--no-progress", evil, other)
    assert "\\x1b[31mred" in shown
    assert "\x1b[31m" not in shown


@pytest.mark.parametrize("arguments", [["info"], ["ls"], ["head"], ["diff"], ["get", "é"]])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_will_do(arguments: list[str], encoding: str, tmp_path: Path) -> None:
    rec = tmp_path / "日本é.rec"
    with Writer(rec) as writer:
        writer.write("é日".encode(), "é")
        writer.write(b"x" * 100, "日")
    command, *more = arguments
    files = [rec, rec] if command == "diff" else [rec]
    run(command, *files, *more, env={"PYTHONIOENCODING": encoding})


def test_what_an_encoding_does_not_have_is_written_out(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"", "é日")
    lines = run("ls", tmp_path / "a.rec", env={"PYTHONIOENCODING": "latin-1"}).out
    assert lines.split(b"\t")[1] == b"\xe9\\u65e5"


@pytest.mark.parametrize("columns", [0, 1, 20, 200])
def test_any_width_will_do(columns: int, tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for number in range(20):
            writer.write(b"text " * number, number)
    for command in ("info", "ls", "head"):
        assert on_terminal(command, "--no-progress", tmp_path / "a.rec", columns=columns)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_none(env: dict[str, str], tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"text", 0)
    for command in ("ls", "head", "verify"):
        assert "\x1b" in on_terminal(command, "--no-progress", tmp_path / "a.rec")
        assert "\x1b" not in on_terminal(command, "--no-progress", tmp_path / "a.rec", env=env)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize(
    "arguments", [["info"], ["ls"], ["head"], ["cat"], ["cat", "--format", "rec"], ["verify"]]
)
def test_closed_streams_are_no_accident(arguments: list[str], tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        writer.write(b"text", 0)
    before = rec.read_bytes()
    command = [sys.executable, "-m", "recordio_rs", *arguments]

    def shell(redirection: str, path: Path | str) -> subprocess.CompletedProcess[bytes]:
        line = f'exec "$@" {redirection}'
        whole = ["sh", "-c", line, "sh", *command, str(path)]
        return subprocess.run(whole, capture_output=True, check=False)

    done = shell(">&-", rec)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.endswith(b": Bad file descriptor\n")
    assert shell("2>&-", rec).returncode == 0
    done = shell("<&-", "-")
    assert (done.returncode, done.stderr) == (1, b"recordio: error: standard input is closed\n")
    assert rec.read_bytes() == before


def test_lines_are_printed_above_the_bar(tmp_path: Path) -> None:
    for name in ("a.rec", "b.rec"):
        with Writer(tmp_path / name) as writer:
            writer.write(b"text", 0)
    for command in (["verify"], ["index", "--force"]):
        shown = on_terminal(*command, "--progress", tmp_path / "a.rec", tmp_path / "b.rec")
        # The line of the bar is taken away before another one is printed.
        assert f"\x1b[2K{tmp_path}/b.rec: " in shown.replace("\x1b[32m", "")
