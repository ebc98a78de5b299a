"""Objects of every class, made and dropped: nothing of them stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_twenty_thousand_objects_of_each_class_leave_neither_memory_nor_open_files() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.leaks", "--objects", "20000", "--seconds", "4"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout.decode() + completed.stderr.decode()
