"""Measures one task with one engine in this process, and prints the figures as a line of JSON.

Runs in the environment of the engine: MXNet's own, or this project's. `compare_mxnet.py` calls it.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

SETS = {"tiny": (1_000_000, 100), "face": (200_000, 5_000), "net": (10_000, 110_000)}
RANDOM_READS = 200_000


def recordio_of(engine: str) -> ModuleType:
    """Imports the module under test; a debug build is refused."""
    if engine == "mxnet":
        from mxnet import recordio  # type: ignore[import-not-found]

        return recordio  # type: ignore[no-any-return]
    import recordio_rs
    from recordio_rs._recordio_rs import is_debug_build

    if is_debug_build:
        raise SystemExit("this is a debug build: run 'make build'")
    return recordio_rs.recordio


def payloads(count: int, size: int) -> list[bytes]:
    """Returns a few different records of one size; the same ones for every engine."""
    generator = random.Random(0)
    return [generator.randbytes(size) for _ in range(min(count, 64))]


def write(recordio: ModuleType, stem: Path, count: int, size: int) -> int:
    """Writes the set with its index."""
    records = payloads(count, size)
    writer = recordio.MXIndexedRecordIO(f"{stem}.idx", f"{stem}.rec", "w")
    for key in range(count):
        writer.write_idx(key, records[key % len(records)])
    writer.close()
    return count


def read_in_sequence(recordio: ModuleType, stem: Path, count: int, size: int) -> int:
    """Reads the whole file, one record a call."""
    record = recordio.MXRecordIO(f"{stem}.rec", "r")
    read, found = record.read, 0
    while read() is not None:
        found += 1
    assert found == count
    return count


def iterate(recordio: ModuleType, stem: Path, count: int, size: int) -> int:
    """Reads the whole file by `for record in Reader`, which MXNet has not."""
    import recordio_rs

    found = 0
    for _ in recordio_rs.Reader(f"{stem}.rec", index=False):
        found += 1
    assert found == count
    return count


def open_for_random(recordio: ModuleType, stem: Path, count: int) -> tuple[Any, list[int]]:
    """Opens the file with its index and draws keys."""
    record = recordio.MXIndexedRecordIO(f"{stem}.idx", f"{stem}.rec", "r")
    generator = random.Random(1)
    return record, [generator.randrange(count) for _ in range(min(RANDOM_READS, count))]


def main() -> None:
    """Measures what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=["mxnet", "recordio_rs"])
    parser.add_argument("task", choices=["write", "sequence", "iterate", "random"])
    parser.add_argument("set", choices=list(SETS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=1.0)
    arguments = parser.parse_args()
    count, size = SETS[arguments.set]
    count = max(1, int(count * arguments.share))
    stem = arguments.folder / arguments.set
    recordio = recordio_of(arguments.engine)
    if arguments.task == "random":
        record, keys = open_for_random(recordio, stem, count)
        read_idx = record.read_idx

        def run() -> int:
            for key in keys:
                read_idx(key)
            return len(keys)
    else:
        tasks: dict[str, Callable[[ModuleType, Path, int, int], int]] = {
            "write": write,
            "sequence": read_in_sequence,
            "iterate": iterate,
        }

        def run() -> int:
            return tasks[arguments.task](recordio, stem, count, size)

    begin, cpu_begin = time.perf_counter(), time.process_time()
    records = run()
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"records": records, "seconds": seconds, "cpu": cpu_seconds, "peak_kib": peak_kib}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
