"""What `recordio info` says, as lines for people."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import numpy as np

from recordio_rs.cli.listing_text import label_text
from recordio_rs.tools.histogram import Bin, histogram
from recordio_rs.tools.index_state import IndexState
from recordio_rs.tools.info import Damage, Images, Info, Lengths
from recordio_rs.tools.label_info import Detection, Labels
from recordio_rs.tools.size_text import size_text

__all__ = ["Row", "charts", "rows"]

Row = tuple[str, str]

_MANY = 12


def rows(info: Info) -> Iterator[Row]:
    """Gives what is said of a file, each with its name."""
    share = f" ({info.overhead / info.size:.2%})" if info.size else ""
    if info.files > 1:
        yield "Files", f"{info.files:,}"
    yield "Size", f"{_bytes(info.size)}; overhead of the format {size_text(info.overhead)}{share}"
    yield "Records", f"{info.records:,}" + (f"; {info.split:,} split" if info.split else "")
    if info.lengths is not None:
        yield "Length", _lengths(info.lengths)
    yield from _content(info)
    if info.identities is not None:
        one = info.identities
        yield (
            "Identities",
            f"{one.count:,} (InsightFace), keys {_numbers(one.first_key, one.end_key - 1)}; "
            f"{one.images:,} images before them",
        )
    if info.images is not None:
        yield "Images", _images(info.images)
    if info.labels is not None:
        yield "Labels", _labels(info.labels, info.detection)
    if info.ids is not None:
        unique = "unique" if info.ids.unique else "not unique"
        second = f"; {info.ids.id2:,} with id2" if info.ids.id2 else ""
        yield "Ids", f"{_numbers(info.ids.min, info.ids.max)}, {unique}{second}"
    if info.files == 1:
        yield "Index", "none" if info.index is None else _index(info.index)
    yield "Damage", "none" if info.damage is None else _damage(info.damage)


def charts(info: Info) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Gives what is shown as bars: a title, and name and number of each bar."""
    if info.lengths is not None and len(info.lengths.histogram) > 1:
        yield "Records by length, in bytes", _bins(info.lengths.histogram)
    counts: Mapping[int, int] | Mapping[float, int] | None = None
    what = "Records"
    if info.detection is not None:
        counts, what = info.detection.class_counts, "Objects"
    elif info.labels is not None:
        counts = info.labels.class_counts
    if not counts or len(set(counts.values())) < 2:
        return  # that all have the same number is said with the labels
    if len(counts) <= _MANY:
        yield (
            f"{what} by class",
            [(label_text(float(label)), count) for label, count in counts.items()],
        )
    else:
        per_class = histogram(np.array(list(counts.values()), np.int64))
        if len(per_class) > 1:
            yield f"Classes by how many {what.lower()} they have", _bins(per_class)


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
        return f"{lengths.min:,} bytes each"
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
            kinds if is_all else f"{others:,} others" + (f" (sampled: {kinds})" * bool(kinds))
        )
    if parts:
        yield "Content", "; ".join(parts)


def _images(images: Images) -> str:
    sized = images.sampled - images.unsized
    total = sum(images.formats.values())
    of = "" if images.sampled == total else f"; sampled {images.sampled:,} of {total:,}"
    unsized = f"; {images.unsized:,} do not say how large they are" if images.unsized else ""
    if not sized:
        return f"sizes unknown{of}"
    if images.distinct_sizes == 1:
        return f"{images.sizes[0][0]} (width x height x channels){unsized}{of}"
    assert images.width is not None
    assert images.height is not None
    sides = [
        f"{name} {_span(least, most)} (median {median:,.0f})"
        if least != most
        else f"{name} {least}"
        for name, (least, median, most) in (("width", images.width), ("height", images.height))
    ]
    channels = ", ".join(
        f"{number}" if len(images.channels) == 1 else f"{number} ({count:,})"
        for number, count in images.channels.items()
    )
    return f"{', '.join(sides)}, channels {channels}{unsized}{of}"


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
            f"{detection.objects:,} objects of {detection.classes:,} classes"
        )
        if others := sum(labels.vector.values()) - detection.records:
            parts.append(f"{others:,} other vectors")
    elif labels.vector:
        widths = list(labels.vector.items())
        shown = ", ".join(f"{count:,} of {width:,}" for width, count in widths[:5])
        more = f" and {len(widths) - 5} other widths" if len(widths) > 5 else ""
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
    classes = "1 class" if labels.classes == 1 else f"{labels.classes:,} classes"
    if labels.class_counts and len(counts := set(labels.class_counts.values())) == 1:
        classes += f" of {next(iter(counts)):,} each"
    return f"{classes}, {_numbers(int(labels.min), int(labels.max))}"


def _index(index: IndexState) -> str:
    entries = "1 entry" if index.entries == 1 else f"{index.entries:,} entries"
    parts = [f"{os.path.basename(index.path)}, {'whole' if index.is_whole else 'DAMAGED'}"]
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
        parts.append(f"{index.duplicate_keys:,} keys twice")
    if index.duplicate_offsets:
        parts.append(f"{index.duplicate_offsets:,} records twice")
    return "; ".join(parts)


def _damage(damage: Damage) -> str:
    kinds = _counted(damage.kinds)
    regions = "1 region" if damage.skipped_regions == 1 else f"{damage.skipped_regions:,} regions"
    lost = f"; {regions} of {damage.skipped_bytes:,} bytes lost" if damage.skipped_regions else ""
    return f"{kinds}{lost}; `recordio verify` tells where"
