"""`recordio sample`."""

from __future__ import annotations

import math

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.options import FiniteRange, output_option, seed_option
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.sampling import sample

__all__ = ["command"]


@a_command(
    "sample",
    examples="""
        # A thousand records of a file
        recordio sample train.rec -n 1000 -o some.rec

        # A hundredth of all records of eight files, another one for each seed
        recordio sample 'part-{000..007}.rec' --fraction 0.01 --seed 7 --keys ordinal -o some.rec
    """,
)
@rewriting("keep")
@click.option("-n", "--count", type=click.IntRange(0), metavar="N", help="Draw N records.")
@click.option(
    "--fraction",
    type=FiniteRange(0, 1),
    metavar="F",
    help="Draw this part of the records, from 0 to 1, rounded to the nearest number of them.",
)
@output_option
@seed_option
def command(
    run: Rewriting,
    count: int | None,
    fraction: float | None,
    output: str,
    seed: int,
    keys: KeyPolicy,
) -> None:
    """Write records that are drawn by chance, each at most once, in the order of the files.

    A larger sample with the same seed has all records of a smaller one. `recordio shuffle` brings
    them into another order.
    """
    if (count is None) == (fraction is None):
        raise click.UsageError("one of -n and --fraction is needed")
    if fraction is not None and math.isnan(fraction):
        raise click.UsageError("--fraction must be a number")
    with run.sources([output]) as sources:
        if count is None:
            assert fraction is not None
            count = int(fraction * len(sources) + 0.5)
        if count > len(sources):
            raise Failure(f"there are only {len(sources)} records, not {count}")
        with run.outputs(sources, [output]) as (out,), run.console.progress("Sampling") as progress:
            sample(sources, out, count, seed=seed, keys=keys, progress=progress)
