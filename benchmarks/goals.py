"""What this package is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.plan import BARE, COMMAND, MXNET, OURS, PLAIN
from benchmarks.results import Measurement, Results

FLAT = 1 << 20
"""How many bytes may come between a tenth of the records and all: noise of an allocator."""


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured.

    Attributes:
        goal: What is compared, with what, on which set.
        wanted: The least, or the most in `is_limit`.
        measured: The figure.
        is_limit: Whether the figure has to stay below what is wanted.
        unit: What follows the figures.
    """

    goal: str
    wanted: float
    measured: float
    is_limit: bool = False
    unit: str = " x"

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.measured <= self.wanted if self.is_limit else self.measured >= self.wanted


@dataclass(frozen=True)
class _Goal:
    task: str
    call: str
    against: str  # "MXNet", "peer" or BARE
    wanted: dict[str, float]


_GOALS = [
    _Goal("sequence", "MXRecordIO.read", MXNET, {"tiny": 10, "face": 6, "net": 3}),
    _Goal("sequence", "for record in Reader", MXNET, {"tiny": 20}),
    _Goal("sequence", "for record in Reader", "peer", {"tiny": 4, "face": 1.3, "net": 1.3}),
    _Goal("random", "MXIndexedRecordIO.read_idx", MXNET, {"tiny": 8, "face": 4.5, "net": 1.8}),
    _Goal("random", "MXIndexedRecordIO.read_idx", "peer", {"tiny": 1, "face": 1, "net": 1}),
    _Goal("batch", "read_batch", MXNET, {"tiny": 20}),
    _Goal("batch", "read_batch", "peer", {"tiny": 2, "face": 1.2, "net": 1.1}),
    _Goal("batch", "read_packed", MXNET, {"tiny": 50}),
    _Goal("write", "MXIndexedRecordIO.write_idx", MXNET, {"tiny": 5}),
    _Goal("write", "Writer.write", MXNET, {"tiny": 5}),
    _Goal("write", "MXIndexedRecordIO.write_idx", BARE, {"face": 0.95, "net": 0.95}),
    _Goal("write", "Writer.write", BARE, {"face": 0.95, "net": 0.95}),
    _Goal("rebuild", "len(Reader)", MXNET, {"face": 50}),
]


@dataclass(frozen=True)
class _CommandGoal:
    """How fast a command is to be.

    Attributes:
        task: Its task.
        call: The command.
        against: The engine that it is compared with, and what is called there.
        wanted: How many times as fast, by set.
    """

    task: str
    call: str
    against: tuple[str, str]
    wanted: dict[str, float]


# Three times MXNet's loop is not to be had for records of 110 kB: a bare copy of the file, which
# looks at nothing and waits for no disk, has 2.1 to 2.7. It is the goal all the same, and missed.
_COMMAND_GOALS = [
    _CommandGoal(
        "shuffle",
        "recordio shuffle",
        (MXNET, "write_idx(i, read_idx(k))"),
        {"tiny": 3, "face": 3, "net": 3},
    ),
    _CommandGoal(
        "split",
        "recordio split -n 8",
        (MXNET, "write_idx(k, read_idx(k))"),
        {"tiny": 3, "face": 3, "net": 3},
    ),
    _CommandGoal("pack", "recordio pack --pass-through", (PLAIN, "write(read())"), {"images": 1}),
    _CommandGoal("encode", "recordio pack", (PLAIN, "imencode(imread(...))"), {"images": 0.95}),
    _CommandGoal(
        "encode",
        "recordio pack --resize 128",
        (PLAIN, "imencode(resize(imread(...)))"),
        {"images": 0.95},
    ),
    _CommandGoal("unpack", "recordio unpack", (PLAIN, "cp -r"), {"images": 1}),
]
# A few dozen bytes for each of 300,000 records; and how many batches are in memory at a time, which
# is one more where the disk is slow.
_GROWTH = 32 << 20
_NAMES = {MXNET: "MXNet", "peer": "the best peer", BARE: "a bare `file.write`"}
_OPEN_SPEED, _OPEN_MEMORY, _THREADS = 40, 6, 1.7


def verdicts(results: Results) -> Iterator[Verdict]:
    """Yields a verdict on every goal that something was measured for."""
    yield from _of_speed(results)
    yield from _of_open(results)
    yield from _of_threads(results)
    yield from _of_memory(results)
    yield from _of_cpu(results)
    yield from _of_commands(results)
    yield from _of_flat(results)


def _of_commands(results: Results) -> Iterator[Verdict]:
    for goal in _COMMAND_GOALS:
        for set_name, wanted in goal.wanted.items():
            by_call = {(m.way.engine, m.way.call): m for m in results.of(goal.task, set_name)}
            ours, theirs = by_call.get((COMMAND, goal.call)), by_call.get(goal.against)
            if ours and theirs:
                title = f"`{goal.call}` to `{goal.against[1]}` of {goal.against[0]}, {set_name}"
                yield Verdict(title, wanted, ours.rate / theirs.rate)


def _of_flat(results: Results) -> Iterator[Verdict]:
    found = results.of("flat")
    for call in dict.fromkeys(m.way.call for m in found):
        some, all_ = (m.lowest("peak") for m in found if m.way.call == call)
        title = f"peak memory of `{call}`, from a quarter of the records to all"
        yield Verdict(title, _GROWTH / 1e6, (all_ - some) / 1e6, is_limit=True, unit=" MB")


def _of_speed(results: Results) -> Iterator[Verdict]:
    for goal in _GOALS:
        for set_name, wanted in goal.wanted.items():
            ours = results.ours(goal.task, goal.call, set_name)
            theirs = _opponent(results, goal, set_name)
            if ours and theirs:
                title = f"`{goal.call}` to {_NAMES[goal.against]}, {set_name}"
                yield Verdict(title, wanted, ours.rate / theirs.rate)


def _opponent(results: Results, goal: _Goal, set_name: str) -> Measurement | None:
    if goal.against == MXNET:
        return results.mxnet(goal.task, set_name)
    if goal.against == BARE:
        return results.fastest([BARE], [goal.task], set_name)
    return results.best_peer(goal.task, set_name)


def _of_open(results: Results) -> Iterator[Verdict]:
    found = results.of("open")
    theirs = next((m for m in found if m.way.engine == MXNET), None)
    for ours in (m for m in found if theirs and m.way.engine == OURS):
        assert theirs is not None
        title = f"open {ours.records.count:,} keys, `{ours.way.call}` to MXNet"
        yield Verdict(f"{title}, speed", _OPEN_SPEED, ours.rate / theirs.rate)
        memory = theirs.lowest("peak") / max(ours.lowest("peak"), 1)
        yield Verdict(f"{title}, memory saved", _OPEN_MEMORY, memory)


def _of_threads(results: Results) -> Iterator[Verdict]:
    for set_name in dict.fromkeys(m.records.name for m in results.of("threads")):
        for call in ("read_batch", "read_packed"):
            one = results.ours("threads", f"{call}, 1 thread", set_name)
            two = results.ours("threads", f"{call}, 2 threads", set_name)
            if one and two:
                title = f"`{call}` in two threads to one, {set_name}"
                yield Verdict(title, _THREADS, two.rate / one.rate)


def _of_memory(results: Results) -> Iterator[Verdict]:
    for found in results.of("memory"):
        growth = min(figures["own"] - figures["early_own"] for figures in found.rounds)
        title = f"memory of `{found.way.call}`, from a tenth of the records to all"
        yield Verdict(title, FLAT / 1e6, growth / 1e6, is_limit=True, unit=" MB")


def _of_cpu(results: Results) -> Iterator[Verdict]:
    calls = dict.fromkeys((goal.task, goal.call, goal.against) for goal in _GOALS)
    for task, call, against in calls:
        goal = _Goal(task, call, against, {})
        for set_name in dict.fromkeys(m.records.name for m in results.of(task)):
            ours = results.ours(task, call, set_name)
            theirs = _opponent(results, goal, set_name)
            if ours and theirs and against != BARE:
                title = f"CPU time saved, `{call}` to {_NAMES[against]}, {set_name}"
                yield Verdict(title, 1, theirs.cpu / ours.cpu)
