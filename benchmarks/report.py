"""The tables, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks.goals import Verdict, verdicts
from benchmarks.plan import COMMAND, OURS, TASKS
from benchmarks.results import Measurement, Results, ratio

_LOOPS = (
    *("sequence", "bulk", "random", "batch", "ahead", "threads", "write", "rebuild"),
    *("shuffle", "split", "pack", "encode", "unpack"),
)


def markdown(results: Results, facts: dict[str, str], versions: dict[str, dict[str, str]]) -> str:
    """Returns the whole report.

    Args:
        results: What was measured.
        facts: Of the machine and the method, by title.
        versions: By engine, those of its Python and packages.
    """
    lines = ["# Benchmarks", "", *_table(["", ""], ([*fact] for fact in facts.items()))]
    said = (
        [engine, ", ".join(f"{name} {version}" for name, version in found.items())]
        for engine, found in versions.items()
    )
    lines += ["", *_table(["engine", "versions"], said)]
    for task in _LOOPS:
        rows = list(_rows(results, task))
        if rows:
            head = ["set", "engine", "call", "settings", "records/s", "MB/s"]
            head += ["CPU s / million", "peak MB", "to MXNet", "to best peer"]
            lines += ["", f"## {TASKS[task].title.capitalize()}", "", *_table(head, rows)]
    lines += _opened(results) + _memory(results) + _flat(results) + _goals(verdicts(results))
    return "\n".join(lines) + "\n"


def _rows(results: Results, task: str) -> Iterator[list[str]]:
    for set_name in dict.fromkeys(found.records.name for found in results.of(task)):
        for found in results.shown(task, set_name):
            way = found.way
            yield [
                set_name,
                f"**{way.engine}**" if way.engine in (OURS, COMMAND) else way.engine,
                f"`{way.call}`",
                way.shown_settings,
                f"{found.rate:,.0f}",
                f"{found.megabytes:,.0f}",
                f"{found.cpu:.3f}",
                f"{found.lowest('peak') / 1e6:.1f}",
                _times(ratio(found, results.mxnet(task, set_name))),
                _times(ratio(found, results.best_peer(task, set_name))),
            ]


def _opened(results: Results) -> list[str]:
    found = results.of("open")
    if not found:
        return []
    head = ["engine", "call", "seconds", "CPU seconds", "peak MB", "kept MB", "to MXNet"]
    rows = (
        [
            m.way.engine,
            f"`{m.way.call}`",
            f"{m.best['seconds']:.3f}",
            f"{m.best['cpu']:.3f}",
            f"{m.lowest('peak') / 1e6:,.1f}",
            f"{m.lowest('own') / 1e6:,.1f}",
            _times(ratio(m, results.mxnet("open", m.records.name))),
        ]
        for m in found
    )
    title = f"## {TASKS['open'].title.capitalize()} of {found[0].records.count:,} keys"
    return ["", title, "", *_table(head, rows)]


def _memory(results: Results) -> list[str]:
    found = results.of("memory")
    if not found:
        return []
    head = ["call", "own MB, a tenth", "own MB, all", "peak MB, a tenth", "peak MB, all"]
    head += ["of it mapped file, MB"]
    rows = ([f"`{m.way.call}`", *_memory_figures(m)] for m in found)
    records = found[0].records
    title = f"## {TASKS['memory'].title.capitalize()} of {records.count:,} {records.name} records"
    return ["", title, "", *_table(head, rows)]


def _flat(results: Results) -> list[str]:
    found = results.of("flat")
    if not found:
        return []
    head = ["call", "records", "MB", "seconds", "peak MB"]
    rows = (
        [
            f"`{m.way.call}`",
            f"{m.records.count:,}",
            f"{m.records.count * m.records.size / 1e6:,.0f}",
            f"{m.best['seconds']:.2f}",
            f"{m.lowest('peak') / 1e6:.1f}",
        ]
        for m in found
    )
    return ["", f"## {TASKS['flat'].title.capitalize()}", "", *_table(head, rows)]


def _memory_figures(found: Measurement) -> list[str]:
    names = ("early_own", "own", "early_peak", "peak", "mapped")
    return [f"{found.lowest(name) / 1e6:.2f}" for name in names]


def _goals(found: Iterable[Verdict]) -> list[str]:
    rows = [
        [
            verdict.goal,
            f"{'<=' if verdict.is_limit else '>='} {verdict.wanted:.3g}{verdict.unit}",
            f"{verdict.measured:.3g}{verdict.unit}",
            "yes" if verdict.is_met else "**no**",
        ]
        for verdict in found
    ]
    if not rows:
        return []
    return ["", "## Goals", "", *_table(["goal", "wanted", "measured", "met"], rows)]


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} x"


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
