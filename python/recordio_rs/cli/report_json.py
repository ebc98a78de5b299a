"""Reports of `verify` and `repair` for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from recordio_rs.cli.exits import text_of
from recordio_rs.reports import Report
from recordio_rs.tools.file_kinds import file_kind

__all__ = ["as_dict"]


def as_dict(path: str, report: Report | Exception) -> dict[str, Any]:
    """Returns a report as JSON has it.

    `looks_like` is what the file seems to be if it is no RecordIO file, or `null`.

    Args:
        path: The file.
        report: What was found, or the error if the file could not be read.
    """
    if isinstance(report, Report):
        kind = None if report.ok else file_kind(report.path)
        found = {"path": path, "ok": report.ok, **asdict(report), "looks_like": kind}
        if report.written is None:  # nothing was to be
            del found["written"]
        return found
    return {"path": path, "ok": False, "error": text_of(report)}
