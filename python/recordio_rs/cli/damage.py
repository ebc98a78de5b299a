"""What is told of damage in a file that is used nevertheless."""

from __future__ import annotations

from collections.abc import Sequence

from recordio_rs.cli.console import Console
from recordio_rs.reports import Report
from recordio_rs.rescue import SkippedRegion
from recordio_rs.tools.counted import counted

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
    count = len(report.problems) + report.omitted
    for problem in report.problems[:_SHOWN]:
        console.lossy(f"{path}: {problem}")
    if (more := count - _SHOWN) > 0:
        told = counted(more, "more problem")
        console.warn(f"{path}: and {told}; recordio verify lists them")
    console.is_lossy()


def tell_skipped(console: Console, path: str, regions: Sequence[SkippedRegion]) -> None:
    """Warns of regions of a file that are passed over, which is a loss if there are any."""
    for region in regions[:_SHOWN]:
        console.lossy(f"{path}: {region}")
    if (more := len(regions) - _SHOWN) > 0:
        console.warn(f"{path}: and {counted(more, 'more region')}; recordio verify lists them")
