"""What is said of records and files, the same on a sheet and on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from recordio_rs._counted import counted
from recordio_rs.tools.class_names import class_name
from recordio_rs.tools.label_text import label_text
from recordio_rs.tools.size_text import size_text
from recordio_rs.tools.viewing.cards import Card

__all__ = ["TIMES", "About", "caption", "detail", "facts", "printable", "subtitle"]

TIMES = "\N{MULTIPLICATION SIGN}"

_SHOWN_LABELS = 6
_MANY_LABELS = 64


@dataclass(frozen=True)
class About:
    """What is said of all that is shown.

    Attributes:
        title: The names of the files.
        records: How many records they have.
        size: How many bytes.
        shown: How many records are shown.
        how: How they were chosen.
        several_files: Whether there are several files.
        names: The names of classes.
    """

    title: str
    records: int
    size: int
    shown: int
    how: str
    several_files: bool
    names: Mapping[int, str]


def subtitle(about: About) -> str:
    """Returns what is said below the title."""
    records = counted(about.records, "record")
    shown = "all shown" if about.shown == about.records else f"{about.shown:,} shown"
    how = f", {about.how}" if about.how else ""
    return f"{records} · {size_text(about.size)} · {shown}{how}"


def caption(card: Card, names: Mapping[int, str]) -> str:
    """Returns what a record is, in a few words."""
    if card.boxes is not None:
        counts = Counter(class_name(box.class_id, names) for box in card.boxes)
        listed = [
            name if count == 1 else f"{name} {TIMES} {count}" for name, count in counts.items()
        ]
        return ", ".join(listed) or "no object"
    if not card.labels:
        if card.kind == "image":
            return "no label"
        return size_text(card.length) if card.kind == "other" else "damaged"
    if len(card.labels) == 1:
        label = card.labels[0]
        name = class_name(label, names)
        return name if name != label_text(label) else f"label {name}"
    return f"labels {_labels_text(card, _SHOWN_LABELS)}"


def detail(card: Card) -> str:
    """Returns what stands below that: how large the image is, and the key."""
    parts = []
    if card.boxes:
        parts.append(counted(len(card.boxes), "object"))
    if card.picture is not None:
        parts.append(f"{card.picture.width} {TIMES} {card.picture.height}")
    return " · ".join([*parts, f"key {card.key}"])


def facts(card: Card, about: About) -> list[tuple[str, str]]:
    """Returns all that is known of a record, as names and texts."""
    found = [("key", card.key), ("ordinal", f"{card.ordinal:,}"), ("offset", f"{card.offset:,}")]
    if about.several_files:
        found.insert(0, ("file", card.path))
    if card.reason:
        found.append(("broken" if card.kind == "broken" else "content", card.reason))
    if card.id is not None:
        found.append(("id", str(card.id)))
    if card.boxes is None and len(card.labels) == 1:
        label = label_text(card.labels[0])
        name = class_name(card.labels[0], about.names)
        found.append(("label", label if name == label else f"{label} ({name})"))
    if card.picture is not None:
        one = card.picture
        depth = f", {one.bits} bits" if one.bits != 8 else ""
        kind = {1: "grey", 2: "grey and alpha", 3: "colour", 4: "colour and alpha"}
        channels = kind.get(one.channels, f"{one.channels} channels")
        found.append(("pixels", f"{one.width} {TIMES} {one.height}, {channels}{depth}"))
    if card.format:
        found.append(("image", f"{card.format}, {counted(card.image_length, 'byte')}"))
    if card.length:
        found.append(("record", counted(card.length, "byte")))
    if card.boxes is not None or len(card.labels) > 1:
        found.append((f"{len(card.labels)} labels", _labels_text(card, _MANY_LABELS)))
    return found


def _labels_text(card: Card, limit: int) -> str:
    shown = " ".join(map(label_text, card.labels[:limit]))
    return f"{shown} ..." if len(card.labels) > limit else shown


def printable(text: str) -> str:
    """Returns a text without what cannot be shown, or turns what is around it: `?` stands there."""
    return "".join(one if one.isprintable() else "?" for one in text)
