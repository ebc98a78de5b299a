"""Which parts of a sample in another format are image and label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Fields", "Tell"]

Tell = Callable[[int], object]
"""What a reader calls with how many bytes of its file are done."""


@dataclass(frozen=True)
class Fields:
    """Names that the user gives; `None` for what is usual in a format.

    Attributes:
        image: Where the image is: the suffix of a member, a feature or a column.
        label: Where the label is; in WebDataset also a name in the `.json` of a sample.
    """

    image: str | None = None
    label: str | None = None
