"""`recordio repair`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import click

from recordio_rs._counted import counted
from recordio_rs._progress import Progress
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.inputs import expand, expand_named
from recordio_rs.cli.options import (
    check_one_index,
    force_option,
    index_of,
    index_options,
    inputs_argument,
    jobs_option,
    json_option,
)
from recordio_rs.cli.outputs import (
    check_outputs,
    folder_of_files,
    with_index,
    with_own_index,
)
from recordio_rs.cli.reporting import SHOWN, report_each
from recordio_rs.repairing import repair
from recordio_rs.reports import Report

__all__ = ["command"]


@a_command(
    "repair",
    examples="""
        # All that is intact of a damaged file, in a new one
        recordio repair broken.rec -o whole.rec

        # The same for many files
        recordio repair 'train-*.rec' --into repaired

        # Which keys are lost
        recordio repair --json broken.rec -o whole.rec | jq '.lost_keys'
    """,
)
@inputs_argument
@click.option("-o", "--output", metavar="FILE", help="The new file; its index goes beside it.")
@click.option(
    "--into",
    metavar="FOLDER",
    help="The folder for the new files, which keep their names; made if it is not there.",
)
@index_options
@force_option
@jobs_option
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    output: str | None,
    into: str | None,
    index: str | None,
    no_index: bool,
    force: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Write all that is intact of damaged files to new ones.

    The new file has a new index beside it. Records keep the keys that the old index has for them;
    those that it does not list get integers that are no keys yet; without an old index the keys
    count the records. FILE itself is never changed. What was wrong, what was left out and which
    keys are lost is told; --json prints a list of reports, and with -o one report alone. One of -o
    and --into is needed.

    The exit code is 0 if nothing was wrong with FILE, and 3 if something was.
    """
    paths = expand(files) if into is None else expand_named(files, "the new one")
    chosen = index_of(index, no_index)
    check_one_index(chosen, paths)
    new = _targets(paths, output, into)
    outputs = [one for path in new for one in with_index(path)]
    check_outputs(outputs, with_own_index(paths, chosen), force=force)
    targets = dict(zip(paths, new, strict=True))

    def mend(path: str, progress: Progress | None) -> Report:
        return repair(path, targets[path], index=chosen, progress=progress)

    with nullcontext() if into is None else folder_of_files(into):
        report_each(
            mend,
            paths,
            jobs=jobs,
            console=console,
            label="Repairing",
            as_json=as_json,
            is_list=into is not None,
            more=_outcome,
            has_written=True,
        )


def _targets(paths: Sequence[str], output: str | None, into: str | None) -> list[str]:
    """Returns the new file for each file.

    Raises:
        UsageError: It is not clear where they go.
    """
    if (output is None) == (into is None):
        raise click.UsageError("either -o FILE or --into FOLDER is needed")
    if output is not None:
        if len(paths) > 1:
            raise click.UsageError(f"-o is for one file; for {len(paths)} there is --into FOLDER")
        return [output]
    assert into is not None
    return [os.path.join(into, os.path.basename(path)) for path in paths]


def _outcome(report: Report) -> Iterator[str]:
    """Gives what a repair has left out, and where the rest is."""
    for region in report.skipped[:SHOWN]:
        length = counted(region.end - region.begin, "byte")
        yield f"left out: {length} at {region.begin} ({region.kind})"
    if (more := len(report.skipped) - SHOWN) > 0:
        yield f"left out: {counted(more, 'more region')}"
    if report.skipped:
        left_out = sum(region.end - region.begin for region in report.skipped)
        yield f"left out in all: {left_out:,} of {counted(report.size, 'byte')}"
    if report.lost_keys:
        keys = ", ".join(str(key) for key in report.lost_keys[:SHOWN])
        more = len(report.lost_keys) - SHOWN
        yield f"lost keys: {keys}" + (f" and {more:,} more" if more > 0 else "")
    yield f"the intact records are in {report.written}"
