"""What `recordio info` says, as lines for people."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from recordio_rs._counted import counted
from recordio_rs.cli.terminal import printable
from recordio_rs.reports import problems_in_words
from recordio_rs.tools.class_names import NO_NAMES
from recordio_rs.tools.histogram import Bin, histogram
from recordio_rs.tools.image_headers import UNKNOWN_FORMAT
from recordio_rs.tools.index_state import IndexState
from recordio_rs.tools.info import Damage, Images, Info, Lengths
from recordio_rs.tools.label_info import Detection, Labels
from recordio_rs.tools.label_text import label_text
from recordio_rs.tools.size_text import size_text

__all__ = ["Row", "charts", "damage_text", "rows"]

Row = tuple[str, str]

# So many classes, or fewer, have a bar each; of more there are so many of the most and of the least
# frequent ones.
_MANY, _ENDS = 20, 8
# What is no record of an intact file, and of one that is not.
_OVERHEAD = ("overhead of the format", "overhead of the format and damage")
# Of fewer records a listing says more than how many there are of which length.
_ENOUGH = 20


def rows(info: Info) -> Iterator[Row]:
    """Gives what is said of a file, each with its name."""
    share = f" ({info.overhead / info.size:.2%})" if info.size else ""
    if info.files > 1:
        yield "Files", f"{info.files:,}"
    overhead = f"{_OVERHEAD[info.damage is not None]} {size_text(info.overhead)}{share}"
    yield "Size", f"{_bytes(info.size)}; {overhead}"
    yield "Records", f"{info.records:,}" + (f"; {info.split:,} split" if info.split else "")
    if info.lengths is not None:
        yield "Length", _lengths(info.lengths)
    yield from _content(info)
    if info.identities is not None:
        one = info.identities
        yield (
            "Identities",
            f"{one.count:,} (InsightFace), keys {_numbers(one.first_key, one.end_key - 1)}; "
            f"{counted(one.images, 'image')} before them",
        )
    if info.images is not None and info.images.formats.keys() != {UNKNOWN_FORMAT}:
        yield "Images", _images(info.images)
    if info.labels is not None:
        yield "Labels", _labels(info.labels, info.detection)
    if info.ids is not None:
        unique = "unique" if info.ids.unique else "not unique"
        second = f"; {info.ids.id2:,} with id2" if info.ids.id2 else ""
        yield "Ids", f"{_numbers(info.ids.min, info.ids.max)}, {unique}{second}"
    if info.files == 1:
        yield "Index", "none" if info.index is None else _index(info.index)
    yield "Damage", "none" if info.damage is None else damage_text(info.damage)


def charts(
    info: Info, names: Mapping[int, str] = NO_NAMES
) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Gives what is shown as bars: a title, and name and number of each bar.

    Args:
        info: What is in a file.
        names: The names of classes.
    """
    if info.lengths is not None and info.records >= _ENOUGH and len(info.lengths.histogram) > 1:
        yield "Records by length, in bytes", _bins(info.lengths.histogram)
    counts: Mapping[int, int] | Mapping[float, int] | None = None
    what = "Records"
    if info.detection is not None:
        counts, what = info.detection.class_counts, "Objects"
    elif info.labels is not None:
        counts = info.labels.class_counts
    if counts is None or len(counts) < 2:
        return
    yield from _class_charts({float(label): count for label, count in counts.items()}, what, names)


def _class_charts(
    counts: Mapping[float, int], what: str, names: Mapping[int, str]
) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    def named(labels: Iterable[float]) -> list[tuple[str, int]]:
        return [(_class(label, names), counts[label]) for label in labels]

    if len(counts) <= _MANY:
        yield f"{what} by class", named(counts)
        return
    if len(set(counts.values())) < 2:
        return  # that all have the same number is said with the labels
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    yield f"{what} of the {_ENDS} most frequent classes", named(ordered[:_ENDS])
    yield f"{what} of the {_ENDS} least frequent classes", named(ordered[-_ENDS:])
    per_class = histogram(np.array(list(counts.values()), np.int64))
    if len(per_class) > 1:
        of = what.lower()
        bins = [(f"{span} {of}", count) for span, count in _bins(per_class)]
        yield f"How many classes have how many {of}", bins


def _class(label: float, names: Mapping[int, str]) -> str:
    """Returns a class as a bar is called: its number, and its name if it has one."""
    name = names.get(int(label)) if label.is_integer() else None
    return label_text(label) if name is None else f"{label_text(label)} {printable(name)}"


def _bins(bins: tuple[Bin, ...]) -> list[tuple[str, int]]:
    return [(_span(one.first, one.last), one.count) for one in bins]


def _span(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def _numbers(first: int, last: int) -> str:
    """Returns a range of names that are numbers: as they are written, without commas."""
    return str(first) if first == last else f"{first} to {last}"


def _bytes(size: int) -> str:
    return size_text(size) + (f" ({size:,} bytes)" if size >= 1000 else "")


def _lengths(lengths: Lengths) -> str:
    if lengths.min == lengths.max:
        return f"{counted(lengths.min, 'byte')} each"
    return (
        f"{lengths.min:,} to {lengths.max:,} bytes; median {lengths.median:,.0f}, "
        f"mean {lengths.mean:,.1f}"
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _content(info: Info) -> Iterator[Row]:
    parts = []
    if info.images is not None:
        parts.append(f"{_counted(info.images.formats)} with header")
    if info.labels_alone:
        parts.append(f"{info.labels_alone:,} of labels alone")
    others = info.records - info.image_records
    if others:
        kinds = _counted(info.contents)
        is_all = sum(info.contents.values()) == others
        parts.append(
            kinds if is_all else counted(others, "other") + (f" (sampled: {kinds})" * bool(kinds))
        )
    if parts:
        yield "Content", "; ".join(parts)


def _images(images: Images) -> str:
    sized = images.sampled - images.unsized
    total = sum(images.formats.values())
    part = "" if images.sampled == total else f"; sampled {images.sampled:,} of {total:,}"
    unsized = f"; {images.unsized:,} do not say how large they are" if images.unsized else ""
    if not sized:
        return f"sizes unknown{part}"
    if images.distinct_sizes == 1:
        return f"{images.sizes[0]} (width x height x channels){unsized}{part}"
    assert images.width is not None
    assert images.height is not None
    sides = [
        f"{name} {_span(of.min, of.max)} (median {of.median:,.0f})"
        if of.min != of.max
        else f"{name} {of.min}"
        for name, of in (("width", images.width), ("height", images.height))
    ]
    channels = ", ".join(
        f"{number}" if len(images.channels) == 1 else f"{number} ({count:,})"
        for number, count in images.channels.items()
    )
    return f"{', '.join(sides)}, channels {channels}{unsized}{part}"


def _labels(labels: Labels, detection: Detection | None) -> str:
    parts = []
    if labels.scalar:
        count = f"{labels.scalar:,} with one" if labels.vector else "one each"
        parts.append(f"{count}: {_values(labels)}")
    if detection is not None:
        header, width = (
            "/".join(map(str, widths))
            for widths in (detection.header_widths, detection.object_widths)
        )
        parts.append(
            f"{detection.records:,} of objects (header width {header}, object width {width}): "
            f"{counted(detection.objects, 'object')} of "
            f"{counted(detection.classes, 'class', 'classes')}"
        )
        if others := sum(labels.vector.values()) - detection.records:
            parts.append(counted(others, "other vector"))
    elif labels.vector:
        widths = list(labels.vector.items())
        shown = ", ".join(f"{count:,} of {width:,}" for width, count in widths[:5])
        more = f" and {counted(len(widths) - 5, 'other width')}" if len(widths) > 5 else ""
        values = f": {_values(labels)}" if labels.min is not None and not labels.scalar else ""
        parts.append(f"vectors ({shown}{more}){values}")
    return "; ".join(parts)


def _values(labels: Labels) -> str:
    """Returns what labels there are where a record has one."""
    if labels.min is None or labels.max is None:
        return "no finite numbers"
    if labels.classes is None:
        odd = f", {labels.not_finite:,} infinite or NaN" if labels.not_finite else ""
        return f"{label_text(labels.min)} to {label_text(labels.max)}{odd}"
    classes = counted(labels.classes, "class", "classes")
    if labels.class_counts and len(counts := set(labels.class_counts.values())) == 1:
        classes += f" of {next(iter(counts)):,} each"
    return f"{classes}, {_numbers(int(labels.min), int(labels.max))}"


def _index(index: IndexState) -> str:
    entries = counted(index.entries, "entry", "entries")
    parts = [f"{os.path.basename(index.path)}, {'whole' if index.is_whole else 'NOT WHOLE'}"]
    for count, text in (
        (index.unlisted, "records without an entry"),
        (index.wrong, "entries that point to no intact record"),
        (index.bad_lines, "lines that are no entries"),
    ):
        if count:
            parts.append(f"{text}: {count:,}")
    keys = {"integer": "integer keys", "text": "text keys", "none": ""}[index.keys]
    if index.first_key is not None and index.last_key is not None:
        keys += f" {_numbers(index.first_key, index.last_key)}"
    if index.are_ordinals and index.entries > 1:
        keys += " in order"
    parts.append(", ".join(part for part in (entries, keys) if part))
    if not index.is_in_order:
        parts.append("not in the order of the file")
    if index.duplicate_keys:
        parts.append(f"{counted(index.duplicate_keys, 'key')} twice")
    if index.duplicate_offsets:
        parts.append(f"{counted(index.duplicate_offsets, 'record')} twice")
    return "; ".join(parts)


def damage_text(damage: Damage) -> str:
    """Returns what is wrong with a file, and how one gets to know where."""
    omitted = damage.problems - sum(damage.kinds.values())
    parts = [problems_in_words(damage.kinds, omitted)]
    if damage.looks_like is not None:
        parts.insert(0, f"no RecordIO file; it looks like {damage.looks_like}")
    if damage.skipped_bytes:
        parts.append(f"{counted(damage.skipped_bytes, 'byte')} lost")
    return "; ".join([*parts, "recordio verify tells where"])
