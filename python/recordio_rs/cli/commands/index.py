"""`recordio index`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import click

from recordio_rs._counted import counted
from recordio_rs._paths import index_path_beside
from recordio_rs._progress import Progress
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_skipped
from recordio_rs.cli.exits import text_of
from recordio_rs.cli.inputs import expand, expand_named
from recordio_rs.cli.options import (
    force_option,
    inputs_argument,
    jobs_option,
    json_option,
    skip_damaged_option,
)
from recordio_rs.cli.outputs import check_outputs
from recordio_rs.cli.several import each
from recordio_rs.exceptions import CorruptRecordError
from recordio_rs.rebuilding import rebuild_index
from recordio_rs.rescue import SkippedRegion

__all__ = ["command"]


@a_command(
    "index",
    examples="""
        # An index beside the file, train.idx
        recordio index train.rec

        # The ids of the image records for keys, in place of the index that is there
        recordio index --keys id --force train.rec

        # What MXNet's rec2idx.py does
        recordio index train.rec -o elsewhere.idx
    """,
)
@inputs_argument
@click.option("-o", "--output", metavar="FILE", help="The index, if it is to go elsewhere.")
@click.option(
    "--keys",
    type=click.Choice(["ordinal", "id"]),
    default="ordinal",
    show_default=True,
    help="What the keys are: ordinal counts the records from 0 on; id takes the id of each image "
    "record.",
)
@skip_damaged_option
@force_option
@jobs_option
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    output: str | None,
    keys: Literal["ordinal", "id"],
    skip_damaged: bool,
    force: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Make the index of files anew, from the records alone.

    The index goes beside FILE, under its name with .idx at the end; what is there already is
    replaced only with --force, and only when the new one is whole. With --keys ordinal it has the
    bytes that MXNet's rec2idx.py writes, and NVIDIA DALI reads it as it is. Keys of an old index
    are not kept: repair does that. With --json, there
    is a list of reports; with -o one report alone.
    """
    paths = expand_named(files, "their index") if output is None else expand(files)
    if output is not None and len(paths) != 1:
        raise click.UsageError(f"-o is for one file; there are {len(paths)}")
    targets = {path: index_path_beside(path) if output is None else output for path in paths}
    check_outputs([targets[path] for path in paths], paths, force=force)
    regions: dict[str, list[SkippedRegion]] = {path: [] for path in paths}

    def make(path: str, progress: Progress | None) -> int:
        def met(region: SkippedRegion) -> None:
            if not skip_damaged:
                message = f"{region.reason} at byte {region.begin}"
                raise CorruptRecordError(message, path, region.begin, kind=region.kind)
            regions[path].append(region)

        # Strict reading would pass over a length that leads across other records.
        return rebuild_index(path, targets[path], keys=keys, errors=met, progress=progress)

    made = list[dict[str, Any]]()
    for path, count in each(make, paths, jobs=jobs, console=console, label="Indexing"):
        tell_skipped(console, path, regions[path])
        if isinstance(count, Exception):
            made.append({"path": path, "ok": False, "error": text_of(count)})
            continue
        made.append(
            {
                "path": path,
                "ok": not regions[path],
                "index_path": targets[path],
                "records": count,
                "keys": keys,
                "skipped": [asdict(region) for region in regions[path]],
            }
        )
        console.say(f"{path}: {counted(count, 'record')} in {targets[path]}")
    if as_json:
        console.result(made if output is None else made[0])
