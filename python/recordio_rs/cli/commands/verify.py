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
from recordio_rs.cli.report_json import as_dict
from recordio_rs.cli.several import each
from recordio_rs.reports import Report
from recordio_rs.verification import verify

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
    default=100_000,
    metavar="N",
    show_default=True,
    help="List at most N problems of a file; the others are counted.",
)
@index_options
@jobs_option
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    deep: bool,
    max_problems: int,
    index: str | None,
    no_index: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Read whole files and tell all that is wrong with them and their indexes.

    The format has no checksum: what can be seen are headers, lengths, the index and, with --deep,
    labels and images. The exit code is 3 if anything is wrong.
    """
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)

    def check(path: str, progress: Progress | None) -> Report:
        return verify(path, chosen, deep=deep, progress=progress, max_problems=max_problems)

    found = []
    for path, report in each(check, paths, jobs=jobs, console=console, label="Verifying"):
        if isinstance(report, Report) and not report.ok:
            console.is_lossy()
        if as_json:
            found.append(as_dict(path, report))
        elif isinstance(report, Report):
            console.text(str(report))
    if as_json:
        console.result(found)
