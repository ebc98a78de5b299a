"""What was measured, and how to find the best of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.gauge import Figures
from benchmarks.plan import MXNET, OURS, PEERS, TASKS, Way
from benchmarks.sets import RecordSet


@dataclass
class Measurement:
    """One way, one set, all rounds."""

    way: Way
    records: RecordSet
    rounds: list[Figures] = field(default_factory=list)

    @property
    def best(self) -> Figures:
        """The figures of the fastest round."""
        return max(self.rounds, key=_rate)

    @property
    def rate(self) -> float:
        """Records a second in the best round."""
        return _rate(self.best)

    @property
    def median_rate(self) -> float:
        """Records a second in the median round."""
        return statistics.median(_rate(figures) for figures in self.rounds)

    @property
    def megabytes(self) -> float:
        """Megabytes of records a second in the best round."""
        return self.rate * self.records.size / 1e6

    @property
    def cpu(self) -> float:
        """CPU seconds of a million records, the least of all rounds."""
        return min(figures["cpu"] / figures["records"] for figures in self.rounds) * 1e6

    def lowest(self, name: str) -> float:
        """Returns the lowest figure of this name in all rounds."""
        return min(figures[name] for figures in self.rounds)

    def as_json(self) -> dict[str, Any]:
        """Returns everything, for `results.json`."""
        way = self.way
        return {
            "task": way.task,
            "engine": way.engine,
            "call": way.call,
            "settings": dict(way.settings),
            "set": self.records.name,
            "records": self.records.count,
            "bytes": self.records.size,
            "records_per_second": self.rate,
            "median_records_per_second": self.median_rate,
            "megabytes_per_second": self.megabytes,
            "cpu_seconds_per_million": self.cpu,
            "peak_bytes": self.lowest("peak"),
            "rounds": self.rounds,
        }


class Results:
    """All measurements."""

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        self.all = list(measurements)

    def of(self, task: str, set_name: str | None = None) -> list[Measurement]:
        """Returns the measurements of a task, and of a set if one is named."""
        return [
            found
            for found in self.all
            if found.way.task == task and set_name in (None, found.records.name)
        ]

    def ours(self, task: str, call: str, set_name: str) -> Measurement | None:
        """Returns the measurement of a call of ours."""
        found = (m for m in self.of(task, set_name) if (m.way.engine, m.way.call) == (OURS, call))
        return next(found, None)

    def fastest(
        self, engines: Sequence[str], tasks: Sequence[str], set_name: str
    ) -> Measurement | None:
        """Returns the fastest way of these engines for one of these tasks."""
        found = [m for task in tasks for m in self.of(task, set_name) if m.way.engine in engines]
        return max(found, key=lambda measurement: measurement.rate, default=None)

    def mxnet(self, task: str, set_name: str) -> Measurement | None:
        """Returns what MXNet has to be compared with for a task."""
        counterpart = TASKS[task].mxnet
        return self.fastest([MXNET], [counterpart] if counterpart else [], set_name)

    def best_peer(self, task: str, set_name: str) -> Measurement | None:
        """Returns the fastest of the peers' ways that a task is compared with."""
        return self.fastest(PEERS, TASKS[task].peers, set_name)

    def shown(self, task: str, set_name: str) -> list[Measurement]:
        """Returns what a table shows: each call of an engine, in its fastest settings."""
        fastest: dict[tuple[str, str], Measurement] = {}
        for found in self.of(task, set_name):
            kept = fastest.setdefault((found.way.engine, found.way.call), found)
            if found.rate > kept.rate:
                fastest[found.way.engine, found.way.call] = found
        return list(fastest.values())


def ratio(ours: Measurement | None, theirs: Measurement | None) -> float | None:
    """Returns how many times as fast ours is, where there are both."""
    return ours.rate / theirs.rate if ours and theirs else None


def _rate(figures: Figures) -> float:
    return figures["records"] / figures["seconds"]
