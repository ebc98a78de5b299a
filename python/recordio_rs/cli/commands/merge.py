"""`recordio merge`."""

from __future__ import annotations

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.options import output_option
from recordio_rs.cli.rewriting import Rewriting, rewriting
from recordio_rs.tools.merging import merge
from recordio_rs.tools.rewriting import KeyPolicy

__all__ = ["command"]


@a_command(
    "merge",
    examples="""
        # Eight files in one, with keys from 0 on
        recordio merge 'part-{000..007}.rec' -o train.rec

        # The same where every record has a key of its own, which it keeps
        recordio merge 'part-*.rec' --keys keep -o train.rec

        # What is intact of two damaged files
        recordio merge a.rec b.rec --skip-damaged -o whole.rec

        # All records to another program, without an index
        recordio merge a.rec b.rec -o - | recordio verify -
    """,
)
@rewriting("ordinal")
@output_option
def command(
    run: Rewriting,
    output: str,
    keys: KeyPolicy,
) -> None:
    """Write all records of several files to one, in their order.

    With -o - they go to standard output, without an index.
    """
    with (
        run.sources([output]) as sources,
        run.outputs(sources, [output]) as (out,),
        run.console.progress("Merging") as progress,
    ):
        merge(sources, out, keys=keys, progress=progress)
