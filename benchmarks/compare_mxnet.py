"""Compares this package with the real MXNet 1.9.1, side by side in one run.

Every measurement is a process of its own, the engines take turns, the files are in the page cache,
and the best of the rounds counts: other work on the machine only ever makes a round slower.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import SETS

HERE = Path(__file__).resolve().parent
PYTHONS = {
    "mxnet": os.environ.get(
        "RECORDIO_MXNET_PYTHON", str(HERE.parent / ".venv-mxnet" / "bin" / "python")
    ),
    "recordio_rs": sys.executable,
}
# What is compared with what: title, then engine and task of each side.
ROWS = [
    ("write with index, `write_idx`", ("recordio_rs", "write"), ("mxnet", "write")),
    ("sequence, `MXRecordIO.read`", ("recordio_rs", "sequence"), ("mxnet", "sequence")),
    ("sequence, `for record in Reader`", ("recordio_rs", "iterate"), ("mxnet", "sequence")),
    ("random, `read_idx`", ("recordio_rs", "random"), ("mxnet", "random")),
]
Figures = dict[str, Any]


def measure(engine: str, task: str, name: str, folder: Path, share: float) -> Figures:
    """Measures one task in a process of its own."""
    command = [PYTHONS[engine], str(HERE / "measure.py"), engine, task, name, str(folder)]
    done = subprocess.run(
        [*command, "--share", str(share)], check=True, stdout=subprocess.PIPE, text=True
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def main() -> None:
    """Measures everything and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of each set's records")
    parser.add_argument("--json", type=Path, help="where to save all figures, too")
    arguments = parser.parse_args()
    best: dict[tuple[str, str, str], Figures] = {}
    sides = dict.fromkeys(side for _, ours, theirs in ROWS for side in (ours, theirs))
    for name in SETS:
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(arguments.rounds):
                for engine, task in sides:
                    figures = measure(engine, task, name, Path(folder), arguments.share)
                    kept = best.get((engine, task, name))
                    if kept is None or figures["seconds"] < kept["seconds"]:
                        best[engine, task, name] = figures
    print("| task | set | recordio_rs | MXNet 1.9.1 | ratio | CPU s per million, ours / MXNet's |")
    print("|---|---|---|---|---|---|")
    for title, ours, theirs in ROWS:
        for name in SETS:
            pair = best[*ours, name], best[*theirs, name]
            rates = [figures["records"] / figures["seconds"] for figures in pair]
            cpu = [figures["cpu"] / figures["records"] * 1e6 for figures in pair]
            print(
                f"| {title} | {name} | {rates[0] / 1e3:,.0f} k/s | {rates[1] / 1e3:,.0f} k/s "
                f"| {rates[0] / rates[1]:.1f} x | {cpu[0]:.2f} / {cpu[1]:.2f} |"
            )
    if arguments.json:
        saved = [
            {"engine": key[0], "task": key[1], "set": key[2], **value}
            for key, value in best.items()
        ]
        arguments.json.write_text(json.dumps(saved, indent=1))


if __name__ == "__main__":
    main()
