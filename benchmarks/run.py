"""Runs jobs, each in a fresh process of its engine's environment, with the files in memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from benchmarks.gauge import Figures
from benchmarks.job import MADE, Job
from benchmarks.plan import (
    ARRAY_RECORD,
    BAGZ,
    BARE,
    COMMAND,
    MAKERS,
    MODULES,
    MXNET,
    OURS,
    PLAIN,
    Way,
)
from benchmarks.results import Measurement
from benchmarks.sets import RecordSet

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 900
_MIB = 1 << 20


def python(variable: str, environment: str) -> str:
    """Returns the interpreter that a variable names, or that of an environment of `make`."""
    return os.environ.get(variable) or str(ROOT / environment / "bin" / "python")


PEERS_PYTHON = python("RECORDIO_PEERS_PYTHON", ".venv-peers")
PYTHONS = {
    OURS: sys.executable,
    BARE: sys.executable,
    COMMAND: sys.executable,
    PLAIN: sys.executable,
    MXNET: python("RECORDIO_MXNET_PYTHON", ".venv-mxnet"),
    BAGZ: PEERS_PYTHON,
    ARRAY_RECORD: PEERS_PYTHON,
}


class Runner:
    """Measures in a folder of its own.

    Args:
        folder: Where the files of the sets go.
        seconds: How long a loop goes on that could go on for ever.
        draws: How many ordinals are drawn at most before they are drawn again.

    Attributes:
        versions: By engine, the versions of its Python and packages, as far as it has run.
    """

    def __init__(self, folder: Path, seconds: float, draws: int) -> None:
        self.versions: dict[str, dict[str, str]] = {}
        self._folder = folder
        self._seconds = seconds
        self._draws = draws

    def make(self, names: Sequence[str], records: RecordSet) -> None:
        """Makes the files of a set, by their names in `MAKERS`."""
        for name in names:
            folder = self._folder / name
            folder.mkdir()
            self._do(MAKERS[name], self._job(MAKERS[name], records, folder))
        os.sync()  # or the system does it while something is measured

    def make_index(self, records: RecordSet) -> None:
        """Makes an index of all records of a set, and a file that has the first of them only."""
        only = replace(records, count=1)
        self.make(["rec"], only)
        step = 8 + (records.size + 3) // 4 * 4
        path = Path(self._job(MAKERS["rec"], records, self._folder / "rec").path("idx"))
        with path.open("w") as file:
            file.writelines(f"{key}\t{key * step}\n" for key in range(records.count))
        os.sync()

    def forget(self) -> None:
        """Removes the files of all sets."""
        for folder in self._folder.iterdir():
            shutil.rmtree(folder)

    def measure(self, measurement: Measurement) -> None:
        """Measures a way once more."""
        way, records = measurement.way, measurement.records
        if way.files is not None:
            folder = self._folder / way.files
            sources = [path for path in folder.rglob("*") if path.is_file()]
            for path in sources:
                _read(path)
            with self._room(folder / MADE, records) if way.is_making else nullcontext():
                if way.is_cold:
                    for path in sources:
                        _forget(path)
                measurement.rounds.append(self._do(way, self._job(way, records, folder)))
            return
        folder = self._folder / "written"
        with self._room(folder, records):
            measurement.rounds.append(self._do(way, self._job(way, records, folder)))

    @contextmanager
    def _room(self, folder: Path, records: RecordSet) -> Iterator[None]:
        """Makes a folder, and finds the memory for what is to be written there."""
        folder.mkdir()
        try:
            _use_memory(folder / "used", records.count * records.size)
            os.sync()  # what was written and removed before is not to be waited for now
            yield
        finally:
            shutil.rmtree(folder)

    def _job(self, way: Way, records: RecordSet, folder: Path) -> Job:
        draws = min(self._draws, 2 * records.count)
        module = MODULES[way.engine]
        return Job(module, way.function, records, folder, way.settings, self._seconds, draws)

    def _do(self, way: Way, job: Job) -> Figures:
        if not Path(PYTHONS[way.engine]).exists():
            raise SystemExit(f"there is no environment for {way.engine} yet: run 'make bench'")
        command = [PYTHONS[way.engine], "-m", "benchmarks.measure", job.to_json()]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        if done.returncode != 0:
            sys.stderr.write(done.stderr)
            raise SystemExit(f"{way.engine}: {way.call} has failed")
        answer = json.loads(done.stdout.splitlines()[-1])
        self.versions[way.engine] = answer["versions"]
        figures: Figures = answer["figures"]
        return figures


def _read(path: Path) -> None:
    """Reads a file to its end, so that it is in memory if it fits there."""
    with path.open("rb", buffering=0) as file:
        while file.read(_MIB):
            pass


def _forget(path: Path) -> None:
    """Takes a file out of memory, so that it has to come from the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _use_memory(path: Path, size: int) -> None:
    """Writes and removes a file, so that the next one of that size finds the memory in use.

    Without it the first to write pays for what a virtual machine gets from its host only when it
    is touched.
    """
    with path.open("wb", buffering=0) as file:
        for _ in range(size // _MIB + 1):
            file.write(bytes(_MIB))
    path.unlink()
