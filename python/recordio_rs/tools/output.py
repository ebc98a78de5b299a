"""Files of records that a tool makes, all of them or none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType

import numpy as np
import numpy.typing as npt

from recordio_rs._closing import Closing
from recordio_rs._paths import index_path_beside, paths_on_the_way
from recordio_rs._recordio_rs import FileWriter
from recordio_rs.tools.named_errors import stdout_errors
from recordio_rs.tools.open_files import allow_open_files
from recordio_rs.tools.placing import all_or_none, check_is_free
from recordio_rs.tools.sources import Batch

__all__ = ["STDOUT", "Output", "creating"]

STDOUT = "-"
"""The name that stands for standard output, which takes records without an index."""

Keys = npt.NDArray[np.int64] | list[str] | None

# How much is written before the disk is asked to take it: waiting for the disk at the end only
# would take as long again as everything else.
_STRIDE = 32 << 20
# Records and index, what they replace, and the records once more for who waits for the disk.
_OPEN_FILES = 5


class Output(Closing):
    """A `.rec` file that is made, and its index, or standard output.

    Args:
        path: The `.rec` file; it takes its place when this is closed, unless the `with` block
            raises.
        replace: Whether it may take the place of a file that is there.
        disk: Who waits for the disk meanwhile.

    Attributes:
        path: The `.rec` file, or `STDOUT`.
        index_path: The `.idx` file, or `None`.
        records: How many records it has so far.
        size: How many bytes these take.

    Raises:
        StorageError, SameFileError: As for `recordio_rs.Writer`.
    """

    def __init__(self, path: str, *, replace: bool, disk: Executor) -> None:
        self.path = path
        self.index_path: str | None = None
        self.records = 0
        self.size = 0
        self._disk = disk
        self._asked = 0
        self._is_finished = False
        self._waiting: Future[None] | None = None
        self._on_disk: int | None = None
        if path == STDOUT:
            self._file = FileWriter.stdout()
            return
        self.index_path = index_path_beside(path)
        mode = "w" if replace else "x"
        self._file = FileWriter(path, self.index_path, mode=mode, atomic=True)
        if hasattr(os, "fdatasync"):
            with suppress(OSError):
                self._on_disk = os.open(paths_on_the_way(path)[1], os.O_RDONLY)

    @stdout_errors()
    def write(self, batch: Batch, keys: Keys = None) -> None:
        """Writes the records of a batch.

        Args:
            batch: The records.
            keys: The key of each; if `None`, the next integers.

        Raises:
            InvalidKeyError, StorageError: As for `recordio_rs.Writer`.
        """
        self._file.write_packed(batch.parts, batch.picks, keys)
        self.records += len(batch.ordinals)
        self.size = self._file.tell()
        is_much = self.size - self._asked >= _STRIDE
        if is_much and self._on_disk is not None and self._is_idle():
            self._waiting = self._disk.submit(os.fdatasync, self._on_disk)
            self._asked = self.size

    def _is_idle(self) -> bool:
        """Returns whether the disk has all that it was asked to take."""
        if self._waiting is not None and self._waiting.done():
            self.wait()
        return self._waiting is None

    def finish(self) -> None:
        """Lets the disk take what is still missing; nothing is written any more.

        Raises:
            StorageError: It has failed.
        """
        if self.path != STDOUT and not self._is_finished:
            self._is_finished = True
            before, self._waiting = self._waiting, self._disk.submit(self._file.flush, sync=True)
            if before is not None:
                before.result()

    def wait(self) -> None:
        """Waits for the disk.

        Raises:
            StorageError: It has failed.
        """
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.result()

    @stdout_errors()
    def close(self) -> None:
        """Lets the file take its place; again and again without harm.

        Raises:
            StorageError: What was written cannot be kept.
        """
        try:
            self.wait()
        finally:
            self._release()
        self._file.close()

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        if self._waiting is not None:
            with suppress(Exception):  # what the block raised is what the user has to see
                self.wait()
        self._release()
        self._file.discard()

    def _release(self) -> None:
        if self._on_disk is not None:
            os.close(self._on_disk)
            self._on_disk = None


@contextmanager
def creating(paths: Sequence[str], *, replace: bool = False) -> Iterator[list[Output]]:
    """Makes files that take their places at the end of the block, all of them; none if it raises.

    Args:
        paths: The `.rec` files; `STDOUT` for standard output.
        replace: Whether they may take the places of files that are there.

    Raises:
        StorageError, SameFileError: As for `recordio_rs.Writer`.
    """
    files = [each for path in paths if path != STDOUT for each in (path, index_path_beside(path))]
    for file in files:
        check_is_free(file)
    allow_open_files(_OPEN_FILES * len(paths))
    with ThreadPoolExecutor(1, "recordio-disk") as disk, ExitStack() as stack:
        outputs = [stack.enter_context(Output(path, replace=replace, disk=disk)) for path in paths]
        yield outputs
        for output in outputs:
            output.finish()
        for output in outputs:
            output.wait()
        with all_or_none(files):
            for output in outputs:
                output.close()
