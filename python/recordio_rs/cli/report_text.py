"""Reports of `verify` and `repair` for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recordio_rs._counted import counted
from recordio_rs.cli.console import Console
from recordio_rs.cli.hints import report_hint
from recordio_rs.cli.terminal import printable, styled
from recordio_rs.reports import Report

__all__ = ["show", "show_totals"]


def show(
    console: Console,
    report: Report,
    shown: int,
    more: Iterable[str] = (),
    *,
    has_written: bool = False,
) -> None:
    """Tells a report, as `Console.report` does; on a terminal, what is wrong stands out.

    Args:
        console: Where it goes.
        report: What was found.
        shown: How many problems are listed at most.
        more: Lines behind the problems.
        has_written: Whether it is of a command that writes files.
    """

    def tell(line: str) -> None:
        console.report(line, has_written=has_written, is_bad=not report.ok)

    tell(styled(report.summary, fg="green" if report.ok else "red"))
    if (hint := report_hint(report)) is not None:
        tell(f"  {printable(hint)}")
    for line in report.details(shown):
        kind, colon, reason = line.partition(": ")
        marked = styled(kind, fg="yellow") if colon else printable(kind)
        tell(f"  {marked}{colon}{printable(reason)}")
    for line in more:
        tell(f"  {printable(line)}")


def show_totals(
    console: Console, results: Sequence[Report | Exception], *, has_written: bool = False
) -> None:
    """Tells how many of several files are whole, as `show` tells of one."""
    reports = [result for result in results if isinstance(result, Report)]
    whole = sum(report.ok for report in reports)
    records = counted(sum(report.records for report in reports), "intact record")
    parts = [counted(len(results), "file"), records]
    if damaged := len(reports) - whole:
        parts.append(f"{counted(damaged, 'file')} with problems")
    if unread := len(results) - len(reports):
        parts.append(f"{counted(unread, 'file')} not read")
    if whole == len(results):
        parts.append("no problem")
    console.report(", ".join(parts), has_written=has_written)
