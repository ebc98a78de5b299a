"""Which files this process is writing, for those who begin anew with one of them."""

from __future__ import annotations

import weakref

from recordio_rs._recordio_rs import FileWriter
from recordio_rs.exceptions import LockedError

_writers: dict[int, weakref.ref[FileWriter]] = {}


def remember(writer: FileWriter) -> FileWriter:
    """Notes a writer for as long as it is there, and returns it."""
    number = id(writer)
    _writers[number] = weakref.ref(writer, lambda _: _writers.pop(number, None))
    return writer


def open_instead(
    path: str, index_path: str | None = None, *, keeps_entries: bool = False
) -> FileWriter:
    """Opens files for writing; a writer of this process that has one of them is closed first.

    A notebook cell that runs twice makes the new writer before it lets go of the old one.

    Raises:
        LockedError: A writer of another process has one of the files.
        StorageError: What the old writer had buffered could not be written, or a file cannot be
            created.
    """
    while True:
        try:
            return remember(FileWriter(path, index_path, keeps_entries=keeps_entries))
        except LockedError as error:
            writer = _writer_of(error.filename)
            if writer is None:
                raise
        writer.close()


def _writer_of(path: str) -> FileWriter | None:
    """Returns the writer of this process that has a file open, if there is one."""
    for reference in list(_writers.values()):
        writer = reference()
        if writer is not None and writer.writes_to(path):
            return writer
    return None
