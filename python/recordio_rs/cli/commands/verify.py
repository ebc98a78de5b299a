"""`recordio verify`."""

from __future__ import annotations

import click

from recordio_rs._progress import Progress
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.options import (
    check_one_index,
    index_of,
    index_options,
    inputs_argument,
    jobs_option,
    json_option,
)
from recordio_rs.cli.reporting import SHOWN, report_each
from recordio_rs.reports import Report
from recordio_rs.verification import MAX_PROBLEMS, verify

__all__ = ["command"]


@a_command(
    "verify",
    examples="""
        # Check a file and the index beside it
        recordio verify train.rec

        # Check that labels are whole and images decode, too
        recordio verify --deep train.rec

        # Check a hundred files, and keep what is found for a program
        recordio verify --json 'train-{000..099}.rec' > report.json
    """,
)
@inputs_argument
@click.option("--deep", is_flag=True, help="Decode the images of image records, too.")
@click.option(
    "--max-problems",
    type=click.IntRange(0),
    metavar="N",
    help="List at most N problems of a file, the others are counted; 20 if not given, and 100000 "
    "with --json.",
)
@index_options
@jobs_option
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    deep: bool,
    max_problems: int | None,
    index: str | None,
    no_index: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Read whole files and tell all that is wrong with them and their indexes.

    The format has no checksum: what can be seen are headers, lengths, the index and, with --deep,
    labels and images. PNGs have checksums of their own; of a JPEG that has changed most, but not
    all, is found (pip install simplejpeg). The exit code is 3 if anything is wrong.
    """
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    limit = (MAX_PROBLEMS if as_json else SHOWN) if max_problems is None else max_problems

    def check(path: str, progress: Progress | None) -> Report:
        # For people more are kept than are listed: so it is known how many there are of which kind.
        kept = limit if as_json else max(limit, MAX_PROBLEMS)
        return verify(path, chosen, deep=deep, progress=progress, max_problems=kept)

    report_each(
        check,
        paths,
        jobs=jobs,
        console=console,
        label="Verifying",
        as_json=as_json,
        shown=limit,
    )
