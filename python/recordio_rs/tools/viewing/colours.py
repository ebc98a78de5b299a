"""The colours of classes."""

from __future__ import annotations

import math

__all__ = ["COLOURS", "colour_of", "is_light", "rgb"]

COLOURS = (
    "#ff4757",
    "#1e90ff",
    "#2ecc71",
    "#ffb142",
    "#a55eea",
    "#00cec9",
    "#ff6b9d",
    "#c0d72f",
    "#ff793f",
    "#5352ed",
    "#d1a054",
    "#70a1ff",
)
"""The colours, one for each class; after the last one comes the first one again."""


def colour_of(class_id: float) -> int:
    """Returns the place of the colour of a class."""
    return int(class_id) % len(COLOURS) if math.isfinite(class_id) else 0


def rgb(colour: str) -> tuple[int, int, int]:
    """Returns red, green and blue of a colour, each from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def is_light(colour: str) -> bool:
    """Returns whether black can be read better on a colour than white."""
    red, green, blue = rgb(colour)
    return 299 * red + 587 * green + 114 * blue > 140_000
