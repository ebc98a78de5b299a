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
        ignored: What is treated as if it were not there, by the names that `Losses.lost_fields`
            has; with or without the dot before the suffix of a member.
    """

    image: str | None = None
    label: str | None = None
    ignored: frozenset[str] = frozenset()

    def ignores(self, name: str) -> bool:
        """Tells whether a member, a feature or a column is to be ignored."""
        return not self.ignored.isdisjoint((name, name.removeprefix(".")))
