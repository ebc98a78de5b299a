"""`recordio head`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.listing_text import as_dict, labels_text
from recordio_rs.cli.looks import file_by_file, late_progress
from recordio_rs.cli.options import (
    any_payload_option,
    check_one_index,
    index_of,
    index_options,
    inputs_argument,
    json_option,
)
from recordio_rs.cli.terminal import printable, styled, width
from recordio_rs.tools.content import hex_lines, text_of
from recordio_rs.tools.listing import Entry, entries_of
from recordio_rs.tools.looking import Look
from recordio_rs.tools.size_text import size_text

__all__ = ["command"]

_SHOWN_LABELS, _TEXT_LINES, _HEX_LINES = 12, 4, 2


@a_command(
    "head",
    examples="""
        # What the first ten records are and how they begin
        recordio head train.rec

        # The first one of each of many files
        recordio head -n 1 'train-{000..099}.rec'
    """,
)
@inputs_argument
@click.option(
    "-n",
    "--count",
    type=click.IntRange(0),
    default=10,
    metavar="N",
    show_default=True,
    help="How many records are shown.",
)
@any_payload_option
@index_options
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    count: int,
    any_payload: bool,
    index: str | None,
    no_index: bool,
    as_json: bool,
) -> None:
    """Show the first records of files: what they are, and how they begin.

    Only these are read. Of image records there are labels, ids and the size of the image, of others
    the first lines, or the first bytes in hexadecimal. If one of them is damaged, the whole file is
    looked through for the first intact ones, and the exit code is 3.
    """
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    for number, path in enumerate(paths):
        if len(paths) > 1 and not as_json:
            console.text(("\n" if number else "") + styled(path, bold=True))
        with (
            file_by_file(console),
            late_progress(console) as progress,
            Look(path, chosen, limit=count, progress=progress) as look,
        ):
            for batch in look:
                entries = entries_of(batch, deep=True, any_payload=any_payload)
                for entry, record in zip(entries, batch, strict=True):
                    if as_json:
                        console.line(_as_dict(path, entry, record))
                    else:
                        console.text("\n".join(_lines(entry, record)))
            tell_damage(console, path, look.report)


def _as_dict(path: str, entry: Entry, record: memoryview) -> dict[str, Any]:
    begin = bytes(record[:64])
    return {**as_dict(path, entry, deep=True), "begin_hex": begin.hex(), "text": _text(record)}


def _text(record: memoryview) -> str | None:
    return text_of(bytes(record[:4096])) if len(record) else None


def _lines(entry: Entry, record: memoryview) -> Iterator[str]:
    length = counted(entry.length, "byte")
    head = styled(f"{entry.ordinal}", bold=True)
    yield f"{head}  key {printable(str(entry.key))}, offset {entry.offset}, {length}"
    if entry.format is not None:
        id2 = f", id2 {entry.id2}" if entry.id2 else ""
        labels = "label" if entry.label_count == 1 else "labels"
        yield f"    {labels} {labels_text(entry, _SHOWN_LABELS)}; id {entry.id}{id2}"
        yield f"    {_image(entry)}"
        return
    text = _text(record)
    if text is None:
        for line in hex_lines(bytes(record[: 16 * _HEX_LINES])):
            yield f"    {line}"
        if entry.length > 16 * _HEX_LINES:
            yield "    ..."
        return
    room = width() - 4
    lines = text.splitlines()
    for line in lines[:_TEXT_LINES]:
        shown = printable(line[:room])
        yield "    " + (f"{shown[: room - 3]}..." if len(line) > room else shown[:room])
    if len(lines) > _TEXT_LINES or len(record) > 4096:
        yield "    ..."


def _image(entry: Entry) -> str:
    if entry.format == "":
        return "no image"
    if entry.content is not None:
        return f"no image but {entry.content}, {size_text(entry.image_length)}"
    size = "size unknown" if entry.size is None else str(entry.size)
    return f"{entry.format} {size}, {size_text(entry.image_length)}"
