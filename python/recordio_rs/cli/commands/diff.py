"""`recordio diff`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from recordio_rs._counted import counted
from recordio_rs.cli import exits
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.inputs import STDIN, expand_one
from recordio_rs.cli.options import index_of, json_option
from recordio_rs.cli.terminal import printable

if TYPE_CHECKING:
    from recordio_rs.tools.comparing.compare import Changed, Comparison, Place, Way

__all__ = ["command"]


@a_command(
    "diff",
    examples="""
        # Whether two files have the same records with the same keys, in the same order
        recordio diff a.rec b.rec

        # Whether they have the same records in any order
        recordio diff --ignore-order a.rec shuffled.rec

        # What became of each record, by its key; for a program
        recordio diff --by key --json before.rec after.rec

        # For a script: nothing is printed, the exit code tells
        recordio diff -q a.rec b.rec && echo the same
    """,
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--by",
    type=click.Choice(["ordinal", "key"]),
    default="ordinal",
    show_default=True,
    help="Compare records that have the same place in both files, or the same key.",
)
@click.option(
    "--ignore-order",
    is_flag=True,
    help="Compare which records there are, and how often; not where, nor with which keys.",
)
@click.option("--ignore-keys", is_flag=True, help="Do not compare keys.")
@click.option(
    "--max",
    "limit",
    type=click.IntRange(0),
    default=20,
    metavar="N",
    show_default=True,
    help="List at most N differences; all are counted.",
)
@click.option(
    "--no-index", is_flag=True, help="Do without indexes: the keys are 0, 1, 2 and so on."
)
@json_option
def command(
    console: Console,
    a: str,
    b: str,
    by: str,
    ignore_order: bool,
    ignore_keys: bool,
    limit: int,
    no_index: bool,
    as_json: bool,
) -> None:
    """Compare the records of two files.

    Records come in the order of the index. Only their bytes and keys count, not how files are
    padded or where records lie in them. With --quiet nothing is printed but what --json asks for.

    Exit codes: 0 the records are the same; 1 they are not, or it failed; 3 a file is damaged, and
    what is intact was compared.
    """
    from recordio_rs.tools.comparing.compare import compare
    from recordio_rs.tools.source import Source

    if ignore_order and by == "key":
        raise click.UsageError("--ignore-order and --by key exclude each other")
    if a == b == STDIN:
        raise click.UsageError("standard input can be one of the files")
    way: Way = "content" if ignore_order else "key" if by == "key" else "ordinal"
    paths = [expand_one(a), expand_one(b)]
    index = index_of(None, no_index)
    with ExitStack() as stack:
        with console.progress("Looking for damage") as progress, ThreadPoolExecutor(2) as pool:
            # The first one, which is about as large as the other, tells how far both are.
            tells = (progress, None)
            opening = [
                pool.submit(Source, path, index, skip_damaged=True, progress=tell)
                for path, tell in zip(paths, tells, strict=True)
            ]
            first, second = (stack.enter_context(one.result()) for one in opening)
        with console.progress("Comparing") as progress:
            found = compare(
                first, second, way, keys=not ignore_keys, limit=limit, progress=progress
            )
    if not found.is_equal:
        console.exit_code = exits.FAILED
    if not (first.report.ok and second.report.ok):
        console.exit_code = exits.LOSSES
    for source in (first, second):
        tell_damage(console, source.path, source.report)
    if as_json:
        console.result(_as_dict(paths, way, found))
        return
    if console.is_quiet:
        return
    for line in _lines(paths, found):
        console.text(printable(line))
    # Records that are missing in the middle of a file move all that follow.
    if 2 * found.moved_keys > found.changed_count:
        keys = counted(found.moved_keys, "key")
        console.say(f"{keys} at other places in the other file: --by key compares records by them")


def _as_dict(paths: list[str], way: str, found: Comparison) -> dict[str, Any]:
    document = asdict(found)
    records_a, records_b = document.pop("records")
    return {
        "path_a": paths[0],
        "path_b": paths[1],
        "by": way,
        "is_equal": found.is_equal,
        "records_a": records_a,
        "records_b": records_b,
        **document,
    }


def _lines(paths: list[str], found: Comparison) -> list[str]:
    a, b = paths
    lines = [_changed_line(one) for one in found.changed]
    lines += [f"only in {a}: {_place(one)}" for one in found.only_a]
    lines += [f"only in {b}: {_place(one)}" for one in found.only_b]
    total = found.changed_count + found.only_a_count + found.only_b_count
    if total > len(lines):
        lines.append(f"... and {counted(total - len(lines), 'more difference')}")
    if found.is_equal:
        lines.append(f"{counted(found.equal, 'record')} in both, all the same")
        return lines
    lines.append(
        f"{found.equal:,} the same, {found.changed_count:,} changed, "
        f"{found.only_a_count:,} only in {a}, {found.only_b_count:,} only in {b}"
    )
    return lines


def _place(one: Place) -> str:
    return f"record {one.ordinal}, key {one.key}"


def _changed_line(one: Changed) -> str:
    here = _place(one.a)
    if one.b != one.a:
        here += f" / {_place(one.b)}"
    details = []
    if one.first_byte is not None:
        details.append(f"from byte {one.first_byte}")
    if one.lengths[0] != one.lengths[1]:
        details.append(f"{one.lengths[0]:,} and {counted(one.lengths[1], 'byte')}")
    told = f" ({', '.join(details)})" if details else ""
    return f"changed: {here}: {', '.join(one.parts)}{told}"
