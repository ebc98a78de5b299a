"""Several files in one."""

from __future__ import annotations

from recordio_rs._progress import Progress
from recordio_rs.tools.output import Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy
from recordio_rs.tools.sources import Sources

__all__ = ["merge"]


def merge(
    sources: Sources,
    output: Output,
    *,
    keys: KeyPolicy = "ordinal",
    progress: Progress | None = None,
) -> None:
    """Writes all records of several files to one, in their order.

    Args:
        sources: The files.
        output: Where the records go.
        keys: Which keys they get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        InvalidKeyError: Keys are to be kept, and two files have one in common.
        StorageError: A file cannot be read or written.
    """
    everything = range(len(sources))
    if keys == "keep":
        sources.check_keys(everything)
    copy(sources, [(output, everything)], keys, Tally(progress, sources, sources.size))
