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
from recordio_rs.cli.raw_output import RawOutput, Shape, image_option, shape_option
from recordio_rs.tools.looking import Look
from recordio_rs.tools.ranges import Range

__all__ = ["command"]

_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\0": "\0"}


@a_command(
    "cat",
    examples="""
        # The records of a file, end to end
        recordio cat train.rec | wc -c

        # The first hundred records as a file of their own
        recordio cat train.rec --ordinals 0..99 --format rec > first.rec

        # Only the image of a record
        recordio cat train.rec --ordinals 5 --image > image.jpg

        # Records of text, one a line
        recordio cat notes.rec --delimiter '\\n' | sort | uniq -c
    """,
)
@inputs_argument
@selection_options
@shape_option
@click.option(
    "--delimiter",
    metavar="TEXT",
    help=r"Print this behind each record, with --format raw; \n, \t, \r and \0 stand for the "
    "ends of lines, tabs and zeros that they are elsewhere.",
)
@click.option("-0", "--null", is_flag=True, help=r"The same as --delimiter '\0'.")
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
    delimiter: str | None,
    null: bool,
    is_image: bool,
    skip_damaged: bool,
    index: str | None,
    no_index: bool,
    force: bool,
) -> None:
    """Print records of files on standard output, as they are, in the order of the index.

    All that is to be printed of a file is looked at before anything of it is printed: the whole
    file, or only the records of --ordinals and --key.
    """
    if delimiter is not None and null:
        raise click.UsageError("--delimiter and --null exclude each other")
    behind = "\0" if null else delimiter or ""
    if behind and shape != "raw":
        raise click.UsageError("--delimiter and --null are for --format raw")
    for escape, character in _ESCAPES.items():
        behind = behind.replace(escape, character)
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    encoded = behind.encode("utf-8", "surrogateescape")
    output = RawOutput(shape, delimiter=encoded, is_image=is_image, force=force)
    selection = selection_of(ordinals, keys)
    for path in paths:
        with (
            late_progress(console) as progress,
            Look(
                path, chosen, selection, strict=not skip_damaged, at_once=False, progress=progress
            ) as look,
        ):
            for batch in look:
                output.write(path, batch)
            tell_damage(console, path, look.report)
    output.close()
