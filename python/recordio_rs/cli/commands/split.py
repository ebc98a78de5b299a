"""`recordio split`."""

from __future__ import annotations

import click

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import STDIN
from recordio_rs.cli.options import check_one_given
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.cli.shards import MAX_SHARDS, shard_names, warn_of_others
from recordio_rs.cli.sizes import SIZE
from recordio_rs.tools.output import STDOUT
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.splitting import (
    bounds_of_count,
    bounds_of_records,
    bounds_of_size,
    deal,
    split,
)

__all__ = ["command"]


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
    "-n", "--count", type=click.IntRange(1, MAX_SHARDS), metavar="N", help="Make N files."
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
    help="The files to be written: a name with {} where a number is to be, 000, 001 and so on, or "
    "with all numbers, as {000..007}. Without either the number goes in front of the ending. If "
    "not given, the files are named after the one that is read.",
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
    read back in their order as 'train-{000..007}.rec', by `recordio merge` say. Files of other
    numbers that are there already stay, and a warning tells of them.
    """
    check_one_given({"-n": count, "--records": records, "--size": size})
    if round_robin and count is None:
        raise click.UsageError("--round-robin goes with -n")
    if size == 0:
        raise click.UsageError("--size must be at least 1")
    if output == STDOUT:
        raise click.UsageError("-o - is for one file; these are several")
    pattern = _name_of_one(run) if output is None else output
    known = [] if count is None else shard_names(pattern, count)
    with run.sources(known) as sources:
        if count is not None:
            bounds = bounds_of_count(sources, count)
        elif records is not None:
            bounds = bounds_of_records(sources, records)
        else:
            assert size is not None
            bounds = bounds_of_size(sources, size)
        if len(bounds) - 1 > MAX_SHARDS:
            would = counted(len(bounds) - 1, "file")
            raise Failure(f"these would be {would}; the most are {MAX_SHARDS:,}")
        names = shard_names(pattern, len(bounds) - 1)
        with (
            run.outputs(sources, names, are_parts=True) as outputs,
            run.console.progress("Splitting") as progress,
        ):
            if round_robin:
                deal(sources, outputs, keys=keys, progress=progress)
            else:
                split(sources, outputs, bounds, keys=keys, progress=progress)
    if count is not None and (empty := sum(not one.records for one in outputs)):
        run.console.warn(f"{empty:,} of {counted(count, 'file')} got no record")
    warn_of_others(run.console, pattern, names)


def _name_of_one(run: Rewriting) -> str:
    """Returns the name of the one file that is read, to name outputs after it."""
    if len(run.paths) != 1 or run.files[0] == STDIN:
        raise click.UsageError("-o is needed where there is no one file to name others after")
    if "{" in run.paths[0]:
        raise click.UsageError("-o is needed: there are braces in the name of the file")
    return run.paths[0]
