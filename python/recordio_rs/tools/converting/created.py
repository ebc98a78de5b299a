"""Files of other formats that are made, as they are or compressed by gzip."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from recordio_rs._replacing import flush_to_disk, replacing
from recordio_rs.tools.converting.formats import is_compressed_name

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["created"]

# Images are compressed already: what more would take is time.
_LEVEL = 1


@contextmanager
def created(path: str) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """Gives a file to write that is there when the block has ended well, and what finishes it.

    It is compressed if its name says so; the same bytes make the same file, for neither name nor
    time are in it. Who has finished it knows that all is on the disk.

    Raises:
        LockedError, StorageError: As for `replacing`.
    """
    with replacing(path) as file:
        sink = cast(BinaryIO, _Sink(file))
        if not is_compressed_name(path):
            yield sink, lambda: flush_to_disk(file)
            return
        packed = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=sink, mtime=0)

        def finish() -> None:
            packed.close()
            flush_to_disk(file)

        yield cast(BinaryIO, packed), finish


class _Sink:
    """What takes bytes. `tarfile` and `gzip` write their last ones even where all has failed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: Buffer) -> int:
        return len(memoryview(data)) if self._file.closed else self._file.write(data)
