"""A page of images for a browser: one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from typing import BinaryIO

from recordio_rs.tools.class_names import class_name
from recordio_rs.tools.detection import Box
from recordio_rs.tools.label_text import label_text
from recordio_rs.tools.viewing.cards import Card
from recordio_rs.tools.viewing.colours import COLOURS, colour_of
from recordio_rs.tools.viewing.pictures import Picture, encode
from recordio_rs.tools.viewing.words import About, caption, detail, facts, printable, subtitle

__all__ = ["Page"]

_LEAST_SIZE, _MOST_SIZE = 80, 640
# About how wide a letter of a name is, as a share of the longer side.
_LETTER = 0.036
_LONG_NAME = 24


class Page:
    """A page that is written as its images come.

    Every text of a file is escaped, and nothing but the one script of the page is run.

    Args:
        file: Where it goes to.
        about: What is said of all of it.
        size: About how many pixels wide an image is.
        columns: How many images there are in a row; as many as there is room for if not given.
    """

    def __init__(self, file: BinaryIO, about: About, size: int, columns: int | None = None) -> None:
        self._file = file
        self._about = about
        self._size = size
        self._script = _text_of("page.js")
        self._classes = Counter[float]()
        self._has_boxes = False
        self._write(_head(about, self._script))
        fixed = "" if columns is None else 'class="fixed" '
        style = f"--size:{size}px" + (f";--columns:{columns}" if columns else "")
        self._write(f'<main {fixed}style="{style}">\n')
        self._has_columns = columns is not None

    def add(self, cards: Iterable[Card]) -> None:
        """Writes images, which come behind those that are there."""
        for card in cards:
            self._classes.update(card.classes)
            self._has_boxes |= bool(card.boxes)
            self._write("".join(self._figure(card)))

    def close(self) -> None:
        """Writes what comes behind the images."""
        self._write('<p class="empty" hidden>Nothing here is like that.</p>\n</main>\n')
        self._write(self._bar())
        self._write(_DIALOG)
        self._write(f'<script type="application/json" id="classes">{self._listed()}</script>\n')
        self._write(f"<script>{self._script}</script>\n</body>\n</html>\n")

    def _write(self, text: str) -> None:
        self._file.write(text.encode())

    def _figure(self, card: Card) -> Iterator[str]:
        classes = " ".join(map(label_text, card.classes))
        kind = "card broken" if card.kind == "broken" else "card"
        yield f'<figure class="{kind}" tabindex="0" data-classes="{classes}"><div class="stage">'
        if card.picture is not None:
            yield from self._image(card, card.picture)
            if card.kind == "broken":
                yield f'<div class="banner">{_safe(card.reason)}</div>'
        else:
            head = "broken" if card.kind == "broken" else "no image"
            yield f'<div class="words"><b>{head}</b>{_safe(card.reason)}</div>'
        name = _safe(caption(card, self._about.names))
        yield f'</div><figcaption><div class="name" title="{name}">{name}</div>'
        yield f'<div class="detail">{_safe(detail(card))}</div></figcaption><dl>'
        for term, text in facts(card, self._about):
            yield f"<dt>{_safe(term)}</dt><dd>{_safe(text)}</dd>"
        yield "</dl></figure>\n"

    def _image(self, card: Card, picture: Picture) -> Iterator[str]:
        kind, data = encode(picture.pixels)
        width, height = picture.width, picture.height
        longer = max(width, height)
        small = " small" if 2 * longer <= self._size else ""
        style = f"width:{width / longer:.2%};height:{height / longer:.2%};--u:{longer};"
        style += f"--ratio:{width / height:.5f}"
        source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        name = _safe(caption(card, self._about.names))
        yield f'<div class="pic{small}" style="{style}"><img loading="lazy" alt="{name}" '
        yield f'src="{source}">'
        if card.boxes:
            yield f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">'
            # Large ones first, so that small ones can be pointed at.
            for box in sorted(card.boxes, key=lambda b: (b.xmin - b.xmax) * (b.ymax - b.ymin)):
                yield _drawn(box, class_name(box.class_id, self._about.names), width, height)
            yield "</svg>"
        yield "</div>"

    def _bar(self) -> str:
        boxes = '<label><input type="checkbox" id="boxes" checked>boxes</label>'
        slider = (
            f'<label>size<input type="range" id="size" min="{_LEAST_SIZE}" max="{_MOST_SIZE}" '
            f'value="{self._size}"></label>'
        )
        return (
            '<div class="bar" hidden role="toolbar" aria-label="Filter">'
            '<input type="search" id="search" placeholder="Find a key or class" '
            'aria-label="Find a key or class">'
            + (boxes if self._has_boxes else "")
            + ("" if self._has_columns else slider)
            + '<span id="found" aria-live="polite"></span><div id="chips"></div></div>\n'
        )

    def _listed(self) -> str:
        """Returns the classes that are shown, as JSON that cannot end its script."""
        listed = [
            {
                "id": label_text(label),
                "name": printable(class_name(label, self._about.names)),
                "colour": COLOURS[colour_of(label)] if self._has_boxes else "",
                "count": count,
            }
            for label, count in sorted(self._classes.items())
        ]
        return json.dumps(listed).replace("<", "\\u003c").replace(">", "\\u003e")


def _head(about: About, script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Whatever a file may say, nothing is loaded from anywhere, and no other script is run.
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    title = _safe(about.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_text_of('page.css')}</style>\n</head>\n<body>\n"
        f"<header><h1>{title}</h1><p>{_safe(subtitle(about))}</p></header>\n"
    )


_DIALOG = (
    '<dialog aria-label="One record"><div id="large"><div class="about"><nav>'
    '<button type="button" id="previous" aria-label="Previous">←</button>'
    '<button type="button" id="next" aria-label="Next">→</button>'
    '<button type="button" id="close" class="close">Close</button></nav></div></div></dialog>\n'
)


def _drawn(box: Box, name: str, width: int, height: int) -> str:
    """Returns a box and its name, for an image of this size."""
    unit = max(width, height)
    room = min(_LONG_NAME, max(int(width / (_LETTER * unit)), 1))
    shown = name if len(name) <= room else name[: room - 1] + "…"
    left, top = box.xmin * width, box.ymin * height
    box_width, box_height = (box.xmax - box.xmin) * width, (box.ymax - box.ymin) * height
    # The name stands above the box, or in it where there is no room; and it ends with the box if
    # it would not end with the image.
    above = top - 0.02 * unit
    y = above if above > 0.05 * unit else top + 0.065 * unit
    x, anchor = max(left, 0) + 0.012 * unit, "start"
    if x + _LETTER * unit * len(shown) > width:
        x, anchor = min(left + box_width, width) - 0.012 * unit, "end"
        x = max(x, min(_LETTER * unit * len(shown), width))  # nor does it begin before it
    return (
        f'<g style="--c:{COLOURS[colour_of(box.class_id)]}" '
        f'data-class="{label_text(box.class_id)}"><title>{_safe(name)}</title>'
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{box_width:.2f}" height="{box_height:.2f}"/>'
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">{_safe(shown)}</text></g>'
    )


def _safe(text: str) -> str:
    return escape(printable(text), quote=True)


def _text_of(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
