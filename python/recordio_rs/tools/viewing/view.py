"""Images of records as a sheet or a page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from recordio_rs._progress import Progress
from recordio_rs._replacing import replacing
from recordio_rs.tools.class_names import NO_NAMES
from recordio_rs.tools.detection import BoxMode
from recordio_rs.tools.glance import Glance
from recordio_rs.tools.intervals import Interval
from recordio_rs.tools.viewing.cards import Card, cards_of
from recordio_rs.tools.viewing.choosing import choose
from recordio_rs.tools.viewing.page import Page
from recordio_rs.tools.viewing.sheet import Sheet
from recordio_rs.tools.viewing.words import About

__all__ = ["PAGES", "SHEETS", "Viewed", "Wanted", "view"]

SHEETS, PAGES = (".png", ".jpg", ".jpeg"), (".html", ".htm")
"""How the names of what can be made end."""

# Images of a page can be looked at in larger than they stand there.
_ENLARGED = 3


@dataclass(frozen=True)
class Wanted:
    """What is to be shown, and how.

    Attributes:
        count: How many records at most.
        seed: Which ones, by chance; `None` for the first ones.
        labels: If given, only records of such classes, or with such objects.
        boxes: What is taken for objects.
        any_payload: Which records have labels, as for `ImageHeaders.are_image_records`.
        size: The side of the square that an image gets, in pixels.
        columns: How many there are in a row; `None` for as many as look good.
        names: The names of classes.
        title: What stands above; the names of the files if not given.
    """

    count: int = 64
    seed: int | None = 0
    labels: Sequence[Interval] = ()
    boxes: BoxMode = "auto"
    any_payload: bool = False
    size: int = 192
    columns: int | None = None
    names: Mapping[int, str] = field(default_factory=lambda: NO_NAMES)
    title: str | None = None


@dataclass
class Viewed:
    """What was shown.

    Attributes:
        records: How many records the files have.
        shown: How many of them are shown.
        images: How many of those are images that are well.
        others: How many are no images.
        broken: What cannot be decoded, or is damaged; without pictures.
    """

    records: int = 0
    shown: int = 0
    images: int = 0
    others: int = 0
    broken: list[Card] = field(default_factory=list)


def view(
    glances: Sequence[Glance],
    output: str,
    wanted: Wanted,
    *,
    choosing: Progress | None = None,
    progress: Progress | None = None,
) -> Viewed:
    """Makes a sheet or a page of the images in some records.

    Args:
        glances: The files.
        output: The file to be written; its ending says what it is.
        wanted: What is shown, and how.
        choosing: Told how many headers have been read to find labels, and how many there are.
        progress: Told how many records are done, and how many there are.

    Raises:
        MissingOpenCVError: OpenCV is not there.
        SheetTooLargeError: A sheet would have too many pixels.
        StorageError: A file cannot be read or written.
    """
    choice = choose(
        glances,
        wanted.count,
        seed=wanted.seed,
        labels=wanted.labels,
        boxes=wanted.boxes,
        any_payload=wanted.any_payload,
        progress=choosing,
    )
    viewed = Viewed(sum(map(len, glances)))
    about = _about(glances, wanted, len(choice), viewed.records)
    suffix = os.path.splitext(output)[1].lower()
    is_page = suffix in PAGES
    cards = cards_of(
        glances,
        choice,
        max_side=wanted.size * (_ENLARGED if is_page else 1),
        boxes=wanted.boxes,
        progress=progress,
    )
    with ExitStack() as stack:
        if is_page:
            file = stack.enter_context(replacing(output))
            page = Page(file, about, wanted.size, wanted.columns)
            page.add(_counted(cards, viewed))
            page.close()
        else:
            sheet = Sheet(about, len(choice), wanted.size, wanted.columns)
            sheet.add(_counted(cards, viewed))
            sheet.save(stack.enter_context(replacing(output)), suffix.replace("jpeg", "jpg"))
    return viewed


def _about(glances: Sequence[Glance], wanted: Wanted, shown: int, records: int) -> About:
    names = [os.path.basename(glance.path) for glance in glances]
    title = names[0] if len(names) == 1 else f"{names[0]} ... {names[-1]} ({len(names)} files)"
    how = [] if wanted.seed is None or shown == records else [f"sampled with seed {wanted.seed}"]
    if wanted.labels:
        how.append(f"of class {', '.join(map(str, wanted.labels))}")
    return About(
        title=title if wanted.title is None else wanted.title,
        records=records,
        size=sum(glance.size for glance in glances),
        shown=shown,
        how=" ".join(how),
        several_files=len(glances) > 1,
        names=wanted.names,
    )


def _counted(cards: Iterable[Card], viewed: Viewed) -> Iterator[Card]:
    for card in cards:
        viewed.shown += 1
        if card.kind == "broken":
            viewed.broken.append(replace(card, picture=None))
        elif card.kind == "image":
            viewed.images += 1
        else:
            viewed.others += 1
        yield card
