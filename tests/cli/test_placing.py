"""Files that take their places: all of them or none, whatever comes in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.command_line import run
from cli.numbered import entries, write_numbered
from recordio_rs._held_signals import signals_held
from recordio_rs.exceptions import StorageError
from recordio_rs.tools.output import creating
from recordio_rs.tools.placing import all_or_none
from recordio_rs.tools.rewriting import Tally, copy
from recordio_rs.tools.sources import Sources

NAMES = [f"b-{number}.rec" for number in range(5)]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and links")


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Gives all files of a folder: which they are, and what is in them."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: (path.stat().st_ino, path.read_bytes()) for path in files}


def make(folder: Path, *, replace: bool, meanwhile: Callable[[], object]) -> None:
    """Makes files of those records that `a.rec` has; does something before they take places."""
    paths = [str(folder / name) for name in NAMES]
    with Sources([str(folder / "a.rec")]) as sources, creating(paths, replace=replace) as outputs:
        plan = [(output, range(len(sources))) for output in outputs]
        copy(sources, plan, "keep", Tally(None, sources, 0))
        meanwhile()


@pytest.mark.parametrize("name", ["b-0.rec", "b-3.rec", "b-3.idx", "b-4.idx"])
@pytest.mark.parametrize("replace", [False, True])
def test_what_was_placed_is_taken_back_if_one_cannot_be(
    tmp_path: Path, name: str, replace: bool
) -> None:
    write_numbered(tmp_path / "a.rec", range(3))
    if replace:
        for number, each in enumerate(NAMES):
            if each != Path(name).with_suffix(".rec").name and number != 1:
                write_numbered(tmp_path / each, range(10 + number))
    before = contents(tmp_path)
    with pytest.raises(StorageError, match=name):
        make(tmp_path, replace=replace, meanwhile=(tmp_path / name).mkdir)
    assert contents(tmp_path) == before
    (tmp_path / name).rmdir()
    make(tmp_path, replace=replace, meanwhile=lambda: None)
    assert sorted(contents(tmp_path)) == sorted(
        [
            Path(each).with_suffix(suffix).name
            for each in ["a", *NAMES]
            for suffix in (".idx", ".rec")
        ]
    )
    assert all(entries(tmp_path / each) == entries(tmp_path / "a.rec") for each in NAMES)


def test_what_comes_to_be_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.rec", range(3))
    theirs = tmp_path / "b-2.rec"
    with pytest.raises(FileExistsError, match=r"b-2\.rec"):
        make(tmp_path, replace=False, meanwhile=lambda: theirs.write_text("theirs"))
    assert theirs.read_text() == "theirs"
    assert sorted(contents(tmp_path)) == ["a.idx", "a.rec", "b-2.rec"]


def test_a_link_stays_and_what_it_leads_to_is_put_back(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.rec", range(3))
    (tmp_path / "there").mkdir()
    write_numbered(tmp_path / "there" / "old.rec", range(7))
    (tmp_path / "b-1.rec").symlink_to(tmp_path / "there" / "old.rec")
    before = contents(tmp_path), contents(tmp_path / "there")
    with pytest.raises(StorageError, match=r"b-4\.rec"):
        make(tmp_path, replace=True, meanwhile=(tmp_path / "b-4.rec").mkdir)
    assert (contents(tmp_path), contents(tmp_path / "there")) == before
    assert (tmp_path / "b-1.rec").is_symlink()


def test_what_a_killed_process_was_replacing_is_kept(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    write_numbered(tmp_path / "b.rec", range(4))
    (tmp_path / "b.rec.replaced").write_text("old")
    before = contents(tmp_path)
    err = run("merge", a, "-fo", tmp_path / "b.rec", expect=1).err
    assert "b.rec.replaced: File exists; it was being replaced when a process was killed" in err
    assert contents(tmp_path) == before


@posix
def test_a_second_name_of_what_is_still_there_is_taken_over(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    write_numbered(tmp_path / "b.rec", range(4))
    os.link(tmp_path / "b.rec", tmp_path / "b.rec.replaced")
    run("merge", a, "-fo", tmp_path / "b.rec")
    assert sorted(contents(tmp_path)) == ["a.idx", "a.rec", "b.idx", "b.rec"]


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("force", [False, True])
def test_a_signal_in_the_middle_of_it_waits(
    tmp_path: Path, number: signal.Signals, force: bool
) -> None:
    count = 100
    write_numbered(tmp_path / "a.rec", range(3 * count))
    last = tmp_path / f"a-{count - 1:03}.rec"
    if force:
        last.write_text("old")
    command = ["split", str(tmp_path / "a.rec"), "-n", str(count), *(["-f"] if force else [])]
    process = subprocess.Popen(
        [sys.executable, "-m", "recordio_rs", *command], stderr=subprocess.PIPE
    )
    with process:
        while not (tmp_path / "a-000.rec").exists():
            assert process.poll() is None, "it has ended"
            time.sleep(0.001)
        process.send_signal(number)
        assert process.stderr is not None
        err = process.stderr.read()
    assert process.returncode in (128 + number, 0), err  # 0 if the signal came too late
    assert sum(len(entries(path)) for path in tmp_path.glob("a-*.rec")) == 3 * count
    assert len(list(tmp_path.iterdir())) == 2 * count + 2


def interrupted(steps: list[str], failure: Exception | None = None) -> None:
    """Does something while Ctrl-C is made to wait."""
    with signals_held():
        signal.raise_signal(signal.SIGINT)
        steps.append("done")
        if failure is not None:
            raise failure


@posix
def test_a_signal_that_waited_comes_when_all_is_done() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(steps)
    assert steps == ["done"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@posix
def test_what_fails_is_told_before_a_signal_that_waited() -> None:
    with pytest.raises(ZeroDivisionError):
        interrupted([], ZeroDivisionError())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_hold_no_signals(tmp_path: Path) -> None:
    done = []

    def work() -> None:
        with all_or_none([str(tmp_path / "a")]):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
