"""Samples from and to `.rec` files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recordio_rs.tools.converting.fields import Tell
from recordio_rs.tools.converting.sample import Sample
from recordio_rs.tools.converting.target import Unfinished
from recordio_rs.tools.source import Source
from recordio_rs.writer import Writer

__all__ = ["RecordsTarget", "read_records"]


class RecordsTarget:
    """Writes `.rec` files, and the `.idx` files beside them."""

    @contextmanager
    def open(self, path: str) -> Iterator[Unfinished]:
        """Gives a file to write and to finish, which is there when the block has ended well."""
        with Writer(path, atomic=True) as writer:
            yield Unfinished(
                write=lambda sample: writer.write(sample.record, sample.key),
                finish=lambda: writer.flush(sync=True),
            )


def read_records(source: Source, tell: Tell) -> Iterator[Sample]:
    """Reads the records of a file.

    Args:
        source: The file.
        tell: Told how many bytes are done.
    """
    done = 0
    for ordinal, record in enumerate(source):
        yield Sample.of_record(source.key(ordinal), record)
        done += len(record)
        tell(done)
