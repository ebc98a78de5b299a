"""What a conversion cannot carry over, and what of its sources is damaged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.converting.sample import Label

__all__ = ["Losses"]

_TOLD, _OTHERS = 1000, "others"


@dataclass
class Losses:
    """What is lost on the way.

    Attributes:
        skip_damaged: Whether to go on where something is damaged or cannot be a record.
        damage: What is wrong, in words; the first thousand of these.
        damage_count: How many there are.
        lost_fields: How many samples have something that a record has no place for, by its name:
            `.txt` for a member of WebDataset, `.json.width` for a name in its `.json`, the name of
            a member that belongs to no sample, of a feature or of a column, `image.path` for a
            field of a column. Of the first thousand names; "others" for all others.
        rounded_labels: How many labels are too large for float32: integers that become others, and
            what becomes infinite.
        without_label: How many samples have no label, and get 0.
    """

    skip_damaged: bool = False
    damage: list[str] = field(default_factory=list)
    damage_count: int = 0
    lost_fields: Counter[str] = field(default_factory=Counter)
    rounded_labels: int = 0
    without_label: int = 0

    def lost(self, name: str, count: int = 1) -> None:
        """Takes down that a record has no place for something of a sample.

        Args:
            name: What it is called.
            count: How many samples have it.
        """
        is_told = name in self.lost_fields or len(self.lost_fields) < _TOLD
        self.lost_fields[name if is_told else _OTHERS] += count

    def damaged(self, error: RecordIOError) -> None:
        """Takes down that something of a source is left out.

        Raises:
            RecordIOError: The error, if damage is not to be skipped.
        """
        if not self.skip_damaged:
            raise error
        self.damage_count += 1
        if len(self.damage) < _TOLD:
            self.damage.append(str(error))

    def label(self, value: Any, path: str, key: str) -> Label:  # noqa: ANN401 (what a file holds)
        """Returns what a file of another format has for a label, as a record can have it.

        Args:
            value: A number, or several; `None` if there is none.
            path: The file.
            key: The key of the sample.

        Raises:
            ConversionError: It is no number.
        """
        if value is None:
            self.without_label += 1
            return 0.0
        try:
            exact = np.asarray(value)
            if exact.dtype.kind not in "biuf" or exact.ndim > 1:
                raise ValueError
            with np.errstate(over="ignore"):
                label = exact.astype("<f4")
        except (TypeError, ValueError, OverflowError):
            shown = repr(value)[:60]
            message = f"the label is {shown}; a record has one number, or a list of them"
            raise ConversionError(message, path, key=key) from None
        self.without_label += not exact.size
        self.rounded_labels += _is_rounded(exact, label)
        return float(label) if label.ndim == 0 else label


def _is_rounded(exact: npt.NDArray[Any], label: npt.NDArray[np.float32]) -> bool:
    """Tells whether a whole number has become another one, or a finite one infinite."""
    if exact.dtype.kind != "f":
        return label.ravel().tolist() != exact.ravel().tolist()
    is_other = label.astype(exact.dtype) != exact
    return bool((is_other & ((exact == np.rint(exact)) | np.isinf(label))).any())
