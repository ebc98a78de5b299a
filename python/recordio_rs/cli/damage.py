"""What is told of damage in a file that is read."""

from __future__ import annotations

from collections.abc import Sequence

from recordio_rs._counted import counted
from recordio_rs.cli.console import Console
from recordio_rs.cli.hints import report_hint
from recordio_rs.reports import Report
from recordio_rs.rescue import SkippedRegion

__all__ = ["tell_damage", "tell_skipped"]

_SHOWN = 5


def tell_damage(console: Console, path: str, report: Report | None) -> None:
    """Warns of what is wrong with a file, if anything is.

    Args:
        console: Told; the command ends with `exits.LOSSES` then.
        path: The file.
        report: What was found, if anybody looked.
    """
    if report is None or report.ok:
        return
    hint = report_hint(report)
    if hint is not None:
        console.lossy(f"{path}: {hint}")
        if not report.records:
            return
    for line in report.lines(_SHOWN):
        console.lossy(f"{path}: {line}")
    if (more := report.count - _SHOWN) > 0:
        told = counted(more, "more problem")
        console.warn(f"{path}: and {told}; recordio verify lists them all")
    console.is_lossy()


def tell_skipped(console: Console, path: str, regions: Sequence[SkippedRegion]) -> None:
    """Warns of regions of a file that are passed over, which is a loss if there are any."""
    for region in regions[:_SHOWN]:
        console.lossy(f"{path}: {region}")
    if (more := len(regions) - _SHOWN) > 0:
        told = counted(more, "more region")
        console.warn(f"{path}: and {told}; recordio verify lists them all")
