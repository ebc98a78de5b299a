"""`recordio view`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from recordio_rs._counted import counted
from recordio_rs._paths import find_index
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.intervals import in_one
from recordio_rs.cli.options import (
    any_payload_option,
    check_one_index,
    force_option,
    index_of,
    index_options,
    inputs_argument,
    json_option,
    labels_option,
    names_option,
    seed_option,
)
from recordio_rs.cli.outputs import check_outputs
from recordio_rs.tools.glance import Glance
from recordio_rs.tools.intervals import Interval

if TYPE_CHECKING:
    from recordio_rs.tools.viewing.view import Viewed

__all__ = ["command"]

_SHOWN = 10


@a_command(
    "view",
    examples="""
        # A sheet of 64 images, chosen by chance
        recordio view train.rec -o sheet.png

        # A page for the browser: classes with their names, larger images on a click
        recordio view train.rec --names classes.txt -n 200 -o train.html

        # The first hundred of the classes 3 to 7
        recordio view train.rec --label 3..7 --first -n 100 -o some.png

        # Cars in the shards of a detection dataset
        recordio view 'coco-{000..015}.rec' --label 2 --names coco.txt -o cars.html
    """,
)
@inputs_argument
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="The file to be written: a sheet (.png, .jpg), or a page (.html) that needs nothing else.",
)
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1),
    default=64,
    metavar="N",
    show_default=True,
    help="Show at most N records, of all files together.",
)
@click.option("--first", is_flag=True, help="Show the first records instead of some by chance.")
@seed_option
@labels_option
@any_payload_option
@names_option
@click.option(
    "--boxes",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Whether labels are taken for boxes of a detection dataset: where they look like some, "
    "wherever they have the layout, or not at all.",
)
@click.option(
    "--size",
    type=click.IntRange(32, 1024),
    default=192,
    metavar="PIXELS",
    show_default=True,
    help="How large an image is.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 200),
    metavar="N",
    help="Put N images in a row; as many as look good if not given.",
)
@click.option(
    "--title", metavar="TEXT", help="What stands above; the name of the file if not given."
)
@index_options
@force_option
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    output: str,
    count: int,
    first: bool,
    seed: int,
    labels: tuple[tuple[Interval, ...], ...],
    any_payload: bool,
    names: str | None,
    boxes: str,
    size: int,
    columns: int | None,
    title: str | None,
    index: str | None,
    no_index: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Show images of files, with labels and boxes, on a sheet or on a page for the browser.

    What cannot be decoded is shown as broken, and the exit code is 3; so it is if a file is
    damaged, for which it is looked through first, at the speed of the disk. With --label, headers
    of records are read until enough are found.

    Needs OpenCV: pip install 'recordio_rs[images]'.
    """
    from recordio_rs.tools.class_names import NO_NAMES, read_class_names
    from recordio_rs.tools.detection import BoxMode
    from recordio_rs.tools.viewing.sheet import SheetTooLargeError
    from recordio_rs.tools.viewing.view import PAGES, SHEETS, Wanted, view

    if os.path.splitext(output)[1].lower() not in (*SHEETS, *PAGES):
        endings = ", ".join((*SHEETS, *PAGES))
        raise click.UsageError(f"{output}: a name that ends with one of {endings} is needed")
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    sources = [one for path in paths for one in (path, find_index(path, chosen)) if one]
    check_outputs([output], [*sources, *([names] if names else [])], force=force)
    wanted = Wanted(
        count=count,
        seed=None if first else seed,
        labels=in_one(labels),
        boxes=cast(BoxMode, boxes),
        any_payload=any_payload,
        size=size,
        columns=columns,
        names=NO_NAMES if names is None else read_class_names(names),
        title=title,
    )
    with ExitStack() as stack:
        glances = _opened(console, paths, chosen, stack)
        with (
            console.progress("Looking for labels", unit="records") as choosing,
            console.progress("Decoding", unit="images") as progress,
        ):
            try:
                viewed = view(
                    glances,
                    output,
                    wanted,
                    choosing=choosing if labels else None,
                    progress=progress,
                )
            except SheetTooLargeError as error:
                raise Failure(str(error)) from None
    for glance in glances:
        tell_damage(console, glance.path, glance.report)
    for card in viewed.broken[:_SHOWN]:
        console.lossy(f"{card.path}: record {card.ordinal}, key {card.key}: {card.reason}")
    if len(viewed.broken) > _SHOWN:
        console.warn(f"{len(viewed.broken) - _SHOWN:,} more are broken")
    if viewed.others:
        console.say(f"{viewed.others:,} of the records shown have no image")
    console.say(f"{output}: {viewed.shown:,} of {counted(viewed.records, 'record')}")
    if as_json:
        console.result(_as_dict(output, viewed))


def _opened(
    console: Console, paths: list[str], index: str | Literal[False] | None, stack: ExitStack
) -> list[Glance]:
    if len(paths) == 1:
        with console.progress("Looking for damage") as progress:
            return [stack.enter_context(Glance(paths[0], index, progress=progress))]
    with console.progress("Opening", unit="files") as progress:
        glances = []
        for path in paths:
            glances.append(stack.enter_context(Glance(path, index)))
            if progress is not None:
                progress(len(glances), len(paths))
        return glances


def _as_dict(output: str, viewed: Viewed) -> dict[str, Any]:
    broken = [
        {"path": card.path, "ordinal": card.ordinal, "key": card.json_key, "reason": card.reason}
        for card in viewed.broken
    ]
    return {
        "output": output,
        "records": viewed.records,
        "shown": viewed.shown,
        "images": viewed.images,
        "other": viewed.others,
        "broken": broken,
    }
