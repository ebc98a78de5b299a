"""`recordio get`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import expand_one
from recordio_rs.cli.looks import ordinals_option, selection_of
from recordio_rs.cli.options import index_of, index_options, input_argument
from recordio_rs.cli.outputs import check_outputs
from recordio_rs.cli.raw_output import RawOutput, Shape, contents_of, image_option, shape_option
from recordio_rs.tools.image_headers import format_of, suffix_of
from recordio_rs.tools.key_names import name_of_key
from recordio_rs.tools.looking import Batch, Look
from recordio_rs.tools.named_errors import errors_name
from recordio_rs.tools.new_folder import new_folder
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
    Only these records are read and checked, not the rest of the file. If one is not there, or
    damaged, nothing is written.

    Files are named by keys; what cannot stand in the name of a file becomes %2F and the like, and a
    key that was there already gets ~ and the ordinal behind it. With --image the suffix is by what
    the image is; else it is .bin.
    """
    if not keys and not ordinals:
        raise click.UsageError("name a key, or --ordinals")
    if output == "":
        raise click.UsageError("--output needs the name of a folder")
    if output is not None and shape != "raw":
        raise click.UsageError(f"--format {shape} is for standard output")
    path, chosen = expand_one(file), index_of(index, no_index)
    selection = selection_of(ordinals, keys)
    count = 0
    with Look(path, chosen, selection, strict=True, at_once=False) as look:
        if output is None:
            printed = RawOutput(shape, is_image=is_image, force=force)
            for batch in look:
                printed.write(path, batch)
                count += len(batch)
            printed.close()
        else:
            names = _Names(is_image=is_image)
            targets = list(
                dict.fromkeys(
                    target for batch in look for target, _ in names.files(output, path, batch)
                )
            )
            check_outputs(targets, [path], force=force)
            if targets:
                _write(output, path, look, names)
            for target in targets:
                console.detail(target)
            count = len(targets)
    if not count:
        asked = ", ".join([*keys, *(str(one) for one in selection.ordinals)])
        raise Failure(f"{path}: there is no record in {asked}")


class _Names:
    """The names of the files that records go to, one for each.

    Args:
        is_image: Whether only images go there.
    """

    def __init__(self, *, is_image: bool) -> None:
        self._is_image = is_image
        self._ordinals = dict[str, int]()

    def files(self, folder: str, path: str, batch: Batch) -> Iterator[tuple[str, bytes]]:
        """Gives the file of a folder that each record of a batch goes to, and what goes there."""
        contents = contents_of(path, batch, is_image=self._is_image)
        records = zip(batch.keys, batch.ordinals.tolist(), contents, strict=True)
        for key, ordinal, content in records:
            name = name_of_key(key)
            while self._ordinals.setdefault(name, ordinal) != ordinal:  # the key is there twice
                name = f"{name}~{ordinal}"
            suffix = suffix_of(format_of(content) if self._is_image else "")
            yield os.path.join(folder, f"{name}.{suffix}"), content


def _write(output: str, path: str, look: Look, names: _Names) -> None:
    """Writes the file of each record, all of them or none."""
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    with new_folder(output) as folder:
        for batch in look:
            for target, content in names.files(folder, path, batch):
                with errors_name(target), open(target, "wb") as written:
                    written.write(content)
