"""Draws the chart: `python -m benchmarks.chart RESULTS.json CHART.png`.

Runs in the environment of the peers, which has Matplotlib.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib  # type: ignore[import-not-found]

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # type: ignore[import-not-found]

from benchmarks.plan import ARRAY_RECORD, BAGZ, BARE, MXNET, OURS, TASKS

_PANELS = ("sequence", "random", "batch", "ahead", "write", "rebuild")
_COLOURS = {MXNET: "#9a9a9a", BAGZ: "#e69f00", ARRAY_RECORD: "#56b4e9", BARE: "#222222"}
_OURS_COLOURS = ("#00794f", "#44b583", "#a3dcbf")

Row = dict[str, Any]


def _best(rows: list[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    """Returns by engine and call, and then by set, the row with the fastest settings."""
    best: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row["engine"] == OURS and "backend" in row["settings"]:
            continue
        by_set = best.setdefault((row["engine"], row["call"]), {})
        kept = by_set.setdefault(row["set"], row)
        if row["records_per_second"] > kept["records_per_second"]:
            by_set[row["set"]] = row
    return best


def _references(rows: list[Row], task: str) -> dict[str, float]:
    """Returns by set what MXNet does in a second, one record a call."""
    wanted = TASKS[task].mxnet
    return {
        row["set"]: row["records_per_second"]
        for row in rows
        if (row["engine"], row["task"]) == (MXNET, wanted)
    }


def _times(ratio: float) -> str:
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2g}x"


def _draw(axes: Any, rows: list[Row], task: str) -> None:  # noqa: ANN401
    best = _best([row for row in rows if row["task"] == task])
    references = _references(rows, task)
    sets = list(dict.fromkeys(row["set"] for row in rows if row["task"] == task))
    width = 0.84 / len(best)
    shades = iter(_OURS_COLOURS)
    ordered = sorted(best.items(), key=lambda item: item[0][0] != OURS)
    for number, ((engine, call), by_set) in enumerate(ordered):
        colour = next(shades) if engine == OURS else _COLOURS[engine]
        places = [sets.index(name) - 0.42 + (number + 0.5) * width for name in by_set]
        rates = [row["records_per_second"] for row in by_set.values()]
        axes.bar(places, rates, width * 0.94, color=colour, label=f"{engine}: {call}")
        for place, rate, name in zip(places, rates, by_set, strict=True):
            label = _times(rate / references[name]) if name in references else ""
            axes.annotate(label, (place, rate), (0, 2), textcoords="offset points", ha="center")
    axes.set_yscale("log")
    axes.set_ymargin(0.12)
    axes.set_xticks(range(len(sets)), sets)
    axes.set_title(TASKS[task].title, loc="left", fontweight="bold")
    axes.set_ylabel("records/s")
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, frameon=False)


def main() -> None:
    """Draws the chart that the command line names."""
    results = json.loads(Path(sys.argv[1]).read_text())
    rows: list[Row] = results["measurements"]
    panels = [task for task in _PANELS if any(row["task"] == task for row in rows)]
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    height = max(1, (len(panels) + 1) // 2)
    figure, grid = plt.subplots(
        height, 2, figsize=(15, 5.2 * height), layout="constrained", squeeze=False
    )
    for axes, task in zip(grid.flat, panels, strict=False):
        _draw(axes, rows, task)
    for axes in grid.flat[len(panels) :]:
        axes.remove()
    facts = results["facts"]
    figure.suptitle(
        "Records a second, log scale; labels: times MXNet 1.9.1, one record a call\n"
        f"{facts['CPU']}, {facts['cores']} cores, {facts['date']}, rounds: {facts['rounds']}"
    )
    figure.savefig(sys.argv[2], dpi=110)


if __name__ == "__main__":
    main()
