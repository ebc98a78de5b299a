"""A contact sheet: images in rows, as one image."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import BinaryIO

import numpy as np

from recordio_rs.images import opencv
from recordio_rs.tools.class_names import class_name
from recordio_rs.tools.detection import Box
from recordio_rs.tools.viewing.cards import Card
from recordio_rs.tools.viewing.colours import COLOURS, colour_of, is_light, rgb
from recordio_rs.tools.viewing.lettering import REGULAR, SEMIBOLD, draw, fitted, width_of
from recordio_rs.tools.viewing.pictures import Pixels
from recordio_rs.tools.viewing.words import About, caption, detail, subtitle

__all__ = ["Sheet", "SheetTooLargeError"]

_MARGIN, _GAP = 28, 16
_HEADING = 74
_TITLE, _SUBTITLE, _CAPTION, _DETAIL, _CHIP = 26, 15, 14, 12, 12
_CAPTION_HEIGHT = 44
_MAX_PIXELS, _MAX_SIDE = 400_000_000, 65_000
_MAX_WIDTH = 2400
_MOST_CHIPS = 20
_LINES = 5

# Blue, green, red.
_PAPER, _GROUND, _WRONG = (252, 250, 250), (240, 236, 236), (236, 234, 253)
_INK, _FAINT, _RED, _WHITE = (32, 28, 28), (128, 118, 118), (52, 40, 200), (255, 255, 255)


class SheetTooLargeError(Exception):
    """A sheet would have too many pixels; the message says what to do."""


class Sheet:
    """A contact sheet that is being made.

    Args:
        about: What is said of all of it.
        count: How many images there will be.
        size: The side of the square that an image gets, in pixels.
        columns: How many there are in a row; as many as look good if not given.

    Raises:
        SheetTooLargeError: It would have too many pixels.
    """

    def __init__(self, about: About, count: int, size: int, columns: int | None = None) -> None:
        self._about = about
        self._size = size
        self._columns = columns or _columns(count, size)
        rows = max(1, math.ceil(count / self._columns))
        least = width_of(subtitle(about), _SUBTITLE)
        width = max(self._columns * (size + _GAP) - _GAP, min(least, 900)) + 2 * _MARGIN
        height = _HEADING + rows * (size + _CAPTION_HEIGHT + _GAP) + _MARGIN
        if width * height > _MAX_PIXELS or max(width, height) > _MAX_SIDE:
            message = f"the sheet would have {width:,} x {height:,} pixels"
            raise SheetTooLargeError(f"{message}; take a smaller --count or --size, or a page")
        self._image: Pixels = np.full((height, width, 3), _PAPER, np.uint8)
        self._room = width - 2 * _MARGIN
        title = fitted(about.title, self._room, _TITLE, SEMIBOLD)
        draw(self._image, title, (_MARGIN, 42), _INK, _TITLE, SEMIBOLD)
        below = fitted(subtitle(about), self._room, _SUBTITLE)
        draw(self._image, below, (_MARGIN, 66), _FAINT, _SUBTITLE)
        self._count = 0

    def add(self, cards: Iterable[Card]) -> None:
        """Draws images, in the places that come next."""
        for card in cards:
            row, column = divmod(self._count, self._columns)
            self._count += 1
            left = _MARGIN + column * (self._size + _GAP)
            top = _HEADING + 8 + row * (self._size + _CAPTION_HEIGHT + _GAP)
            self._tile(card, left, top)
            self._captions(card, left, top + self._size)

    def _tile(self, card: Card, left: int, top: int) -> None:
        size = self._size
        tile = self._image[top : top + size, left : left + size]
        tile[:] = _WRONG if card.kind == "broken" else _GROUND
        if card.picture is not None:
            pixels = _filling(card.picture.pixels, size)
            height, width = pixels.shape[:2]
            y, x = (size - height) // 2, (size - width) // 2
            place = tile[y : y + height, x : x + width]
            place[:] = pixels
            _draw_boxes(place, card.boxes or (), self._about.names)
            if card.kind == "broken":
                self._banner(tile, card.reason)
        else:
            self._words(tile, card)

    def _banner(self, tile: Pixels, reason: str) -> None:
        tile[-24:] = _RED
        draw(tile, fitted(reason, self._size - 12, _DETAIL), (6, self._size - 8), _WHITE, _DETAIL)

    def _words(self, tile: Pixels, card: Card) -> None:
        """Says in words what is no image."""
        is_broken = card.kind == "broken"
        colour = _RED if is_broken else _FAINT
        lines = _wrapped(card.reason, self._size - 24, _DETAIL)
        top = (self._size - 18 * (len(lines) + 1)) // 2 + 12
        head = "broken" if is_broken else "no image"
        draw(tile, head, (12, top), colour, _CAPTION, SEMIBOLD)
        for number, line in enumerate(lines):
            draw(tile, line, (12, top + 20 + 17 * number), colour, _DETAIL)

    def _captions(self, card: Card, left: int, top: int) -> None:
        text = fitted(caption(card, self._about.names), self._size, _CAPTION, SEMIBOLD)
        colour = _RED if card.kind == "broken" else _INK
        draw(self._image, text, (left, top + 19), colour, _CAPTION, SEMIBOLD)
        below = fitted(detail(card), self._size, _DETAIL)
        draw(self._image, below, (left, top + 37), _FAINT, _DETAIL)

    def save(self, file: BinaryIO, suffix: str) -> None:
        """Writes the sheet.

        Args:
            file: Where it goes to.
            suffix: ".png" or ".jpg".
        """
        cv2 = opencv()
        quality = [cv2.IMWRITE_JPEG_QUALITY, 92] if suffix == ".jpg" else []
        file.write(cv2.imencode(suffix, self._image, quality)[1].data)


def _columns(count: int, size: int) -> int:
    """Returns how many columns make a sheet that is a little wider than high, and no gap."""
    best = math.sqrt(max(count, 1) * 1.3 * (size + _CAPTION_HEIGHT) / size)
    most = max(1, min(round(best * 1.15), count, _MAX_WIDTH // (size + _GAP)))
    least = min(most, max(1, round(best * 0.8)))
    # As few empty places in the last row as there may be, and then what looks best.
    return min(range(least, most + 1), key=lambda one: (-count % one, abs(one - best)))


def _filling(pixels: Pixels, size: int) -> Pixels:
    """Returns small images enlarged to the square, their pixels to be seen as such."""
    cv2 = opencv()
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    if scale == 1:
        return pixels
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale < 2:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        filling: Pixels = cv2.resize(pixels, target, interpolation=way)
        return filling
    # By a whole number first: else some pixels would become wider than others.
    times = math.ceil(scale)
    whole = cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_NEAREST)
    enlarged: Pixels = cv2.resize(whole, target, interpolation=cv2.INTER_AREA)
    return enlarged


def _draw_boxes(place: Pixels, boxes: Iterable[Box], names: Mapping[int, str]) -> None:
    """Draws boxes over an image, large ones first, so that small ones are seen."""
    cv2 = opencv()
    height, width = place.shape[:2]
    listed = sorted(boxes, key=lambda box: (box.xmin - box.xmax) * (box.ymax - box.ymin))
    corners = [
        (
            round(min(max(box.xmin, 0), 1) * (width - 1)),
            round(min(max(box.ymin, 0), 1) * (height - 1)),
            round(min(max(box.xmax, 0), 1) * (width - 1)),
            round(min(max(box.ymax, 0), 1) * (height - 1)),
        )
        for box in listed
    ]
    for box, (left, top, right, bottom) in zip(listed, corners, strict=True):
        red, green, blue = rgb(COLOURS[colour_of(box.class_id)])
        cv2.rectangle(place, (left, top), (right, bottom), (blue, green, red), 2)
    if len(listed) > _MOST_CHIPS:
        return
    for box, (left, top, _, _) in zip(listed, corners, strict=True):
        colour = COLOURS[colour_of(box.class_id)]
        red, green, blue = rgb(colour)
        text = fitted(class_name(box.class_id, names), width - 8, _CHIP, SEMIBOLD)
        chip_width, chip_height = width_of(text, _CHIP, SEMIBOLD) + 8, 17
        x = min(max(left - 1, 0), max(width - chip_width, 0))
        y = top - chip_height if top >= chip_height else top
        place[max(y, 0) : y + chip_height, x : x + chip_width] = (blue, green, red)
        ink = _INK if is_light(colour) else _WHITE
        draw(place, text, (x + 4, y + 13), ink, _CHIP, SEMIBOLD)


def _wrapped(text: str, room: int, size: int) -> list[str]:
    """Returns a text as a few lines."""
    lines, line = list[str](), ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width_of(longer, size) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    lines = [*lines, line][:_LINES]
    return [fitted(one, room, size, REGULAR) for one in lines]
