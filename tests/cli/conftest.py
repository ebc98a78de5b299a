"""What commands read and write in tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.matrix import write_source
from cli.samples import SAMPLES
from recordio_rs import Writer


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A target without suffix, in a folder of its own."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "made"


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """What each sample reads, by its kind of source; none of the commands may change anything."""
    folder = tmp_path_factory.mktemp("sources")
    by_kind = {sample.source: sample for sample in SAMPLES.values()}
    paths: dict[str, Path] = {}
    for kind, sample in by_kind.items():
        paths[kind] = write_source(sample, folder / kind)
    before = _state(folder)
    yield paths
    assert _state(folder) == before


def _state(folder: Path) -> dict[Path, tuple[int, int]]:
    states = {path: path.stat() for path in folder.rglob("*")}
    return {path: (state.st_size, state.st_mtime_ns) for path, state in states.items()}


@pytest.fixture(scope="session")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of three hundred thousand small records, with keys from the last one on."""
    folder = tmp_path_factory.mktemp("huge")
    with Writer(folder / "huge.rec") as writer:
        for number in range(300_000):
            writer.write(b"%d" % number, 299_999 - number)
    yield folder / "huge.rec"
    shutil.rmtree(folder)
