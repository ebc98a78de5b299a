"""`recordio get`."""

from __future__ import annotations

import os

import click

from recordio_rs._replacing import replacing
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import expand_one
from recordio_rs.cli.looks import ordinals_option, selection_of
from recordio_rs.cli.options import index_of, index_options, input_argument
from recordio_rs.cli.outputs import check_outputs
from recordio_rs.cli.raw_output import RawOutput, Shape, content_of, image_option, shape_option
from recordio_rs.tools.file_names import as_part
from recordio_rs.tools.image_headers import format_of, suffix_of
from recordio_rs.tools.looking import Look
from recordio_rs.tools.ranges import Range

__all__ = ["command"]


@a_command(
    "get",
    examples="""
        # The image of the record with key 4
        recordio get --image train.rec 4 > image.jpg

        # Records with some keys, each as a file of its own
        recordio get train.rec 1 3..5 -o records
    """,
)
@input_argument
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@ordinals_option
@click.option(
    "-o", "--output", metavar="FOLDER", help="Write each record to a file here, named by its key."
)
@shape_option
@image_option
@index_options
@click.option(
    "-f",
    "--force",
    is_flag=True,
    help="Replace files that are there, and print records on a terminal, too.",
)
def command(
    console: Console,
    file: str,
    keys: tuple[str, ...],
    ordinals: tuple[tuple[Range, ...], ...],
    output: str | None,
    shape: Shape,
    is_image: bool,
    index: str | None,
    no_index: bool,
    force: bool,
) -> None:
    """Get records by their keys, on standard output or as files.

    KEY is a key as it stands in the index, or a range of integer keys as 3..7, both ends included.
    Only these records are read and checked, not the rest of the file. With --image the
    suffix of a file is by what the image is; else it is .bin.
    """
    if not keys and not ordinals:
        raise click.UsageError("name a key, or --ordinals")
    if output is not None and shape == "rec":
        raise click.UsageError("--format rec is for standard output")
    path, chosen = expand_one(file), index_of(index, no_index)
    printed = RawOutput(shape, force=force) if output is None else None
    with Look(path, chosen, selection_of(ordinals, keys), strict=True) as look:
        for batch in look:
            for key, record in zip(batch.keys, batch, strict=True):
                content = content_of(bytes(record), path, key, is_image=is_image)
                if printed is not None:
                    printed.write(content)
                elif output is not None:
                    _write(console, output, key, content, is_image=is_image, force=force)
    if printed is not None:
        printed.close()


def _write(
    console: Console, folder: str, key: str, content: bytes, *, is_image: bool, force: bool
) -> None:
    suffix = suffix_of(format_of(content) if is_image else "")
    target = os.path.join(folder, f"{as_part(key)}.{suffix}")
    check_outputs([target], force=force)
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as error:
        raise Failure(f"{folder} is there and no folder") from error
    with replacing(target) as file:
        file.write(content)
    console.detail(target)
