"""`recordio unpack`."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict

import click

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import STDIN, expand_one
from recordio_rs.cli.options import (
    any_payload_option,
    index_of,
    index_options,
    input_argument,
    jobs_option,
    json_option,
    skip_damaged_option,
)
from recordio_rs.cli.outputs import check_is_name
from recordio_rs.cli.report_json import as_dict
from recordio_rs.tools.file_names import ListedNames, NameTemplate, NamingError
from recordio_rs.tools.new_folder import is_free
from recordio_rs.tools.size_text import size_text
from recordio_rs.tools.source import Source
from recordio_rs.tools.unpacking import Unpacked, unpack_files

__all__ = ["command"]

_BY_LABEL, _FLAT = "{label}/{id}.{ext}", "{id}.{ext}"


@a_command(
    "unpack",
    examples="""
        # A folder for each label, and images/train.lst
        recordio unpack train.rec -o images

        # The names that the images had when they were packed
        recordio unpack train.rec -o images --list train.lst

        # Names by key, with zeros before the ids
        recordio unpack train.rec -o images --name '{key}/{id:08}.{ext}'

        # And back
        recordio pack images/train.lst --root images --pass-through --pack-label -o again.rec
    """,
)
@input_argument
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FOLDER",
    help="The folder to be made; the one that it is in is there.",
)
@click.option(
    "--list",
    "names_from",
    metavar="FILE",
    help="A .lst file that has the names of the images by their ids.",
)
@click.option("--flat", is_flag=True, help=f"Make no folders: the same as --name '{_FLAT}'.")
@click.option(
    "--name",
    "template",
    metavar="TEMPLATE",
    help="How files are called, with {key}, {id}, {label}, {ordinal} and {ext} in it; "
    f"'{_BY_LABEL}' if not given.",
)
@any_payload_option
@index_options
@skip_damaged_option
@click.option(
    "-f",
    "--force",
    is_flag=True,
    help="Unpack into a folder that has something in it: files of the same names are replaced, "
    "others stay.",
)
@jobs_option
@json_option
def command(
    console: Console,
    file: str,
    output: str,
    names_from: str | None,
    flat: bool,
    template: str | None,
    any_payload: bool,
    index: str | None,
    no_index: bool,
    skip_damaged: bool,
    force: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Write the images of a file to a folder, byte by byte, and a list of them.

    The list is in FOLDER, under the name of FILE with .lst at the end, and has ids, labels and
    names in the order of the records: pack makes the same records of it again, where nothing else
    is told. A name that is there already gets ~ and the ordinal of the record before its suffix.
    Names of a list that lead out of FOLDER are refused. FOLDER is there when all is in it, and not
    before.

    Records of other things than images are written whole, under their keys as get names them, and
    are not in the list. Labels without an image make an empty file, which pack leaves out. What
    neither files nor list can express is told, and is a loss (exit code 3) where it cannot be known
    from them: an id2, keys that are neither ids nor ordinals, and a label in the header beside
    others behind it.
    """
    path = expand_one(file)
    if flat and template is not None:
        raise click.UsageError("--flat and --name exclude each other")
    check_is_name(output)
    if not force and not is_free(output):
        raise Failure(f"{output} is there already and not empty; --force unpacks into it")
    try:
        naming = NameTemplate(template or (_FLAT if flat else _BY_LABEL))
    except NamingError as error:
        raise click.UsageError(str(error)) from error
    try:
        names = None if names_from is None else ListedNames(names_from)
        with console.progress("Looking through") as progress:
            source = Source(
                path, index_of(index, no_index), skip_damaged=skip_damaged, progress=progress
            )
        with source, console.progress("Unpacking", unit="records") as progress:
            done = unpack_files(
                source,
                output,
                template=naming,
                names=names,
                list_name=_list_name(file),
                any_payload=any_payload,
                threads=jobs,
                progress=progress,
            )
    except NamingError as error:
        raise Failure(str(error)) from error
    report = source.report
    tell_damage(console, path, report)
    _tell(console, path, done)
    if as_json:
        console.result({**as_dict(path, report), **asdict(done)})


def _list_name(file: str) -> str:
    stem = "records" if file == STDIN else os.path.splitext(os.path.basename(file))[0]
    return f"{stem}.lst"


def _tell(console: Console, path: str, done: Unpacked) -> None:
    """Tells what has become of the records, and warns of what is lost."""
    count = counted(done.listed, "image")
    console.say(f"{path}: {count} in {done.folder}, {size_text(done.image_bytes)}")
    for wanted, name in done.renames:
        console.detail(f"{path}: {name}: {wanted} was there already")
    if more := done.renamed - len(done.renames):
        console.detail(f"{path}: and {more:,} more")
    for number, message in (
        (done.plain, "of another kind: written whole under their keys, and not in the list"),
        (
            done.without_image,
            "with labels and no image: their files are empty, and pack leaves those out",
        ),
        (done.cut, "with an image that breaks off: pack leaves it out without --keep-cut"),
        (done.repeated_ids, "with an id that another one has, which pack refuses"),
        (done.not_named, "with an id that the list of names does not have"),
        (done.renamed, "with a name that was there already: the ordinal is behind it"),
        (done.other_forms, "with labels in a form that packing does not make: the bytes differ"),
    ):
        if number:
            console.warn(f"{path}: {counted(number, 'record')} {message}")
    for number, message in (
        (done.id2s, "with an id2, which the list does not have"),
        (done.header_labels, "with a label beside others, which the list does not have"),
    ):
        if number:
            console.lossy(f"{path}: {counted(number, 'record')} {message}")
    if done.names_left:
        console.say(f"{path}: {counted(done.names_left, 'name')} of the list without a record")
    if done.other_keys and done.keys_count:
        console.warn(f"{path}: the keys are ordinals, not ids: recordio index makes them again")
    elif done.other_keys:
        count = counted(done.other_keys, "record")
        console.lossy(f"{path}: {count} with a key that is neither id nor ordinal")
    if done.packs_again and done.listed:
        options = ["--root", done.folder, "--pass-through"]
        options += ["--pack-label"] if done.with_labels else []
        options += ["--keep-cut"] if done.cut else []
        again = shlex.join(["recordio", "pack", done.list_path, *options, "-o", "FILE"])
        console.say(f"these records again: {again}")
