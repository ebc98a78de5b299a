"""`recordio convert`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Literal

import click

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.conversion_report import as_dict, tell_losses
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import STDIN, expand
from recordio_rs.cli.options import (
    check_one_index,
    force_option,
    index_of,
    index_options,
    json_option,
    skip_damaged_option,
)
from recordio_rs.cli.outputs import check_outputs, with_index, with_own_index
from recordio_rs.cli.shards import MAX_SHARDS, shard_names
from recordio_rs.tools.converting.conversion import Plan, convert
from recordio_rs.tools.converting.fields import Fields
from recordio_rs.tools.converting.formats import (
    COMPRESSIBLE,
    FORMATS,
    RECORDS,
    format_of_name,
    is_compressed_name,
)
from recordio_rs.tools.size_text import size_text

__all__ = ["command"]

_FOLDER = "folder"


@a_command(
    "convert",
    examples="""
        # To WebDataset, in eight files, and back
        recordio convert train.rec 'train-{000..007}.tar'
        recordio convert 'train-{000..007}.tar' train.rec

        # To TFRecord and to Parquet
        recordio convert train.rec train.tfrecord
        recordio convert train.rec train.parquet

        # To a folder of images, and back
        recordio convert train.rec train/
        recordio convert train/ train.rec

        # From a WebDataset of somebody else whose labels are in a field of the .json
        recordio convert photos.tar photos.rec --label-field class_id

        # From a Parquet file of somebody else, without two of its columns
        recordio convert cats.parquet cats.rec --label-field species --ignore a,b
    """,
)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.argument("target", metavar="TARGET", required=False)
@click.option(
    "--from",
    "source_format",
    type=click.Choice([*FORMATS, _FOLDER]),
    help="The format of the sources, where their names do not tell.",
)
@click.option(
    "--to",
    "target_format",
    type=click.Choice([*FORMATS, _FOLDER]),
    help="The format of the target, where its name does not tell.",
)
@click.option(
    "--shards",
    type=click.IntRange(1, MAX_SHARDS),
    metavar="N",
    help="Write N files that share the records evenly, in order; {} in the name of the target, or "
    "the place before its suffix, gets their numbers.",
)
@click.option(
    "--image-field",
    "--image-feature",
    "--image-column",
    "image_field",
    metavar="NAME",
    help="Where the images are in files of others: a suffix (WebDataset), a feature (TFRecord) or "
    "a column (Parquet). If not given: the first image, image/encoded, image.",
)
@click.option(
    "--label-field",
    "--label-feature",
    "--label-column",
    "label_field",
    metavar="NAME",
    help="Where the labels are, in the same way; in WebDataset also a name in the .json. If not "
    "given: cls, image/class/label, label.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="NAME,...",
    help="Treat these members, features or columns of files of others as if they were not there, "
    "which is no loss then; named as the command tells of what is left out (txt, json, json.width, "
    "image.path), with commas between them, or the option again.",
)
@click.option(
    "--keys",
    type=click.Choice(["keep", "ordinal"]),
    default="keep",
    show_default=True,
    help="keep keeps the keys, or takes the names of samples; ordinal counts from 0 on.",
)
@index_options
@skip_damaged_option
@force_option
@json_option
def command(
    console: Console,
    sources: tuple[str, ...],
    target: str | None,
    source_format: str | None,
    target_format: str | None,
    shards: int | None,
    image_field: str | None,
    label_field: str | None,
    ignored: tuple[str, ...],
    keys: Literal["keep", "ordinal"],
    index: str | None,
    no_index: bool,
    skip_damaged: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Convert to and from WebDataset (.tar), TFRecord (.tfrecord), Parquet (.parquet) or a folder.

    There and back again, every record is the same to the byte, with its key and in its place. On
    the other side, images and labels are where programs look for them: .jpg and .cls; image/encoded
    and image/class/label; the columns image, label and labels. Records that are no image records go
    along, too.

    A folder, a name that is there as one or ends in /, is what recordio unpack makes of one .rec
    file, and recordio pack --pass-through takes. Both tell what a folder cannot keep.

    What a record has no place for is told, and the exit code is 3 then, unless --ignore names it.
    Checksums are compared: TFRecord and gzip have them, Parquet mostly not unless it is from here,
    tar for names alone. A .tar.gz or .tfrecord.gz is made with gzip; images are mostly no shorter
    for it.
    """
    common = {"--skip-damaged": skip_damaged, "--force": force, "--json": as_json}
    chosen = index_of(index, no_index)
    if target is None or not sources:
        missing = "SOURCE..." if target is None else "TARGET"
        raise click.MissingParameter(param_hint=f"'{missing}'", param_type="argument")
    is_from_folder = any(_is_folder(source, source_format) for source in sources)
    if is_from_folder or _is_folder(target, target_format):
        others = (source_format, target_format, shards, image_field, label_field)
        is_more = any(one not in (None, _FOLDER) for one in others)
        if is_more or ignored or keys != "keep" or len(sources) > 1:
            raise click.UsageError("a folder is made of one .rec file, or the other way, as it is")
        of_index = ["--no-index"] if no_index else [] if index is None else ["--index", index]
        folder, records = (sources[0], target) if is_from_folder else (target, sources[0])
        _check_records(records)
        if is_from_folder:
            console.exit_code = _of_folder(folder, records, of_index, common)
        else:
            console.exit_code = _to_folder(records, folder, of_index, common)
        return
    if target == STDIN:
        raise click.UsageError("the target needs a name: it is written as a whole or not at all")
    paths = expand(sources)
    read_as = source_format or _format_of(sources, paths)
    write_as = target_format or _known(format_of_name(target), target, "--to")
    if read_as == write_as == RECORDS:
        raise click.UsageError(
            "source and target are both .rec; recordio merge and recordio split are for that"
        )
    check_one_index(chosen, paths)
    if chosen is not None and read_as != RECORDS:
        raise click.UsageError("--index and --no-index are for .rec sources")
    if is_compressed_name(target) and write_as not in COMPRESSIBLE:
        raise click.UsageError(f"{target}: {write_as} is not written with gzip around it")
    targets = shard_names(target, shards)
    outputs = [one for path in targets for one in _files_of(path, write_as)]
    inputs = with_own_index(paths, chosen) if read_as == RECORDS else paths
    check_outputs(outputs, inputs, force=force)
    for path in outputs:
        if os.path.isdir(path):
            raise Failure(f"{path} is a folder")
    plan = Plan(
        sources=paths,
        source_format=read_as,
        targets=targets,
        target_format=write_as,
        index=chosen,
        keys=keys,
        fields=Fields(image_field, label_field, _names(ignored)),
        skip_damaged=skip_damaged,
    )
    with console.progress("Converting") as progress:
        done = convert(plan, progress)
    tell_losses(console, plan, done)
    files = targets[0] if len(targets) == 1 else counted(len(targets), "file")
    console.say(f"{files}: {counted(sum(done.counts), 'record')}, {size_text(done.bytes)}")
    if as_json:
        console.result(as_dict(plan, done))


def _is_folder(path: str, format_name: str | None) -> bool:
    """Tells whether a name is that of a folder of images, or is said to be."""
    is_named_so = path.endswith(("/", os.sep)) or format_name == _FOLDER
    return is_named_so or (os.path.isdir(path) and format_of_name(path) is None)


def _check_records(path: str) -> None:
    """Checks that what a folder is made of, or becomes, is a `.rec` file.

    Raises:
        UsageError: It is something else.
    """
    if _is_folder(path, None) or (path != STDIN and format_of_name(path) != RECORDS):
        raise click.UsageError(f"{path}: a folder is converted to or from a .rec file")


def _to_folder(records: str, folder: str, of_index: list[str], flags: dict[str, bool]) -> int:
    """Has `recordio unpack` do the work, and returns its exit code."""
    return _run("unpack", records, [*of_index, "-o", _without_slash(folder)], flags)


def _of_folder(folder: str, records: str, of_index: list[str], flags: dict[str, bool]) -> int:
    """Has `recordio pack` do the work, and returns its exit code."""
    if of_index or flags.pop("--skip-damaged"):
        raise click.UsageError("--index, --no-index and --skip-damaged are for .rec sources")
    folder = _without_slash(folder)
    lists = [one.path for one in os.scandir(folder) if one.name.endswith(".lst")]
    # What unpack has made has a list of all that is there.
    begin = [lists[0], "--root", folder] if len(lists) == 1 else [folder]
    return _run("pack", begin[0], [*begin[1:], "--pass-through", "-o", records], flags)


def _without_slash(folder: str) -> str:
    return folder.rstrip("/" + os.sep) or folder


def _run(name: str, file: str, arguments: list[str], flags: dict[str, bool]) -> int:
    """Runs another command as if it had been called."""
    context = click.get_current_context()
    own: click.Command = importlib.import_module(f"recordio_rs.cli.commands.{name}").command
    said = [flag for flag, is_on in flags.items() if is_on]
    said += [f"--{flag}" for flag in ("quiet", "verbose") if context.params[flag]]
    progress = context.params["progress"]
    if progress is not None:
        said.append("--progress" if progress else "--no-progress")
    with own.make_context(name, [*arguments, *said, "--", file], parent=context.parent) as of_own:
        return int(own.invoke(of_own))


def _files_of(path: str, name: str) -> tuple[str, ...]:
    return with_index(path) if name == RECORDS else (path,)


def _format_of(names: Sequence[str], paths: Sequence[str]) -> str:
    """Returns the one format of all sources."""
    if list(names) == [STDIN]:
        return RECORDS
    found = {_known(format_of_name(path), path, "--from") for path in paths}
    if len(found) != 1:
        raise click.UsageError("the sources are of several formats")
    return found.pop()


def _known(name: str | None, path: str, option: str) -> str:
    if name is None:
        hint = f"{option} does; the name of a folder ends in /"
        raise click.UsageError(f"{path}: the name does not tell the format; {hint}")
    return name


def _names(ignored: Sequence[str]) -> frozenset[str]:
    """Returns the names that the user has given with commas between them."""
    names = (name.strip().removeprefix(".") for one in ignored for name in one.split(","))
    return frozenset(filter(None, names))
