"""What commands that only look say of damage."""

from __future__ import annotations

from recordio_rs.cli.console import Console
from recordio_rs.reports import Report

__all__ = ["tell_damage"]

_SHOWN = 5


def tell_damage(console: Console, path: str, report: Report | None) -> None:
    """Warns of what is wrong with a file, if anything is; the command ends with `exits.LOSSES`.

    Args:
        console: Told.
        path: The file.
        report: What was found, or `None` if nobody looked.
    """
    if report is None or report.ok:
        return
    for problem in report.problems[:_SHOWN]:
        console.lossy(f"{path}: {problem}")
    count = len(report.problems) + report.omitted
    if count > _SHOWN:
        console.lossy(f"{path}: {count - _SHOWN:,} more problems; recordio verify lists them")
