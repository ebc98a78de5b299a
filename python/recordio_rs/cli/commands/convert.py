"""`recordio convert`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Any, Literal

import click

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
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
from recordio_rs.tools.converting.conversion import Conversion, Plan, convert
from recordio_rs.tools.converting.fields import Fields
from recordio_rs.tools.converting.formats import (
    FORMATS,
    RECORDS,
    format_of_name,
    is_compressed_name,
)

__all__ = ["command"]

_SHOWN = 20


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

        # From a Parquet file of somebody else
        recordio convert cats.parquet cats.rec --image-field picture --label-field species
    """,
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.argument("target", metavar="TARGET")
@click.option(
    "--from",
    "source_format",
    type=click.Choice(FORMATS),
    help="The format of the sources, where their names do not tell.",
)
@click.option(
    "--to",
    "target_format",
    type=click.Choice(FORMATS),
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
    target: str,
    source_format: str | None,
    target_format: str | None,
    shards: int | None,
    image_field: str | None,
    label_field: str | None,
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
    file, and recordio pack --pass-through takes; they tell what a folder cannot keep.

    What a record has no place for is told, and the exit code is 3 then. Checksums are compared:
    TFRecord and gzip have them, Parquet mostly not unless it is from here, tar for names alone.
    """
    common = {"--skip-damaged": skip_damaged, "--force": force, "--json": as_json}
    chosen = index_of(index, no_index)
    others = (source_format, target_format, shards, image_field, label_field)
    if _is_folder(target) or any(map(_is_folder, sources)):
        if any(one is not None for one in others) or keys != "keep" or len(sources) > 1:
            raise click.UsageError("a folder is made of one .rec file, or the other way, as it is")
        of_index = ["--no-index"] if no_index else [] if index is None else ["--index", index]
        console.exit_code = _by_folder(sources[0], target, of_index, common)
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
    if is_compressed_name(target):
        raise click.UsageError(f"{target}: targets are written without compression")
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
        fields=Fields(image_field, label_field),
        skip_damaged=skip_damaged,
    )
    with console.progress("Converting") as progress:
        done = convert(plan, progress)
    _tell(console, done)
    if as_json:
        console.result(_as_dict(plan, done))
        return
    files = f"{len(targets)} files" if len(targets) > 1 else targets[0]
    console.say(f"{files}: {sum(done.counts)} records")


def _is_folder(path: str) -> bool:
    """Tells whether a name is that of a folder of images."""
    is_named_so = path.endswith(("/", os.sep))
    return is_named_so or (os.path.isdir(path) and format_of_name(path) is None)


def _by_folder(source: str, target: str, of_index: list[str], flags: dict[str, bool]) -> int:
    """Has `recordio unpack` or `recordio pack` do the work, and returns its exit code."""
    name = target if _is_folder(source) else source
    if _is_folder(name) or (name != STDIN and format_of_name(name) != RECORDS):
        raise click.UsageError(f"{name}: a folder is converted to or from a .rec file")
    if _is_folder(source):
        if of_index or flags.pop("--skip-damaged"):
            raise click.UsageError("--index, --no-index and --skip-damaged are for .rec sources")
        folder = source.rstrip("/" + os.sep) or source
        lists = [one.path for one in os.scandir(folder) if one.name.endswith(".lst")]
        # What unpack has made has a list of all that is there.
        begin = [lists[0], "--root", folder] if len(lists) == 1 else [folder]
        arguments = [*begin[1:], "--pass-through", "-o", target]
        return _run("pack", begin[0], arguments, flags)
    return _run("unpack", source, [*of_index, "-o", target.rstrip("/" + os.sep) or target], flags)


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
        raise click.UsageError(f"{path}: the name does not tell the format; {option} does")
    return name


def _tell(console: Console, done: Conversion) -> None:
    """Tells what was lost."""
    losses = done.losses
    for message in losses.damage[:_SHOWN]:
        console.lossy(f"left out: {message}")
    if losses.damage_count > _SHOWN:
        console.lossy(f"left out: {losses.damage_count - _SHOWN} more")
    for name, count in sorted(losses.left_out.items()):
        console.lossy(f"left out, as a record has no place for it: {name}, {count} times")
    if losses.rounded_labels:
        console.lossy(f"{losses.rounded_labels} labels are not the same as float32")
    if losses.without_label:
        console.warn(f"{losses.without_label} samples have no label; their records have 0")
    if done.text_keys:
        console.warn(
            f"{done.text_keys} keys are no integers, and MXNet's iterators read no others; "
            "--keys ordinal makes some"
        )


def _as_dict(plan: Plan, done: Conversion) -> dict[str, Any]:
    losses = done.losses
    return {
        "from": plan.source_format,
        "to": plan.target_format,
        "sources": list(plan.sources),
        "targets": [
            {"path": path, "records": count}
            for path, count in zip(plan.targets, done.counts, strict=True)
        ],
        "records": sum(done.counts),
        "bytes": done.bytes,
        "damage": losses.damage,
        "damage_count": losses.damage_count,
        "left_out": dict(sorted(losses.left_out.items())),
        "rounded_labels": losses.rounded_labels,
        "without_label": losses.without_label,
        "text_keys": done.text_keys,
    }
