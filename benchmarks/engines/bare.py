"""Bare files of Python: the limit for writers."""

from __future__ import annotations

from benchmarks import whole
from benchmarks.gauge import Figures
from benchmarks.job import Job

PACKAGES: list[str] = []


def write(job: Job, buffering: int = -1) -> Figures:
    """Writes the records one after the other with `file.write`, and nothing between them."""

    def work() -> None:
        with open(job.path("bin"), "wb", buffering=buffering) as file:
            whole.write_all(job, file.write)

    return whole.once(job, work)
