"""Where most tests keep their files."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# What a shell runs in the background begins with SIGINT ignored, and so does all that it starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    """The path of a `.rec` file that is not there yet."""
    return tmp_path / "a.rec"


@pytest.fixture
def idx(tmp_path: Path) -> Path:
    """The path of the `.idx` file beside `rec`, not there yet."""
    return tmp_path / "a.idx"
