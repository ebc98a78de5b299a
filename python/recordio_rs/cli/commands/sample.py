"""`recordio sample`."""

from __future__ import annotations

import click
import numpy as np

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.options import FiniteRange, check_one_given, output_option, seed_option
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.tools.batches import Ordinals
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.sampling import draw, draw_of_each_label, label_numbers, sample, share_of
from recordio_rs.tools.sources import Sources

__all__ = ["command"]


@a_command(
    "sample",
    examples="""
        # A thousand records of a file
        recordio sample train.rec -n 1000 -o some.rec

        # A hundredth of all records of eight files, another one for each seed
        recordio sample 'part-{000..007}.rec' --fraction 0.01 --seed 7 --keys ordinal -o some.rec

        # Nine tenths for training and the others for validation
        recordio sample --fraction 0.9 --seed 7 train.rec -o fit.rec --rest val.rec

        # The same with nine tenths of each class
        recordio sample --fraction 0.9 --by-label train.rec -o fit.rec --rest val.rec
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
@click.option(
    "--by-label",
    is_flag=True,
    help="Draw this part of the records of each label, rounded for each. Of several labels of a "
    "record the first counts; records without labels are drawn as if they had one in common. "
    "For this all records are read once more.",
)
@output_option
@click.option(
    "--rest",
    metavar="FILE",
    help="Write all other records to this file, in their order; both files are made, or none.",
)
@seed_option
def command(
    run: Rewriting,
    count: int | None,
    fraction: float | None,
    by_label: bool,
    output: str,
    rest: str | None,
    seed: int,
    keys: KeyPolicy,
) -> None:
    """Write records that are drawn by chance, each at most once, in the order of the files.

    One of -n and --fraction is needed; --by-label goes with --fraction. A larger sample with the
    same seed has all records of a smaller one. `recordio shuffle` brings
    them into another order.
    """
    check_one_given({"-n": count, "--fraction": fraction})
    if by_label and fraction is None:
        raise click.UsageError("--by-label goes with --fraction")
    names = [output] if rest is None else [output, rest]
    with run.sources(names) as sources:
        if by_label:
            assert fraction is not None
            drawn = _of_each_label(run, sources, fraction, seed)
        else:
            drawn = _of_all(sources, count, fraction, seed)
        with run.outputs(sources, names) as outputs, run.console.progress("Sampling") as progress:
            others = None if rest is None else outputs[1]
            sample(sources, outputs[0], drawn, rest=others, keys=keys, progress=progress)


def _of_all(sources: Sources, count: int | None, fraction: float | None, seed: int) -> Ordinals:
    if count is None:
        assert fraction is not None
        count = share_of(len(sources), fraction)
    if count > len(sources):
        raise Failure(f"{counted(count, 'record')} cannot be drawn: there are {len(sources):,}")
    return draw(len(sources), count, seed)


def _of_each_label(run: Rewriting, sources: Sources, fraction: float, seed: int) -> Ordinals:
    with run.console.progress("Reading labels") as progress:
        numbers = label_numbers(sources, progress)
    if len(numbers) and numbers.max() < 0:
        run.console.warn("no record has a label: --by-label makes no difference")
    drawn = draw_of_each_label(numbers, fraction, seed)
    missing = len(np.setdiff1d(numbers, numbers[drawn]))
    if missing and fraction:
        run.console.warn(f"no record is drawn of {counted(missing, 'label')}: too few have it")
    return drawn
