"""Standard streams that the process was started without."""

from __future__ import annotations

import os
import sys

__all__ = ["fill_closed_streams"]


def fill_closed_streams() -> None:
    """Opens something for standard streams that are closed: no other file gets their numbers.

    To read or to print fails then; what would be said on standard error goes nowhere.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            if os.open(os.devnull, flags) != number:  # the least that is free
                return
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
