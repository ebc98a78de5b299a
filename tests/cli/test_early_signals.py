"""Signals while the command starts: as modules are imported, before and behind that.

What comes before the first line of the package is the interpreter's: its start and its search for
the package cannot be handled by who is not there yet. So a signal is sent when the interpreter has
told, as `-X importtime` makes it do, that the package handles signals; and at many moments after.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.datasets import write_images

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")

SCRIPT = Path(sys.executable).with_name("recordio")
WAYS = {"module": ["-m", "recordio_rs"], "script": [str(SCRIPT)]}
MOMENTS = [step / 50 for step in range(26)]  # seconds


def signalled(command: list[str], number: signal.Signals, delay: float) -> tuple[int, str]:
    """Sends a signal so many seconds after the package handles it; gives exit code and errors."""
    python = [sys.executable, "-X", "importtime", *command]
    with subprocess.Popen(
        python, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(line.split()[-1] == "recordio_rs._signals" for line in lines), "not imported"
        next(lines)  # the next import has ended, too
        time.sleep(delay)
        process.send_signal(number)
        rest = process.stderr.read()
    return process.returncode, "".join(_without_imports(rest))


def _without_imports(err: str) -> Iterator[str]:
    """Gives the lines that are not of `-X importtime`, which a signal may break off."""
    for line in err.splitlines(keepends=True):
        told = re.sub(r"import time:.*?(?=recordio: |$)", "", line).strip()
        if told:
            yield told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("arguments", ["--help", "info", "view"])
@pytest.mark.parametrize("way", WAYS)
def test_a_signal_at_any_moment_ends_it_without_a_traceback(
    way: str, arguments: str, number: signal.Signals, tmp_path: Path
) -> None:
    if way == "script" and not SCRIPT.exists():
        pytest.skip("the package is not installed with its script")
    command = [*WAYS[way], arguments]
    if arguments != "--help":
        command.append(str(write_images(tmp_path / "a.rec")))

    def after(delay: float) -> tuple[int, str]:
        # view imports OpenCV once it is at work; several of them do not write one sheet.
        output = ["-o", str(tmp_path / f"sheet-{delay}.png")] if arguments == "view" else []
        return signalled([*command, *output], number, delay)

    with ThreadPoolExecutor(4) as pool:
        ends = pool.map(after, MOMENTS)
    words = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
    codes = set()
    for code, err in ends:
        codes.add(code)
        if code == 128 + number:
            assert err == f"recordio: error: {words[number]}", err
        else:  # it was faster; at its very end the interpreter gives up its handlers
            assert code in (0, -number), err
            assert "Traceback" not in err, err
    assert 128 + number in codes
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
