"""What is wrong with files of other formats."""

from __future__ import annotations

from recordio_rs.exceptions import RecordIOError

__all__ = ["ConversionError", "MissingColumnError"]


class ConversionError(RecordIOError, ValueError):
    """A file of another format is damaged, or has something that cannot be a record.

    That is left out where damage is to be skipped.
    """


class MissingColumnError(RecordIOError, ValueError):
    """A file of another format has not the columns for records: nothing of it can be one."""
