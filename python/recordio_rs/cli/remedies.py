"""What can be done about damage that ends a command, or keeps it from a file."""

from __future__ import annotations

import click

from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexFormatError,
    IndexMismatchError,
    TruncatedRecordError,
)
from recordio_rs.tools.converting.errors import ConversionError

__all__ = ["remedy_for"]

_DAMAGE = (CorruptRecordError, TruncatedRecordError, IndexFormatError, IndexMismatchError)
_FLAG = "skip_damaged"


def remedy_for(error: Exception) -> str | None:
    """Returns what the user can do about an error, if it is of damage.

    Args:
        error: What the running command has met.
    """
    remedies = []
    if isinstance(error, (*_DAMAGE, ConversionError)):
        # Where the option is given already, this is something that cannot be passed over.
        if click.get_current_context().params.get(_FLAG) is False:
            remedies.append("--skip-damaged goes on past it")
        if isinstance(error, _DAMAGE):
            remedies.append("recordio repair writes all that is intact to a new file")
    return ", ".join(remedies) or None
