"""What may be behind an error or behind damage of a file, and what can be done about it."""

from __future__ import annotations

import click

from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexMismatchError,
    TruncatedRecordError,
)
from recordio_rs.reports import Report
from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.file_kinds import file_kind
from recordio_rs.tools.other_index import OTHER_INDEX
from recordio_rs.tools.sequence import DAMAGE

__all__ = ["add_hint", "kind_hint", "report_hint"]

_FLAG = "skip_damaged"


def kind_hint(path: str) -> str | None:
    """Returns what a file seems to be that does not begin as RecordIO does, or `None`."""
    kind = file_kind(path)
    return None if kind is None else f"no RecordIO file; it looks like {kind}"


def report_hint(report: Report) -> str | None:
    """Returns the same for a file with problems; `None` for one that has none."""
    return None if report.ok else kind_hint(report.path)


def add_hint(error: Exception) -> None:
    """Adds a note to an error that damage is: what may be behind it, or what can be done about it.

    This is to be done while the file is there: standard input may be kept in one for some time.

    Args:
        error: What the running command has met.
    """
    hint = _cause_of(error) or _remedy_for(error)
    # A command that has another one do its work gets its errors with their hints.
    if hint and hint not in getattr(error, "__notes__", []):
        error.add_note(hint)


def _cause_of(error: Exception) -> str | None:
    if isinstance(error, CorruptRecordError | TruncatedRecordError) and error.path is not None:
        return kind_hint(error.path)
    return OTHER_INDEX if isinstance(error, IndexMismatchError) else None


def _remedy_for(error: Exception) -> str | None:
    remedies = []
    if isinstance(error, (*DAMAGE, ConversionError)):
        # Where the option is given already, this is something that cannot be passed over.
        if click.get_current_context().params.get(_FLAG) is False:
            remedies.append("--skip-damaged goes on past it")
        if isinstance(error, DAMAGE):
            remedies.append("recordio repair writes all that is intact to a new file")
    return ", ".join(remedies) or None
