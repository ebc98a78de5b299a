"""`recordio pack`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

import click

from recordio_rs._replacing import replacing
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.image_naming import find_images
from recordio_rs.cli.image_options import (
    center_crop_option,
    color_option,
    division_options,
    encoding_option,
    pass_through_option,
    ratio_problem,
)
from recordio_rs.cli.inputs import STDIN
from recordio_rs.cli.options import (
    force_option,
    jobs_option,
    json_option,
    output_option,
    seed_option,
)
from recordio_rs.cli.outputs import check_is_name, check_outputs, with_index
from recordio_rs.cli.packing import (
    Losses,
    as_dict,
    as_text,
    duplicates_text,
    list_text,
    make_lists,
    pack_source,
)
from recordio_rs.cli.resuming import has_rest, rest_is_told
from recordio_rs.tools.image_encoding import ENCODINGS, Encoding
from recordio_rs.tools.image_finding import SUFFIXES
from recordio_rs.tools.list_making import Division, shuffled

__all__ = ["command"]

_QUALITY = {".jpg": 95, ".png": 3, ".webp": 95}


@a_command(
    "pack",
    examples="""
        # Pack a folder for each class; label 0 is the first folder by name
        recordio pack photos -o train.rec --labels classes.txt

        # Pack what a list names, 256 pixels on the shorter side, cut to squares
        recordio pack train.lst --root photos -o train.rec --center-crop --resize 256

        # Keep the files as they are, in an order that seed 7 gives
        recordio pack photos -o train.rec --pass-through --shuffle --seed 7

        # Go on after an interruption
        recordio pack train.lst --root photos -o train.rec --resume

        # Only make lists: nine tenths for training, the rest for validation
        recordio pack photos --list -o photos.lst --train-ratio 0.9
    """,
)
@click.argument("source", metavar="SOURCE")
@output_option
@click.option(
    "--root",
    metavar="DIR",
    help="The folder that the paths in a list are seen from; if not given, the one that the list "
    "is in; for a list on standard input, the current folder.",
)
@click.option(
    "--exts",
    default=",".join(SUFFIXES),
    metavar=".A,.B",
    show_default=True,
    help="What the names of images in a folder end in, in capitals or not.",
)
@click.option(
    "--recursive/--no-recursive",
    default=True,
    help="Look into the folders in SOURCE, too, and give each folder with images a label (the "
    "default); or take the images right in it, with the label 0.",
)
@click.option(
    "--shuffle/--no-shuffle",
    default=None,
    help="Shuffle the images, as --seed says, or leave them in their order; if not given, they are "
    "shuffled where --chunks or --train-ratio divides them.",
)
@seed_option
@click.option("--list", "makes_lists", is_flag=True, help="Make a .lst file, and no records.")
@division_options("OUT")
@pass_through_option
@click.option(
    "--resize",
    type=click.IntRange(1),
    metavar="N",
    help="Make the shorter side N pixels long, and the other one as much as keeps the shape.",
)
@center_crop_option
@color_option
@encoding_option(ENCODINGS)
@click.option(
    "--quality",
    type=click.IntRange(0, 100),
    metavar="N",
    help="For .jpg and .webp 1 to 100, 95 if not given; for .png the compression, 0 to 9, 3 if not "
    "given.",
)
@click.option(
    "--pack-label/--no-pack-label",
    default=True,
    help="Pack all labels where there are several (the default), or only the first one.",
)
@click.option(
    "--keep-cut",
    is_flag=True,
    help="Pack JPEGs that break off, too; what is missing is grey. With --pass-through, pack PNGs "
    "that do, too.",
)
@click.option(
    "--labels",
    metavar="FILE",
    help="Write a line for each folder that has images: its path and its label; or for each word "
    "that a .csv file has for a label.",
)
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run has left.")
@jobs_option
@force_option
@json_option
def command(
    console: Console,
    source: str,
    output: str,
    root: str | None,
    exts: str,
    recursive: bool,
    shuffle: bool | None,
    seed: int,
    makes_lists: bool,
    division: Division,
    pass_through: bool,
    resize: int | None,
    center_crop: bool,
    color: str,
    encoding: str,
    quality: int | None,
    pack_label: bool,
    keep_cut: bool,
    labels: str | None,
    resume: bool,
    jobs: int,
    force: bool,
    as_json: bool,
) -> None:
    """Pack images into records, with the labels that folders or a list give them.

    SOURCE is a folder of images, a .lst file (id, labels and path with tabs between them; it may
    end in .txt, or in nothing) or a .csv file (path and labels; or any columns, if the first row
    names them: path, label..., id). - is a .lst file on standard input. In a folder, images are
    numbered from 0 in the order of their names, and so are the folders that have images: that is
    their label. Ids are the keys. Labels are numbers; where a .csv file names its columns, the one
    of the labels may have words instead, which are sorted and numbered from 0.

    An image that cannot be read is told and left out, and the exit code is 3. Two images with one
    id are an error.

    With -o OUT.rec, OUT.rec and OUT.idx appear when all is packed. Who is interrupted or out of
    disk space finds what was done in OUT.rec.partial, and goes on with --resume: with the same
    images and options the bytes are those of one run, whatever the number of jobs.
    """
    _check_usage(makes_lists, resume, division)
    check_is_name(output)
    stem = output[: -len(".lst")] if output.endswith(".lst") else output
    list_paths = [f"{stem}{ending}.lst" for ending in division.endings]
    outputs = list_paths if makes_lists else list(with_index(output))
    if labels is not None:
        outputs.append(labels)
    if len(set(map(os.path.realpath, outputs))) < len(outputs):
        raise click.UsageError("records, index and labels each need a file of their own")
    is_done = not makes_lists and has_rest(output, resume, force)
    inputs = [] if source == STDIN else [source]
    check_outputs(outputs, inputs, force=force or is_done)

    losses = Losses(console)
    found = find_images(console, source, root=root, exts=exts, recursive=recursive)
    for place, reason in found.passed_over:
        losses.add(place, reason)
    if not len(found.images):
        ending = f" whose name ends in {exts}" if os.path.isdir(source) else ""
        raise Failure(f"{source}: there is no image{ending}")
    if (duplicates := duplicates_text(found.images)) is not None:
        raise Failure(f"{source}: {duplicates}")
    if shuffle is None and division.divides:
        console.say(f"shuffled, as --seed {seed} says; --no-shuffle divides images in their order")
        shuffle = True
    if shuffle:
        found.images = shuffled(found.images, seed)
    written = [] if labels is None else [(labels, _label_lines(found.classes))]
    if makes_lists:
        lists = make_lists(found, stem, division, losses, written)
        result: dict[str, Any] = {"lists": lists}
        lines = [list_text(one) for one in lists]
    else:
        chosen = Encoding(
            pass_through=pass_through,
            color=int(color),
            crops_center=center_crop,
            resize=resize or 0,
            suffix=encoding,
            quality=_QUALITY[encoding] if quality is None else quality,
            packs_labels=pack_label,
            keeps_cut=keep_cut,
        )
        with rest_is_told(console, output), ExitStack() as labels_file:
            for path, content in written:
                labels_file.enter_context(replacing(path)).writelines(content)
            packed = pack_source(
                console,
                found,
                output,
                chosen,
                losses,
                jobs=jobs,
                resume=resume,
                replaces=force,
                # Before the records: who is killed between them can go on.
                before=labels_file.close,
                hint="; --root names another folder" if root is None else "",
            )
        result, lines = as_dict(packed), [as_text(packed, len(losses.listed))]
    console.tell_rest()
    for line in lines:
        console.say(line)
    if as_json:
        more = {"classes": found.classes, "other_files": found.others, "skipped": losses.listed}
        console.result({**result, **more})


def _check_usage(makes_lists: bool, resume: bool, division: Division) -> None:
    if makes_lists and resume:
        raise click.UsageError("--list and --resume exclude each other")
    if not makes_lists and division != Division():
        raise click.UsageError(
            "--chunks, --train-ratio and --test-ratio are for --list: pack each list then"
        )
    if (problem := ratio_problem(division)) is not None:
        raise click.UsageError(problem)


def _label_lines(classes: dict[str, int]) -> list[bytes]:
    """Returns the lines of the file for --labels.

    Raises:
        Failure: There are no classes, or one cannot be named in a line.
    """
    if not classes:
        raise Failure(
            "--labels needs a SOURCE that is a folder, and --recursive, or a .csv file with words "
            "for labels"
        )
    for name in classes:
        if "\n" in name:
            raise Failure(f"--labels cannot name what has ends of lines: {name!r}")
    return [os.fsencode(f"{name} {label}\n") for name, label in classes.items()]
