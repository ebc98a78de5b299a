"""What may be behind an error, or behind damage of a file."""

from __future__ import annotations

from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexMismatchError,
    TruncatedRecordError,
)
from recordio_rs.reports import Report
from recordio_rs.tools.file_kinds import file_kind
from recordio_rs.tools.looking import OTHER_INDEX

__all__ = ["add_hint", "kind_hint", "report_hint"]


def kind_hint(path: str) -> str | None:
    """Returns what a file seems to be that does not begin as RecordIO does, or `None`."""
    kind = file_kind(path)
    return None if kind is None else f"no RecordIO file; it looks like {kind}"


def report_hint(report: Report) -> str | None:
    """Returns the same for a file with problems; `None` for one that has none."""
    return None if report.ok else kind_hint(report.path)


def add_hint(error: Exception) -> None:
    """Adds a note to an error that damage is, if anything is known of what is behind it.

    This is to be done while the file is there: standard input may be kept in one for some time.
    """
    hint: str | None = None
    if isinstance(error, CorruptRecordError | TruncatedRecordError) and error.path is not None:
        hint = kind_hint(error.path)
    elif isinstance(error, IndexMismatchError):
        hint = OTHER_INDEX
    if hint is not None and hint not in getattr(error, "__notes__", []):
        error.add_note(hint)
