"""`recordio cat`."""

from __future__ import annotations

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.looks import late_progress, selection_of, selection_options
from recordio_rs.cli.options import (
    check_one_index,
    index_of,
    index_options,
    inputs_argument,
    skip_damaged_option,
)
from recordio_rs.cli.raw_output import RawOutput, Shape, content_of, image_option, shape_option
from recordio_rs.tools.looking import Look
from recordio_rs.tools.ranges import Range

__all__ = ["command"]


@a_command(
    "cat",
    examples="""
        # The records of a file, end to end
        recordio cat train.rec | wc -c

        # The first hundred records as a file of their own
        recordio cat train.rec --ordinals 0..99 --format rec > first.rec

        # Only the image of a record
        recordio cat train.rec --ordinals 5 --image > image.jpg
    """,
)
@inputs_argument
@selection_options
@shape_option
@image_option
@skip_damaged_option
@index_options
@click.option("-f", "--force", is_flag=True, help="Print records on a terminal, too.")
def command(
    console: Console,
    files: tuple[str, ...],
    ordinals: tuple[tuple[Range, ...], ...],
    keys: tuple[str, ...],
    shape: Shape,
    is_image: bool,
    skip_damaged: bool,
    index: str | None,
    no_index: bool,
    force: bool,
) -> None:
    """Print records of files on standard output, as they are.

    Each file is looked through before anything of it is printed.
    """
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    output = RawOutput(shape, force=force)
    selection = selection_of(ordinals, keys)
    for path in paths:
        strict = not skip_damaged
        with (
            late_progress(console) as progress,
            Look(path, chosen, selection, strict=strict, thorough=True, progress=progress) as look,
        ):
            for batch in look:
                for key, record in zip(batch.keys, batch, strict=True):
                    output.write(content_of(bytes(record), path, key, is_image=is_image))
            tell_damage(console, path, look.report)
    output.close()
