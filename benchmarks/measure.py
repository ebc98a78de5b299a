"""Does one job in this process and prints the figures, as JSON.

`python -m benchmarks.measure JOB` runs in the environment of the job's engine.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
from importlib.metadata import version

from benchmarks.gauge import Gauge
from benchmarks.job import Job


def main() -> None:
    """Does the job that the command line has."""
    job = Job.from_json(sys.argv[1])
    engine = importlib.import_module(f"benchmarks.engines.{job.engine}")
    # What the loops take is made first: it is not among the memory that an engine needs.
    job.records.payloads()
    _ = job.batches
    Gauge.get_ready()
    figures = getattr(engine, job.function)(job, **job.settings)
    versions = {"python": platform.python_version()}
    versions |= {package: version(package) for package in engine.PACKAGES}
    print(json.dumps({"figures": figures, "versions": versions}))


if __name__ == "__main__":
    main()
