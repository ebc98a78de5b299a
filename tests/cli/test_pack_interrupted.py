"""`recordio pack`, interrupted and gone on with: the bytes are those of one run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.command_line import run
from recordio_rs.tools.unfinished import find_unfinished

COUNT = 100
_REST = ["a.idx.partial", "a.rec.journal", "a.rec.partial"]

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a list that takes seconds to pack; two of its images cannot be read."""
    folder = tmp_path_factory.mktemp("slow")
    noise = np.random.RandomState(0).randint(0, 256, (700, 700, 3)).astype(np.uint8)
    (folder / "a.bmp").write_bytes(cv2.imencode(".bmp", noise)[1].tobytes())
    names = ["a.bmp"] * COUNT
    names[2] = names[COUNT - 5] = "missing"
    lines = [f"{number}\t{number % 7}\t{name}\n" for number, name in enumerate(names)]
    (folder / "a.lst").write_text("".join(lines))
    (folder / "whole").mkdir()
    run(*arguments(folder, folder / "whole"), expect=3)
    yield folder
    shutil.rmtree(folder)


def arguments(slow: Path, out: Path, *more: str) -> list[str]:
    """Gives the command line that packs what is slow."""
    encoding = ["--encoding", ".png", "--quality", "9"]
    return ["pack", str(slow / "a.lst"), "-o", str(out / "a.rec"), *encoding, *more]


def check_is_whole(slow: Path, out: Path) -> None:
    """Checks that files are those of a run that nobody has interrupted, and that no others are."""
    assert sorted(os.listdir(out)) == ["a.idx", "a.rec"]
    for name in ("a.idx", "a.rec"):
        assert (out / name).read_bytes() == (slow / "whole" / name).read_bytes()


def interrupt(command: list[str], out: Path, number: signal.Signals) -> tuple[int, str]:
    """Sends a signal as soon as something is done; gives how much is then, and what is told."""
    rest = find_unfinished(str(out / "a.rec"))
    before = rest[0] if rest else 0
    process = subprocess.Popen(
        [sys.executable, "-m", "recordio_rs", *command], stderr=subprocess.PIPE
    )
    with process:
        assert process.stderr is not None
        for _ in range(6000):
            rest = find_unfinished(str(out / "a.rec"))
            if rest is not None and rest[0] > before:
                break
            assert process.poll() is None, "it has ended"
            time.sleep(0.01)
        process.send_signal(number)
        err = process.stderr.read().decode()
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number), err
    assert "Traceback" not in err
    assert sorted(os.listdir(out)) == _REST
    rest = find_unfinished(str(out / "a.rec"))
    assert rest is not None
    return rest[0], err


@needs_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_is_interrupted_leaves_no_target_and_can_go_on(
    number: signal.Signals, slow: Path, tmp_path: Path
) -> None:
    done, err = interrupt(arguments(slow, tmp_path, "-j", "1"), tmp_path, number)
    assert 0 < done < COUNT
    if number != signal.SIGKILL:
        assert f"{done} of {COUNT} images are kept" in err
    refused = run(*arguments(slow, tmp_path), expect=1)
    assert f"{done} of {COUNT} images" in refused.err
    result = run(*arguments(slow, tmp_path, "--resume", "--json"), expect=3)
    report = json.loads(result.text)
    assert report["resumed"] == done
    assert report["records"] == COUNT - 2
    assert [one["path"] for one in report["skipped"]] == [str(slow / "missing")] * 2
    check_is_whole(slow, tmp_path)


@needs_linux
def test_who_is_killed_again_and_again_comes_to_the_same_end(slow: Path, tmp_path: Path) -> None:
    done = 0
    for _ in range(2):
        command = arguments(slow, tmp_path, "--resume", "-j", "1")
        before = done
        done, _ = interrupt(command, tmp_path, signal.SIGKILL)
        assert before < done < COUNT
        with open(tmp_path / "a.rec.partial", "ab") as file:
            file.write(b"what a writer has not come to the end of")
        with open(tmp_path / "a.rec.journal", "ab") as file:
            file.write(b'{"done": 59, "len')
    run(*arguments(slow, tmp_path, "--resume"), expect=3)
    check_is_whole(slow, tmp_path)


@needs_linux
def test_a_full_disk_leaves_what_was_done(slow: Path, tmp_path: Path) -> None:
    limit = (slow / "whole" / "a.rec").stat().st_size * 2 // 3
    program = (
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program, *arguments(slow, tmp_path, "-j", "1")]
    ended = subprocess.run(command, capture_output=True, check=False)
    err = ended.stderr.decode()
    assert ended.returncode == 1, err
    assert "a.rec.partial: File too large" in err
    assert "--resume goes on from there" in err
    assert "Traceback" not in err
    assert sorted(os.listdir(tmp_path)) == _REST
    run(*arguments(slow, tmp_path, "--resume"), expect=3)
    check_is_whole(slow, tmp_path)
