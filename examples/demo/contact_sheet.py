"""Drawing some of the records, as read back from the file, on one sheet."""

from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from recordio_rs import MXIndexedRecordIO, unpack, unpack_img

from mismatch import MismatchError
from output import Output
from packing import Packed
from photographs import Pixels

COLUMNS = 10
ROWS = 6
SMALLEST_TILE = 112
LARGEST_TILE = 160
MARGIN = 32
GAP = 26
TITLE_HEIGHT = 44
CAPTION_HEIGHT = 56
LINE_HEIGHT = 16

PAPER = (250, 250, 248)
INK = (28, 28, 30)
FAINT = (112, 112, 118)
FRAME = (208, 208, 204)

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


def draw(packed: Sequence[Packed], size: int, output: Output) -> int:
    """Read a sample of the records by key and save them as a grid with their labels.

    Args:
        packed: The records in the file; the sample is spread over all of them.
        size: Side of the stored images.
        output: Where the records are and the sheet goes.

    Returns:
        How many records are on the sheet.

    Raises:
        MismatchError: A record is not there any more.
    """
    shown = min(len(packed), COLUMNS * ROWS)
    sample = _sample(packed, shown)
    tile = max(SMALLEST_TILE, min(size, LARGEST_TILE))
    columns = min(COLUMNS, shown)
    rows = -(-shown // columns)
    width = 2 * MARGIN + max(columns, 4) * (tile + GAP) - GAP
    height = 2 * MARGIN + TITLE_HEIGHT + rows * (tile + CAPTION_HEIGHT + GAP) - GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    title = f"{shown} of {len(packed)} records in {output.rec.name}, as read back by key"
    pen.text((MARGIN, MARGIN - 6), title, INK, ImageFont.load_default(20))
    with closing(MXIndexedRecordIO(str(output.idx), str(output.rec), "r")) as reader:
        for place, one in enumerate(sample):
            x = MARGIN + place % columns * (tile + GAP)
            y = MARGIN + TITLE_HEIGHT + place // columns * (tile + CAPTION_HEIGHT + GAP)
            record = reader.read_idx(one.crop.key)
            if record is None:
                raise MismatchError(one.crop.key, "contact sheet", "record", "one", "none")
            header, image = unpack_img(record)
            sheet.paste(_tile(image, tile), (x, y))
            pen.rectangle((x - 1, y - 1, x + tile, y + tile), outline=FRAME)
            values = np.atleast_1d(header.label)
            name = one.crop.photograph.name
            kind = "PNG" if bytes(unpack(record)[1][:4]) == b"\x89PNG" else "JPEG"
            label = " ".join(f"{value:g}" for value in values)
            label = f"[{label}]" if header.flag else f"label {label}"
            _caption(
                pen, (x, y + tile + 5), tile + GAP - 6, (label, name, f"key {header.id}, {kind}")
            )
    sheet.save(output.sheet)
    return shown


def _sample(packed: Sequence[Packed], shown: int) -> list[Packed]:
    """Take one record at random out of each of `shown` equal stretches; always the same ones.

    A fixed stride would fall in step with the strides of PNG and vector labels.
    """
    random = np.random.default_rng(len(packed))
    bounds = [place * len(packed) // shown for place in range(shown + 1)]
    return [packed[int(random.integers(*pair))] for pair in pairwise(bounds)]


def _tile(image: Pixels, side: int) -> Image.Image:
    """Turn BGR pixels into a tile of this side."""
    if image.shape[0] != side:
        how = cv2.INTER_AREA if image.shape[0] > side else cv2.INTER_NEAREST
        image = np.asarray(cv2.resize(image, (side, side), interpolation=how), dtype=np.uint8)
    return Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))


def _caption(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], width: int, lines: Sequence[str]
) -> None:
    """Write lines of text below each other, the first one strong."""
    x, y = corner
    font = ImageFont.load_default(12)
    for number, line in enumerate(lines):
        ink = INK if number == 0 else FAINT
        pen.text((x, y + number * LINE_HEIGHT), _shortened(line, width, font), ink, font)


def _shortened(text: str, width: int, font: Font) -> str:
    """Cut a text that is too wide, showing that something is missing."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
