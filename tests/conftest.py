"""Where most tests keep their files."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    """The path of a `.rec` file that is not there yet."""
    return tmp_path / "a.rec"


@pytest.fixture
def idx(tmp_path: Path) -> Path:
    """The path of the `.idx` file beside `rec`, not there yet."""
    return tmp_path / "a.idx"
