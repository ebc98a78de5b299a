"""`recordio split`."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import STDIN
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.cli.sizes import SIZE
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.splitting import (
    bounds_of_count,
    bounds_of_records,
    bounds_of_size,
    deal,
    split,
)

__all__ = ["command"]

_PLACE = "{}"
_MIN_DIGITS = 3
# More files than anyone wants, and than can be open at once.
_MAX_OUTPUTS = 100_000


@a_command(
    "split",
    examples="""
        # Eight files of as many records each: train-000.rec to train-007.rec
        recordio split train.rec -n 8

        # Files of at most a gibibyte, of a name of their own
        recordio split train.rec --size 1G -o 'shards/part-{}.rec'

        # The records in turn to four files, as cards are dealt
        recordio split train.rec -n 4 --round-robin

        # Three files in eight
        recordio split 'old-{000..002}.rec' -n 8 --keys ordinal -o 'new-{}.rec'
    """,
)
@rewriting("keep")
@click.option(
    "-n", "--count", type=click.IntRange(1, _MAX_OUTPUTS), metavar="N", help="Make N files."
)
@click.option(
    "--records", type=click.IntRange(1), metavar="N", help="Make files of N records each."
)
@click.option(
    "--size",
    type=SIZE,
    metavar="BYTES",
    help="Make files of at most so many bytes, as 500000, 64M or 2G; a record that is larger alone "
    "has a file alone.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATTERN",
    help="The files to be written, with {} where a number is to be: 000, 001 and so on. If not "
    "given, the name of the file with -000 and so on behind it.",
)
@click.option(
    "--round-robin",
    is_flag=True,
    help="Deal the records in turn to the files that -n asks for; if not given, neighbours stay "
    "together.",
)
def command(
    run: Rewriting,
    count: int | None,
    records: int | None,
    size: int | None,
    output: str | None,
    round_robin: bool,
    keys: KeyPolicy,
) -> None:
    """Write the records of a file to several files.

    One of -n, --records and --size says how many. The files are made all of them or none, and are
    read back in their order as 'train-{000..007}.rec', by `recordio merge` say.
    """
    if [count, records, size].count(None) != 2:
        raise click.UsageError("one of -n, --records and --size is needed")
    if round_robin and count is None:
        raise click.UsageError("--round-robin goes with -n")
    if size == 0:
        raise click.UsageError("--size must be at least 1")
    pattern = _pattern(run.files) if output is None else output
    if _PLACE not in pattern:
        raise click.UsageError(f"-o needs a place for the number: {_PLACE}")
    known = [] if count is None else _names(pattern, count)
    with run.sources(known) as sources:
        if count is not None:
            bounds = bounds_of_count(sources, count)
        elif records is not None:
            bounds = bounds_of_records(sources, records)
        else:
            assert size is not None
            bounds = bounds_of_size(sources, size)
        if len(bounds) - 1 > _MAX_OUTPUTS:
            raise Failure(f"these would be {len(bounds) - 1} files; the most are {_MAX_OUTPUTS}")
        names = _names(pattern, len(bounds) - 1)
        with run.outputs(sources, names) as outputs, run.console.progress("Splitting") as progress:
            if round_robin:
                deal(sources, outputs, keys=keys, progress=progress)
            else:
                split(sources, outputs, bounds, keys=keys, progress=progress)


def _pattern(files: Sequence[str]) -> str:
    """Returns how outputs are named after the one file that is read."""
    if len(files) != 1 or files[0] == STDIN:
        raise click.UsageError("-o is needed where there is no one file to name others after")
    stem, suffix = os.path.splitext(files[0])
    if _PLACE in stem:
        raise click.UsageError(f"-o is needed: there is a {_PLACE} in the name of the file")
    return f"{stem}-{_PLACE}{suffix}"


def _names(pattern: str, count: int) -> list[str]:
    digits = max(_MIN_DIGITS, len(str(count - 1)))
    return [pattern.replace(_PLACE, f"{number:0{digits}}") for number in range(count)]
