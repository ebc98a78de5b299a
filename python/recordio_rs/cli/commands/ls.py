"""`recordio ls`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.intervals import in_one
from recordio_rs.cli.listing_text import as_dict, labels_text
from recordio_rs.cli.looks import file_by_file, late_progress, selection_of, selection_options
from recordio_rs.cli.options import (
    any_payload_option,
    check_one_index,
    index_of,
    index_options,
    inputs_argument,
    json_option,
    labels_option,
)
from recordio_rs.cli.terminal import printable, styled
from recordio_rs.cli.told_names import as_told
from recordio_rs.tools.intervals import Interval
from recordio_rs.tools.listing import Entry, entries_of
from recordio_rs.tools.looking import Look
from recordio_rs.tools.ranges import Range

__all__ = ["command"]

# Name and side.
_COLUMNS = (
    ("ordinal", ">"),
    ("key", "<"),
    ("offset", ">"),
    ("length", ">"),
    ("format", "<"),
    ("id", ">"),
    ("labels", "<"),
)
_LONG_COLUMNS = (*_COLUMNS[:5], ("size", "<"), *_COLUMNS[5:])
_OFFSET = 2
_SHOWN_LABELS = 4


@a_command(
    "ls",
    examples="""
        # The records of a file, one a line
        recordio ls train.rec

        # The last ten, with sizes of images
        recordio ls -l --ordinals -10.. train.rec

        # Keys of all records that are longer than 100,000 bytes
        recordio ls train.rec | awk -F'\\t' '$4 > 100000 {print $2}'

        # The records of the classes 3 to 7, or with such objects
        recordio ls --label 3..7 train.rec

        # For programs: a line of JSON for each record
        recordio ls --json train.rec | jq -c 'select(.labels == [3]) | .key'
    """,
)
@inputs_argument
@click.option(
    "-l",
    "--long",
    "is_long",
    is_flag=True,
    help="Tell how large images are (width x height x channels), and what other records are.",
)
@selection_options
@labels_option
@any_payload_option
@index_options
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    is_long: bool,
    ordinals: tuple[tuple[Range, ...], ...],
    keys: tuple[str, ...],
    labels: tuple[tuple[Interval, ...], ...],
    any_payload: bool,
    index: str | None,
    no_index: bool,
    as_json: bool,
) -> None:
    """List the records of files, one a line: ordinal, key, offset, length and what is in them.

    Image records have format, id and labels, others "-"; at most four labels are shown, all with
    --json. Through a pipe there is no heading, columns have tabs between them, and of several files
    the name comes first.

    Lines come at once. Where the command meets damage it looks through the whole file, goes on with
    what is intact, and ends with exit code 3.
    """
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    selection = selection_of(ordinals, keys)
    wanted = partial(entries_of, deep=is_long, any_payload=any_payload, classes=in_one(labels))
    write = sys.stdout.write
    for number, path in enumerate(paths):
        if number and not as_json and sys.stdout.isatty():
            console.text()
        lines = _Lines(as_told(path), is_long=is_long, named=len(paths) > 1)
        with (
            file_by_file(console),
            late_progress(console) as progress,
            Look(path, chosen, selection, progress=progress) as look,
        ):
            for batch in look:
                if as_json:
                    write("".join(lines.json(wanted(batch))))
                else:
                    listed = list(wanted(batch, max_labels=_SHOWN_LABELS))
                    write("".join(lines.text(listed)))
                sys.stdout.flush()
            tell_damage(console, path, look.report)


class _Lines:
    """The lines of a file."""

    def __init__(self, path: str, *, is_long: bool, named: bool) -> None:
        self._path = path
        self._is_long = is_long
        self._named = named
        self._on_terminal = sys.stdout.isatty()
        self._columns = _LONG_COLUMNS if is_long else _COLUMNS
        self._widths = [len(name) for name, _ in self._columns]
        self._is_first = True

    def json(self, entries: Iterator[Entry]) -> Iterator[str]:
        for entry in entries:
            yield json.dumps(as_dict(self._path, entry, deep=self._is_long)) + "\n"

    def text(self, entries: Sequence[Entry]) -> Iterator[str]:
        if not self._on_terminal:
            head = f"{self._path}\t" if self._named else ""
            for entry in entries:
                yield head + "\t".join(self._cells(entry)) + "\n"
            return
        rows = [list(map(printable, self._cells(entry))) for entry in entries]
        for place, column in enumerate(zip(*rows, strict=True)):
            self._widths[place] = max(self._widths[place], *map(len, column))
        if self._is_first:
            self._is_first = False
            # The last offsets are about the size of the file.
            widest = len(str(os.path.getsize(self._path)))
            self._widths[_OFFSET] = max(self._widths[_OFFSET], widest)
            if self._named:
                yield styled(self._path, bold=True) + "\n"
            heading = self._aligned([name for name, _ in self._columns])
            yield styled(heading, bold=True) + "\n"
        for row in rows:
            yield self._aligned(row) + "\n"

    def _aligned(self, cells: Sequence[str]) -> str:
        columns = zip(cells, self._columns, self._widths, strict=True)
        return "  ".join(f"{cell:{side}{width}}" for cell, (_, side), width in columns).rstrip()

    def _cells(self, entry: Entry) -> tuple[str, ...]:
        if entry.format is None:
            kind, id_, labels = "-", "-", "-"
        else:
            kind, id_, labels = (
                entry.format or "-",
                str(entry.id),
                labels_text(entry, _SHOWN_LABELS),
            )
        places = str(entry.ordinal), str(entry.key), str(entry.offset), str(entry.length)
        if self._is_long:
            size = "-" if entry.size is None else str(entry.size)
            return (*places, entry.content or kind, size, id_, labels)
        return (*places, kind, id_, labels)
