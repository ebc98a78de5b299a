"""Reports of `verify` and `repair` for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recordio_rs.cli.console import Console
from recordio_rs.cli.hints import report_hint
from recordio_rs.cli.terminal import printable, styled
from recordio_rs.reports import Report
from recordio_rs.tools.counted import counted

__all__ = ["show", "show_totals"]


def show(console: Console, report: Report, shown: int, more: Iterable[str] = ()) -> None:
    """Prints a report; on a terminal, what is wrong stands out.

    Args:
        console: Where it goes.
        report: What was found.
        shown: How many problems are listed at most.
        more: Lines behind the problems.
    """
    console.text(styled(report.summary, fg="green" if report.ok else "red"))
    if (hint := report_hint(report)) is not None:
        console.text(f"  {printable(hint)}")
    for line in report.details(shown):
        kind, colon, reason = line.partition(": ")
        marked = styled(kind, fg="yellow") if colon else printable(kind)
        console.text(f"  {marked}{colon}{printable(reason)}")
    for line in more:
        console.text(f"  {printable(line)}")


def show_totals(console: Console, results: Sequence[Report | Exception]) -> None:
    """Tells how many of several files are whole."""
    reports = [result for result in results if isinstance(result, Report)]
    whole = sum(report.ok for report in reports)
    records = sum(report.records for report in reports)
    parts = [counted(len(results), "file"), counted(records, "intact record")]
    if damaged := len(reports) - whole:
        parts.append(f"{damaged} with problems")
    if unread := len(results) - len(reports):
        parts.append(f"{unread} that cannot be read")
    if whole == len(results):
        parts.append("no problem")
    console.say(", ".join(parts))
