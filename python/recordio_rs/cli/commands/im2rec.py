"""`recordio im2rec`."""

from __future__ import annotations

import os
from typing import Any

import click

from recordio_rs.cli.abbreviations import spelled_out
from recordio_rs.cli.command import Command
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure, text_of
from recordio_rs.cli.image_options import (
    center_crop_option,
    color_option,
    division_options,
    encoding_option,
    pass_through_option,
    ratio_problem,
)
from recordio_rs.cli.options import json_option
from recordio_rs.cli.packing import (
    Losses,
    as_dict,
    as_text,
    duplicates_text,
    list_text,
    make_lists,
    pack_source,
    tell_others,
)
from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.image_encoding import Encoding
from recordio_rs.tools.image_finding import SUFFIXES
from recordio_rs.tools.image_sources import ImageSource, from_folder, from_list
from recordio_rs.tools.list_making import Division, shuffled_as_mxnet

__all__ = ["command"]

_EXTS = "--exts"
_MXNET_OPTIONS = (
    "--list",
    _EXTS,
    "--chunks",
    "--train-ratio",
    "--test-ratio",
    "--recursive",
    "--no-shuffle",
    "--pass-through",
    "--resize",
    "--center-crop",
    "--quality",
    "--num-thread",
    "--color",
    "--encoding",
    "--pack-label",
)


class _AsArgparse(Command):
    """A command whose options may be shortened, and `--exts` have several values behind it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spelled = spelled_out(args, _MXNET_OPTIONS, several=_EXTS)
        has_exts = _EXTS in spelled  # which click takes away
        try:
            return super().parse_args(ctx, spelled)
        except click.MissingParameter as error:
            if not has_exts:
                raise
            message = f"{error.format_message()} All that follows {_EXTS} is taken for its values"
            raise click.UsageError(f"{message}: put it last, or -- behind them.", ctx) from error


@a_command(
    "im2rec",
    cls=_AsArgparse,
    examples="""
        # List the images of a folder for each class, in photos_train.lst and photos_val.lst
        recordio im2rec --list --recursive --train-ratio 0.9 photos images > classes.txt

        # Pack both: photos_train.rec, photos_val.rec and their indexes
        recordio im2rec --resize 256 --quality 90 photos images
    """,
)
@click.argument("prefix", metavar="PREFIX")
@click.argument("root", metavar="ROOT")
@click.option("--list", "makes_lists", is_flag=True, help="Make lists, and no records.")
@click.option(
    "--exts",
    multiple=True,
    default=SUFFIXES,
    metavar=".A .B ...",
    help="What names of images end in, in lower case; .jpeg .jpg .png if not given.",
)
@division_options("PREFIX")
@click.option(
    "--recursive",
    is_flag=True,
    help="Look into the folders in ROOT, give each one with images a label, and print them; if not "
    "given, the images right in ROOT have the label 0.",
)
@click.option(
    "--no-shuffle",
    "shuffle",
    is_flag=True,
    flag_value=False,
    default=True,
    help="List in the order of names; if not given, shuffled, each time in the same way.",
)
@pass_through_option
@click.option(
    "--resize",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Make the shorter side N pixels long.",
)
@center_crop_option
@click.option(
    "--quality",
    type=click.IntRange(0),
    default=95,
    metavar="N",
    show_default=True,
    help="For .jpg 1 to 100; for .png the compression, 0 to 9, and 9 for what is more.",
)
@click.option(
    "--num-thread",
    type=int,
    metavar="N",
    help="How much is done at the same time; the number of cores if not given. The records are "
    "those of the list, in its order.",
)
@color_option
@encoding_option((".jpg", ".png"))
@click.option(
    "--pack-label", is_flag=True, help="Pack all labels of a line; if not given, the first."
)
@click.option(
    "--keep-cut",
    is_flag=True,
    help="Pack JPEGs that break off, too, as im2rec.py does; what is missing is grey. With "
    "--pass-through, pack PNGs that do, too.",
)
@json_option
def command(
    console: Console,
    prefix: str,
    root: str,
    makes_lists: bool,
    exts: tuple[str, ...],
    division: Division,
    recursive: bool,
    shuffle: bool,
    pass_through: bool,
    resize: int,
    center_crop: bool,
    quality: int,
    num_thread: int | None,
    color: str,
    encoding: str,
    pack_label: bool,
    keep_cut: bool,
    as_json: bool,
) -> None:
    """Make lists and records from images as MXNet's im2rec.py does, with its options.

    With --list, the images in ROOT go to PREFIX.lst. Without it, each list whose path begins with
    PREFIX and ends in .lst is packed: PREFIX.lst to PREFIX.rec and PREFIX.idx beside it. If PREFIX
    is a folder, that means all lists in it. Options may be shortened as far as they are clear.

    As with im2rec.py, and unlike with other commands, lists and records that are there are
    replaced, but only when the new ones are whole. An image that cannot be read is told and left
    out, and the exit code is 3. `recordio pack` does the same for one file, and can resume.
    """
    prefix, root = _normal(prefix), os.path.normpath(root)
    losses = Losses(console)
    if makes_lists:
        if (problem := ratio_problem(division)) is not None:
            console.warn(f"{problem}; what im2rec.py makes of that is made")
        found = from_folder(root, recursive=recursive, suffixes=exts)
        result = _make_lists(console, found, prefix, division, recursive, shuffle, losses)
        if not as_json:
            for folder, label in found.classes.items():
                console.text(f"{folder} {label}")
    else:
        chosen = Encoding(
            pass_through=pass_through,
            color=int(color),
            crops_center=center_crop,
            resize=resize,
            suffix=encoding,
            quality=quality,
            packs_labels=pack_label,
            keeps_cut=keep_cut,
        )
        jobs = (os.cpu_count() or 1) if num_thread is None else max(1, num_thread)
        result = _pack_lists(console, prefix, root, chosen, losses, jobs)
    if as_json:
        console.result({**result, "skipped": losses.listed})


def _normal(prefix: str) -> str:
    """Returns a prefix that names can be added to as im2rec.py adds them, and as it is given."""
    path = os.path.normpath(prefix)
    is_name = os.path.basename(path) not in ("", os.curdir, os.pardir)
    return path if is_name else os.path.abspath(path)


def _make_lists(
    console: Console,
    found: ImageSource,
    prefix: str,
    division: Division,
    recursive: bool,
    shuffle: bool,
    losses: Losses,
) -> dict[str, Any]:
    """Writes lists, and returns which."""
    tell_others(console, found)
    for place, reason in found.passed_over:
        losses.add(place, reason)
    if not len(found.images):
        hint = "" if recursive else "; --recursive looks into the folders in it"
        console.lossy(f"{found.root}: there is no image whose name ends in one of --exts{hint}")
    if shuffle:
        found.images = shuffled_as_mxnet(found.images)
    lists = make_lists(found, prefix, division, losses)
    for one in lists:
        console.say(list_text(one))
    return {"lists": lists, "classes": found.classes, "other_files": found.others}


def _pack_lists(
    console: Console, prefix: str, root: str, encoding: Encoding, losses: Losses, jobs: int
) -> dict[str, Any]:
    """Packs all lists of a prefix, and returns what has become of each."""
    lists = _lists(prefix)
    if not lists:
        raise Failure(f"no list is there whose path begins with {prefix} and ends in .lst")
    files = list[dict[str, Any]]()
    for path in lists:
        try:
            files.append(_pack_list(console, path, root, encoding, losses, jobs))
        except (Failure, RecordIOError, OSError) as error:
            console.tell_rest()
            console.failed(error)
            files.append({"list": path, "error": text_of(error)})
    return {"files": files}


def _pack_list(
    console: Console, path: str, root: str, encoding: Encoding, losses: Losses, jobs: int
) -> dict[str, Any]:
    """Packs a list, and returns what has become of it."""
    before = len(losses.listed)
    source = from_list(path, root)
    for place, reason in source.passed_over:
        losses.add(place, reason)
    if not len(source.images):
        console.lossy(f"{path}: there is no image in it")
    if (duplicates := duplicates_text(source.images)) is not None:
        console.lossy(f"{path}: {duplicates}: by key, only one of them can be read")
    packed = pack_source(
        console,
        source,
        os.path.splitext(path)[0] + ".rec",
        encoding,
        losses,
        jobs=jobs,
        keeps_unfinished=False,
    )
    console.tell_rest()
    console.say(as_text(packed, len(losses.listed) - before))
    return {"list": path, **as_dict(packed)}


def _lists(prefix: str) -> list[str]:
    folder = prefix if os.path.isdir(prefix) else os.path.dirname(prefix)
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder or os.curdir))
    return [
        path
        for path in paths
        if path.startswith(prefix) and path.endswith(".lst") and os.path.isfile(path)
    ]
