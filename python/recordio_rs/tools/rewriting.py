"""Records from files to files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from typing import Literal, TypeAlias

from recordio_rs._progress import Progress
from recordio_rs.tools.batches import Numbers, Ordinals, Wanted, ahead, batches, groups
from recordio_rs.tools.output import Output
from recordio_rs.tools.sources import Batch, Sources

__all__ = ["KeyPolicy", "Tally", "copy", "distribute", "keys_of", "read"]

KeyPolicy: TypeAlias = Literal["keep", "ordinal"]
"""Whether records keep their keys, or get the ordinals that they have where they are written."""


class Tally:
    """How much of the records was read, for who wants to know.

    Args:
        progress: Told how many bytes were read, and how many there are.
        sources: Where they are read.
        total: How many bytes will be read.
    """

    def __init__(self, progress: Progress | None, sources: Sources, total: int) -> None:
        self._progress = progress
        self._sources = sources
        self._total = total
        self._done = 0

    def count(self, ordinals: Ordinals) -> None:
        """Counts records as read."""
        if self._progress is not None:
            self._done += int(self._sources.extents_of(ordinals).sum())
            self._progress(self._done, self._total)


def keys_of(sources: Sources, policy: KeyPolicy, ordinals: Ordinals) -> Ordinals | list[str] | None:
    """Returns the keys that records are written with, as `Output.write` takes them."""
    return sources.keys(ordinals) if policy == "keep" else None


def read(
    sources: Sources, wanted: Wanted, progress: Progress | None = None
) -> Generator[Batch, None, None]:
    """Reads records in batches, in a thread ahead of the caller; it is there as that of `ahead`.

    Args:
        sources: Where they are.
        wanted: Which, in which order.
        progress: Told how many bytes were read, and how many there are.
    """
    tally = Tally(progress, sources, sources.size_of(wanted) if progress else 0)
    with closing(ahead(batches(wanted, sources.extents_of), sources.read)) as found:
        for some, batch in found:
            yield batch
            tally.count(some)


def copy(
    sources: Sources,
    plan: Iterable[tuple[Output, Wanted]],
    policy: KeyPolicy,
    tally: Tally,
) -> None:
    """Copies records to outputs, one output after the other, and lets each of them be finished.

    Args:
        sources: Where the records are.
        plan: Outputs, and the ordinals of their records in the order in which they are wanted.
        policy: Which keys they get.
        tally: Told what was read.
    """
    jobs = (
        (output, some) for output, wanted in plan for some in batches(wanted, sources.extents_of)
    )
    last: Output | None = None
    with closing(ahead(jobs, lambda job: sources.read(job[1]))) as found:
        for (output, some), batch in found:
            if last is not None and output is not last:
                last.finish()
            last = output
            output.write(batch, keys_of(sources, policy, some))
            tally.count(some)


def distribute(
    sources: Sources,
    outputs: Sequence[Output],
    owners_of: Callable[[Ordinals], Numbers],
    policy: KeyPolicy,
    progress: Progress | None = None,
) -> None:
    """Copies all records, each to one of several outputs, in one pass.

    Args:
        sources: Where the records are.
        outputs: Where they go.
        owners_of: Returns the number of the output that each of some records goes to.
        policy: Which keys they get.
        progress: Told how many bytes were read, and how many there are.
    """
    with closing(read(sources, range(len(sources)), progress)) as found:
        for batch in found:
            for owner, places in groups(owners_of(batch.ordinals)):
                keys = keys_of(sources, policy, batch.ordinals[places])
                outputs[owner].write(batch.select(places), keys)
