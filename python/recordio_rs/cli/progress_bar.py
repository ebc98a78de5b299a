"""A bar that shows how far work has come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from recordio_rs._progress import Progress as Tell

__all__ = ["progress_bar"]


class _RateColumn(ProgressColumn):
    """How many are done in a second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Returns the rate as text."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} {self._unit}/s")


@contextmanager
def progress_bar(label: str, unit: str) -> Iterator[Tell]:
    """Shows a bar on standard error while the block runs.

    Args:
        label: What stands before it.
        unit: "bytes", or what else is counted.

    Returns:
        What is called with how many are done and how many there are.
    """
    counted: list[ProgressColumn] = (
        [DownloadColumn(binary_units=False), TransferSpeedColumn()]
        if unit == "bytes"
        else [MofNCompleteColumn(), _RateColumn(unit)]
    )
    left = TimeRemainingColumn(elapsed_when_finished=True)
    console = Console(file=sys.stderr, force_terminal=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *counted,
        left,
        console=console,
        redirect_stdout=sys.stdout.isatty(),  # else what is printed may go to standard error
    ) as bar:
        task = bar.add_task(label, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tell
