"""Ctrl-C while the system makes us wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs FIFOs and signals")

TIMEOUT = 60  # seconds until a hang is called one


def interrupted(program: str, *arguments: str) -> tuple[int, str]:
    """Runs a program that says "ready", interrupts it, and returns its status and errors."""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        # The handler may run just before the blocking call begins, so ask until it answers.
        for _ in range(TIMEOUT):
            process.send_signal(signal.SIGINT)
            try:
                _, errors = process.communicate(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            return process.returncode, errors.decode()
        process.kill()
        pytest.fail("the program did not end")


def test_reading_an_idle_pipe_gives_way_to_ctrl_c(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    program = """
import os, sys
from recordio_rs.recordio import MXRecordIO
writing = os.open(sys.argv[1], os.O_RDWR)  # somebody may still write
record = MXRecordIO(sys.argv[1], "r")
print("ready", flush=True)
record.read()
"""
    status, errors = interrupted(program, str(fifo))
    assert status != 0
    assert "KeyboardInterrupt" in errors


def test_parsing_an_index_from_an_idle_pipe_gives_way_to_ctrl_c(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.idx"
    os.mkfifo(fifo)
    program = """
import os, sys
from recordio_rs._recordio_rs import RecordIndex
writing = os.open(sys.argv[1], os.O_RDWR)
os.write(writing, b"0\\t0\\n1\\t")
print("ready", flush=True)
RecordIndex.parse(sys.argv[1], text_keys=False)
"""
    status, errors = interrupted(program, str(fifo))
    assert status != 0
    assert "KeyboardInterrupt" in errors


def test_writing_to_a_full_pipe_gives_way_to_ctrl_c(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    program = """
import os, sys
from recordio_rs import Writer
reading = os.open(sys.argv[1], os.O_RDWR)  # and never reads
writer = Writer(sys.argv[1], index=False)
print("ready", flush=True)
while True:
    writer.write(bytes(100_000))
"""
    status, errors = interrupted(program, str(fifo))
    assert status != 0
    assert "KeyboardInterrupt" in errors


def test_an_exception_of_a_signal_handler_comes_through_as_it_is(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    program = """
import os, signal, sys
from recordio_rs.recordio import MXRecordIO
class Enough(Exception):
    pass
def handler(number, frame):
    raise Enough
signal.signal(signal.SIGINT, handler)
writing = os.open(sys.argv[1], os.O_RDWR)
record = MXRecordIO(sys.argv[1], "r")
print("ready", flush=True)
record.read()
"""
    status, errors = interrupted(program, str(fifo))
    assert status != 0
    assert "Enough" in errors
