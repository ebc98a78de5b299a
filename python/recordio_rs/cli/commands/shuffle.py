"""`recordio shuffle`."""

from __future__ import annotations

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.options import output_option, seed_option
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.cli.sizes import SIZE
from recordio_rs.tools.memory_size import memory_size
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.shuffling import shuffle

__all__ = ["command"]

_MIN_MEMORY = 16 << 20


def _quarter_of_memory() -> int:
    """Returns a quarter of the memory that there is in bytes, or a gibibyte if nobody knows."""
    memory = memory_size()
    return 1 << 30 if memory is None else max(_MIN_MEMORY, memory // 4)


@a_command(
    "shuffle",
    examples="""
        # A file in random order
        recordio shuffle train.rec -o shuffled.rec --seed 7

        # All records of eight files in one, each with the key that it had
        recordio shuffle 'part-{000..007}.rec' --keys keep -o train.rec

        # A file that is larger than the memory, with another disk for what is temporary
        recordio shuffle huge.rec -o shuffled.rec --memory 8G --temp-dir /scratch
    """,
)
@rewriting("ordinal")
@output_option
@seed_option
@click.option(
    "--memory",
    type=SIZE,
    default=_quarter_of_memory,
    metavar="BYTES",
    help="Have at most about so many bytes of records in memory, as 500M or 8G; if not given, a "
    "quarter of what this machine, container or process has. At least 64M are taken for a gibibyte "
    "of records, and twice that for each four times as many.",
)
@click.option(
    "--temp-dir",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False),
    help="The folder for temporary files; that of the output if not given.",
)
def command(
    run: Rewriting,
    output: str,
    seed: int,
    memory: int,
    temp_dir: str | None,
    keys: KeyPolicy,
) -> None:
    """Write all records of one or several files to one file, in random order.

    A record may come to stand anywhere, across all files. The order is the permutation that NumPy's
    RandomState makes of the seed: it depends on the seed and the number of records alone, and NumPy
    promises that it is the same on every machine and with every version. More than --memory has
    room for goes to temporary files on the way, which take as much room on the disk as all records;
    the result is the same.
    """
    if memory < _MIN_MEMORY:
        raise click.UsageError("--memory must be at least 16M")
    with (
        run.sources([output]) as sources,
        run.outputs(sources, [output]) as (out,),
        run.console.progress("Shuffling") as progress,
    ):
        shuffle(
            sources, out, seed=seed, memory=memory, folder=temp_dir, keys=keys, progress=progress
        )
