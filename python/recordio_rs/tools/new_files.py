"""Many new files, written by threads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from recordio_rs.exceptions import storage_error

__all__ = ["NewFiles"]

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
# What a thread gets at once, so that it does not wait for the interpreter more than for the disk.
_FILES, _BYTES = 64, 1 << 20


class NewFiles:
    """Writes files into a folder that nobody else writes to; none is written over another.

    What a name becomes that is there already depends on nothing but what was added before.

    Args:
        folder: The folder.
        count: How many files are to be expected.
        threads: How many files are written at the same time.
    """

    def __init__(self, folder: str, count: int, threads: int) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(threads)
        self._folders = {""}
        # Not 0 where the hash of a name falls that was added; whether it is the same name, is asked
        # only then: to ask the system for each name takes as long as to write the file.
        self._seen = bytearray(1 << (count * 8).bit_length())
        for entry in os.listdir(folder):
            self._has_seen(entry)
        self._chunk: list[tuple[str, memoryview]] = []
        self._chunk_bytes = 0
        # What the block before has added, and this one: names, and who writes them.
        self._names: tuple[set[str], set[str]] = (set(), set())
        self._futures: tuple[list[Future[None]], list[Future[None]]] = ([], [])
        self._is_broken = False

    def add(self, name: str, data: memoryview, ordinal: int) -> str:
        """Takes a file to be written.

        Args:
            name: Its path in the folder, with `/` between the parts.
            data: What is in it; may be used until `end_block` was called twice.
            ordinal: What is added to the name if it is there already.

        Returns:
            The name that it gets.

        Raises:
            StorageError: A folder cannot be made, or a file before could not be written.
        """
        self._make_folder(os.path.dirname(name))
        wanted, tries = name, 0
        while self._has_seen(name) and self._is_there(name):
            root, ext = os.path.splitext(wanted)
            name = f"{root}~{ordinal}{f'~{tries}' if tries else ''}{ext}"
            tries += 1
        self._names[1].add(name)
        self._chunk.append((os.path.join(self._folder, name), data))
        self._chunk_bytes += len(data)
        if len(self._chunk) == _FILES or self._chunk_bytes >= _BYTES:
            self._submit()
        return name

    def end_block(self) -> None:
        """Waits until what was added in the block before is written.

        Raises:
            StorageError: A file could not be written.
        """
        self._submit()
        for future in self._futures[0]:
            future.result()
        self._names = self._names[1], set()
        self._futures = self._futures[1], []

    def _has_seen(self, name: str) -> bool:
        """Tells whether a name may have been seen before, and remembers it."""
        place = hash(name) & (len(self._seen) - 1)
        before, self._seen[place] = self._seen[place], 1
        return bool(before)

    def _is_there(self, name: str) -> bool:
        # What was added before these blocks is in the folder by now.
        is_being_written = name in self._names[1] or name in self._names[0]
        return is_being_written or os.path.lexists(os.path.join(self._folder, name))

    def _make_folder(self, name: str) -> None:
        if name not in self._folders:
            path = os.path.join(self._folder, name)
            try:
                os.makedirs(path, exist_ok=True)
            except OSError as error:
                raise storage_error(error.errno, str(error), path) from error
            while name not in self._folders:
                self._folders.add(name)
                self._has_seen(name)
                name = os.path.dirname(name)

    def _submit(self) -> None:
        if self._chunk:
            self._futures[1].append(self._pool.submit(self._write, self._chunk))
            self._chunk, self._chunk_bytes = [], 0

    def _write(self, files: Sequence[tuple[str, memoryview]]) -> None:
        for path, data in files:
            if self._is_broken:
                return
            try:
                _write(path, data)
            except OSError as error:
                self._is_broken = True
                raise storage_error(error.errno, str(error), path) from error

    def __enter__(self) -> NewFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the threads: when all is written, or at once if something has failed."""
        try:
            if kind is None:
                self.end_block()
                self.end_block()
        finally:
            self._is_broken = True
            self._pool.shutdown(cancel_futures=True)


def _write(path: str, data: memoryview) -> None:
    descriptor = os.open(path, _FLAGS, 0o666)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
