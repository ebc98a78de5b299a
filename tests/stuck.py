"""Threads that the system holds in the middle of a record, without waiting for any clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from isolated import run_python

needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and signals")

# `a.fifo` has both its ends open, so whoever opens it goes on at once. Feeding returns only when a
# reader is in the middle of the record, for a pipe does not hold as much; so does a writer's start.
# What hangs is killed: in a forked child, too, which has to set its own alarm.
HEAD = """
import os, select, signal, struct, threading, traceback
from recordio_rs import *
from recordio_rs import recordio
from recordio_rs.exceptions import *

signal.alarm(60)
os.mkfifo("a.fifo")
end = os.open("a.fifo", os.O_RDWR)
LARGE = bytes((1 << 20) - 8)  # with its header whole blocks, which are written at once
FILE = struct.pack("<II", 0xCED7230A, len(LARGE)) + LARGE

def feed_start():
    os.write(end, FILE[:300_000])

def feed_rest():
    os.write(end, FILE[300_000:])

def wait_for_written():
    select.select([end], [], [])

def drain(size):
    taken = b""
    while len(taken) < size:
        taken += os.read(end, size - len(taken))
    return taken

def in_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    return thread

def caught(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        return type(error)

def interrupt_main(until):
    # A signal may come just before the call that it is to interrupt, so go on until it is answered.
    while not until.wait(0.05):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

def raise_in(name, answered):
    # Ctrl-C, but only in the function with this name, and once.
    def handler(number, frame):
        if frame.f_code.co_name == name and not answered.is_set():
            answered.set()
            raise KeyboardInterrupt
    signal.signal(signal.SIGINT, handler)

def fork(in_child=lambda: None):
    pid = os.fork()
    if not pid:
        signal.alarm(60)
        in_child()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


def run_stuck(body: str, folder: Path, *, first: str = "") -> str:
    """Runs code in a fresh interpreter in a folder, with the functions above.

    What is to come first runs before `recordio_rs` is imported.
    """
    return run_python(first + HEAD + body, cwd=folder)
