"""Text in pixels."""

from __future__ import annotations

from functools import cache
from typing import Any

from recordio_rs.images import opencv
from recordio_rs.tools.viewing.pictures import Pixels
from recordio_rs.tools.viewing.words import TIMES, printable

__all__ = ["REGULAR", "SEMIBOLD", "draw", "fitted", "width_of"]

Colour = tuple[int, int, int]

REGULAR, SEMIBOLD = 400, 600

# The letters of OpenCV before 5 are lines; at scale 1 a capital is 21 pixels high.
_HERSHEY_SIZE = 30
_CUT = "..."


@cache
def _face() -> Any | None:  # noqa: ANN401  # OpenCV has no types before 5
    """Returns a typeface, if this OpenCV has one."""
    cv2 = opencv()
    return cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None


def _ascii(text: str) -> str:
    plain = text.replace("·", "-").replace(TIMES, "x")
    return plain.encode("ascii", "replace").decode()


def draw(
    image: Pixels, text: str, at: tuple[int, int], colour: Colour, size: int, weight: int = REGULAR
) -> None:
    """Draws a line of text.

    Args:
        image: Where it goes to.
        text: The text; what cannot be shown is `?`.
        at: Where it begins, on the baseline.
        colour: Blue, green and red.
        size: Its height in pixels.
        weight: How bold it is.
    """
    cv2, face = opencv(), _face()
    # OpenCV takes a text for UTF-8 without a look at it, and crashes if it is none.
    text = printable(text)
    if face is not None:
        # Nothing is wrapped.
        cv2.putText(image, text, at, colour, face, size, weight, 0, (at[0], 1 << 20))
        return
    scale, thickness = size / _HERSHEY_SIZE, 2 if weight > REGULAR else 1
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(image, _ascii(text), at, font, scale, colour, thickness, cv2.LINE_AA)


def width_of(text: str, size: int, weight: int = REGULAR) -> int:
    """Returns how many pixels wide a text is."""
    cv2, face = opencv(), _face()
    text = printable(text)
    if face is not None:
        _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), face, size, weight)
        return int(width)
    thickness = 2 if weight > REGULAR else 1
    font = cv2.FONT_HERSHEY_SIMPLEX
    (width, _), _ = cv2.getTextSize(_ascii(text), font, size / _HERSHEY_SIZE, thickness)
    return int(width)


def fitted(text: str, room: int, size: int, weight: int = REGULAR) -> str:
    """Returns a text, cut if it is wider than there is room for."""
    if width_of(text, size, weight) <= room:
        return text
    # Nobody reads so much; and to measure it takes its time.
    low, high = 0, min(len(text), room)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle].rstrip() + _CUT, size, weight) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _CUT
