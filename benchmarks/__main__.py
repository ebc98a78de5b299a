"""Measures everything, prints the tables and saves them.

Run as `python -m benchmarks`; `--help` lists the options.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine
from benchmarks.goals import verdicts
from benchmarks.plan import (
    COMMAND_WAYS,
    FLAT_WAYS,
    IMAGE_WAYS,
    MEMORY_WAYS,
    OPEN_WAYS,
    TASKS,
    WAYS,
    Way,
)
from benchmarks.report import markdown
from benchmarks.results import Measurement, Results
from benchmarks.run import PEERS_PYTHON, ROOT, Runner
from benchmarks.sets import (
    FULL,
    FULL_FLAT,
    FULL_IMAGES,
    FULL_INDEX,
    QUICK,
    QUICK_FLAT,
    QUICK_IMAGES,
    QUICK_INDEX,
    RecordSet,
)

_METHOD = (
    "each measurement in a fresh process of its engine's environment; the engines take turns in"
    " each round; files in the page cache; the best round counts; a peer is shown in its fastest"
    " settings"
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sets, one round")
    parser.add_argument("--rounds", type=int, help="5 if not given, or 1 of --quick")
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--sets", nargs="+", choices=[s.name for s in FULL])
    parser.add_argument("--out", type=Path, default=ROOT / "bench-results")
    parser.add_argument("--folder", type=Path, help="where 8 GB are free, for the sets")
    return parser


def _measure(runner: Runner, options: argparse.Namespace) -> Iterator[Measurement]:
    sets = [s for s in (QUICK if options.quick else FULL) if s.name in (options.sets or s.name)]
    most = max(sets, key=lambda records: records.count)
    for records in sets:
        ways = [*WAYS, *COMMAND_WAYS, *(MEMORY_WAYS if records == most else [])]
        yield from _of_set(runner, ways, records, options)
    for records in QUICK_FLAT if options.quick else FULL_FLAT:
        yield from _of_set(runner, FLAT_WAYS, records, options)
    images = QUICK_IMAGES if options.quick else FULL_IMAGES
    yield from _of_set(runner, IMAGE_WAYS, images, options)
    if "open" in options.tasks:
        index: RecordSet = QUICK_INDEX if options.quick else FULL_INDEX
        runner.make_index(index)
        found = [Measurement(way, index) for way in OPEN_WAYS]
        yield from _rounds(runner, found, options.rounds)
        runner.forget()


def _of_set(
    runner: Runner, ways: Sequence[Way], records: RecordSet, options: argparse.Namespace
) -> list[Measurement]:
    found = [Measurement(way, records) for way in ways if way.task in options.tasks]
    needed = dict.fromkeys(m.way.files for m in found if m.way.files is not None)
    runner.make(list(needed), records)
    _rounds(runner, found, options.rounds)
    runner.forget()
    return found


def _rounds(runner: Runner, found: list[Measurement], count: int) -> list[Measurement]:
    for number in range(count):
        first = number * len(found) // count  # so that nobody is always the first
        for measurement in found[first:] + found[:first]:
            way = measurement.way
            where = f"{measurement.records.name}, round {number + 1} of {count}"
            print(f"{where}: {way.task}, {way.engine}, {way.call}", file=sys.stderr)
            runner.measure(measurement)
    return found


def _save(out: Path, results: Results, facts: dict[str, str], runner: Runner) -> str:
    out.mkdir(parents=True, exist_ok=True)
    text = markdown(results, facts, runner.versions)
    (out / "table.md").write_text(text)
    judged = [{**asdict(verdict), "is_met": verdict.is_met} for verdict in verdicts(results)]
    saved = {
        "facts": facts,
        "versions": runner.versions,
        "measurements": [measurement.as_json() for measurement in results.all],
        "goals": judged,
    }
    (out / "results.json").write_text(json.dumps(saved, indent=1) + "\n")
    chart = [PEERS_PYTHON, "-m", "benchmarks.chart", str(out.resolve() / "results.json")]
    subprocess.run([*chart, str(out.resolve() / "chart.png")], cwd=ROOT, check=True)
    return text


def main() -> None:
    """Measures what the command line names."""
    options = _parser().parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    facts, begin = machine.facts(), time.monotonic()
    seconds, draws = (0.1, 20_000) if options.quick else (1.0, 200_000)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        runner = Runner(Path(folder), seconds, draws)
        results = Results(_measure(runner, options))
    facts["load after"] = f"{os.getloadavg()[0]:.2f}"
    facts["method"] = _METHOD
    facts["rounds"] = f"{options.rounds}{', small sets' if options.quick else ''}"
    facts["took"] = f"{time.monotonic() - begin:.0f} s"
    print(_save(options.out, results, facts, runner))


if __name__ == "__main__":
    main()
