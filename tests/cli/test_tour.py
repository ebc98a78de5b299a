"""The tour of the commands in the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.datasets import write_tree
from documentation import ROOT

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_the_tour_runs_as_it_stands_in_the_readme(tmp_path: Path) -> None:
    (block,) = _BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    write_tree(tmp_path / "photos", count=40)
    script = f'recordio() {{ "{sys.executable}" -m recordio_rs "$@"; }}\nset -e\n{block}'
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    images = [path for path in (tmp_path / "photos-again").rglob("*.jpg")]
    assert len(images) == 40
    assert os.path.getsize(tmp_path / "train.html") > 10_000
