"""The reports of several files, for commands that check or mend each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from recordio_rs._progress import Progress
from recordio_rs.cli.console import Console
from recordio_rs.cli.report_json import as_dict
from recordio_rs.cli.report_text import show, show_totals
from recordio_rs.cli.several import each
from recordio_rs.reports import Report

__all__ = ["SHOWN", "report_each"]

SHOWN = 20
"""How many problems, regions or keys of a file are shown to people."""


def report_each(
    make: Callable[[str, Progress | None], Report],
    paths: Sequence[str],
    *,
    jobs: int,
    console: Console,
    label: str,
    as_json: bool,
    is_list: bool = True,
    shown: int = SHOWN,
    more: Callable[[Report], Iterable[str]] = lambda _report: (),
    has_written: bool = False,
) -> None:
    """Makes a report of each of several files and tells it.

    Args:
        make: Makes the report of a file, as `each` calls it.
        paths: The files.
        jobs: How many of them at the same time.
        console: Where reports go; the command ends with `exits.LOSSES` if one has problems, and
            with `exits.FAILED` if a file cannot be read.
        label: What is being done.
        as_json: Whether the reports are printed as JSON, when all are there, instead of told.
        is_list: Whether that is a list of them, or the only one.
        shown: How many problems of a file are shown.
        more: Gives lines behind these.
        has_written: Whether the command writes files, so that reports are told on standard error.
    """
    found = list[tuple[str, Report | Exception]]()
    for path, report in each(make, paths, jobs=jobs, console=console, label=label):
        found.append((path, report))
        if isinstance(report, Report):
            if not report.ok:
                console.is_lossy()
            if has_written or not as_json:
                show(console, report, shown, more(report), has_written=has_written)
    if as_json:
        reports = [as_dict(path, report) for path, report in found]
        console.result(reports if is_list else reports[0])
    if len(found) > 1 and (has_written or not as_json):
        show_totals(console, [report for _, report in found], has_written=has_written)
