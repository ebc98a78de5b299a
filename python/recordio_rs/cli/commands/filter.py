"""`recordio filter`."""

from __future__ import annotations

import click

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.intervals import IntervalsType, in_one
from recordio_rs.cli.options import any_payload_option, labels_option, output_option
from recordio_rs.cli.ranges import check_keys
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.cli.sizes import SIZE
from recordio_rs.tools.criteria import Criteria, KeyCriteria
from recordio_rs.tools.filtering import filter_records
from recordio_rs.tools.intervals import Interval
from recordio_rs.tools.rewriting import KeyPolicy

__all__ = ["command"]

# How many keys that nobody has are named.
_NAMED = 5


@a_command(
    "filter",
    examples="""
        # The records of three classes
        recordio filter train.rec --label 3..5 -o some.rec

        # All but those of class 7
        recordio filter train.rec --label 7 --invert -o others.rec

        # Records by their keys, one of which stands on each line of a file
        recordio filter train.rec --key @wanted.txt -o wanted.rec

        # What is larger than a mebibyte and has an id below 1000
        recordio filter train.rec --min-size 1M --id ..999 -o large.rec
    """,
)
@rewriting("keep")
@output_option
@labels_option
@click.option(
    "--label-index",
    type=click.IntRange(0, 2**32 - 1),
    metavar="I",
    help="With --label, look only at this one of the labels of a record, from 0 on, whatever the "
    "others are.",
)
@click.option(
    "--id",
    "ids",
    type=IntervalsType(int),
    multiple=True,
    metavar="A..B",
    help="Only image records with this id, given as for --label.",
)
@click.option(
    "--key",
    "key_values",
    multiple=True,
    metavar="KEY",
    help="Only records with this key: as it stands in the index, a range of integers as 3..7, or "
    "@FILE for the keys in a file, one on each line. May be given again.",
)
@click.option(
    "--min-size", type=SIZE, metavar="BYTES", help="Only records of so many bytes or more."
)
@click.option(
    "--max-size", type=SIZE, metavar="BYTES", help="Only records of so many bytes or less."
)
@any_payload_option
@click.option("--invert", is_flag=True, help="Take all other records instead.")
def command(
    run: Rewriting,
    output: str,
    labels: tuple[tuple[Interval, ...], ...],
    label_index: int | None,
    ids: tuple[tuple[Interval, ...], ...],
    key_values: tuple[str, ...],
    min_size: int | None,
    max_size: int | None,
    any_payload: bool,
    invert: bool,
    keys: KeyPolicy,
) -> None:
    """Write those records that are wanted, in their order.

    At least one condition is needed: --label, --id, --key, --min-size or --max-size. A record is
    wanted if each one that is given takes it. What is no image record has neither
    label nor id. If there is no record that is wanted, the output is empty, and a warning says so.
    """
    if label_index is not None and not labels:
        raise click.UsageError("--label-index says which label --label is for, which is not given")
    has_sizes = min_size is not None or max_size is not None
    criteria = Criteria(
        in_one(labels),
        label_index,
        in_one(ids),
        Interval(min_size, max_size) if has_sizes else None,
        any_payload,
    )
    key_criteria = _key_criteria(key_values)
    if not criteria and not key_criteria:
        raise click.UsageError("one of --label, --id, --key, --min-size and --max-size is needed")
    with (
        run.sources([output]) as sources,
        run.outputs(sources, [output]) as (out,),
        run.console.progress("Filtering") as progress,
    ):
        filter_records(
            sources, out, criteria, key_criteria, invert=invert, keys=keys, progress=progress
        )
    if missing := key_criteria.missing:
        named = ", ".join(missing[:_NAMED]) + (" ..." if len(missing) > _NAMED else "")
        run.console.warn(f"{counted(len(missing), 'key')} without a record: {named}")
    if not out.records:
        run.console.warn("no record is wanted")


def _key_criteria(values: tuple[str, ...]) -> KeyCriteria:
    check_keys(one for one in values if not one.startswith("@"))
    texts: list[str] = []
    intervals: list[Interval] = []
    for value in values:
        if value.startswith("@"):
            texts += _lines(value[1:])
            continue
        found = Interval.parse(value, int) if ".." in value else None
        if found is None:  # a key that has two dots, perhaps
            texts.append(value)
        else:
            intervals.append(found)
    return KeyCriteria(texts, intervals)


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8-sig") as file:  # editors put a mark in front
        try:
            lines = [line.rstrip("\r\n") for line in file]
        except UnicodeDecodeError as error:
            raise Failure(f"{path}: the keys are no UTF-8: {error}") from error
    return [line for line in lines if line]
