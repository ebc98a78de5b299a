"""The names of classes, from a file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recordio_rs.tools.label_text import label_text

__all__ = ["NO_NAMES", "class_name", "read_class_names"]

NO_NAMES: Mapping[int, str] = MappingProxyType({})


def read_class_names(path: str) -> dict[int, str]:
    """Reads the names of classes.

    Args:
        path: The file: a name in each line, for the classes 0, 1, 2 and so on; or a name, white
            space and its number in each, as im2rec prints folders, if the numbers are 0, 1, 2 and
            so on in some order.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        lines = [line.strip() for line in file.read().splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    pairs = [line.rsplit(None, 1) for line in lines if line]
    if all(len(pair) == 2 and pair[1].isascii() and pair[1].isdigit() for pair in pairs):
        numbered = {int(number): name for name, number in pairs}
        are_names = len({name for name, _ in pairs}) == len(pairs)
        if are_names and sorted(numbered) == list(range(len(pairs))):
            return numbered
    return {number: line for number, line in enumerate(lines) if line}


def class_name(label: float, names: Mapping[int, str]) -> str:
    """Returns the name of a class; its number if it has none."""
    text = label_text(label)
    return names.get(int(label), text) if label.is_integer() else text
