"""Files of records that are written over several runs, until all of them are there.

Beside `OUT.rec` stand, until it is whole, `OUT.rec.partial`, `OUT.idx.partial` and the journal
`OUT.rec.journal`, which tells how far all is on the disk. What has come behind that is written
again. Who writes has a lock on the journal, from before it reads it until after it is removed.
"""

from __future__ import annotations

import errno
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any

from recordio_rs._lock import locked
from recordio_rs._paths import index_path_beside
from recordio_rs._replacing import mode_of, sync_folder
from recordio_rs.exceptions import RecordIOError, StorageExistsError
from recordio_rs.recovery import RecoveryWarning
from recordio_rs.tools.journal import CannotResumeError, Journal, Skipped, Written
from recordio_rs.writer import Writer

__all__ = ["Unfinished", "find_unfinished"]

# Each half second, or less often where the disk is slow: what a kill costs is little, and so is
# what it costs to be ready for it.
_INTERVAL, _SHARE = 0.5, 20


class _Places:
    """The files that there are until all is written, and those that they become."""

    def __init__(self, output: str) -> None:
        records, index = map(os.path.realpath, (output, index_path_beside(output)))
        self.targets = records, index
        self.partials = f"{records}.partial", f"{index}.partial"
        self.journal = f"{records}.journal"


def find_unfinished(output: str) -> tuple[int, int] | None:
    """Looks whether there is something to be written on.

    Args:
        output: The `.rec` file that it is to become.

    Returns:
        How many images are done, and how many there are; `None` if nothing is done.

    Raises:
        CannotResumeError: What is there is no journal.
        OSError: It cannot be read.
    """
    journal = Journal.read(_Places(output).journal)
    if journal is None or not journal.written.done:
        return None
    return journal.written.done, journal.purpose["images"]


class Unfinished:
    """A `.rec` file and its index that take their places when all is written.

    If the block raises, what is written so far is kept to be written on, if it is anything.

    Args:
        output: The `.rec` file; the index goes beside it.
        purpose: What is to be written: whatever the bytes depend on, and how many "images" there
            are.
        resume: Whether to go on with what is there, if anything is; else it is replaced.
        keeps: Whether anything is kept if the block raises.
        replaces: Whether files may be replaced that are in these places in the end.
        before: Called when all is on the disk and has not its place yet: whoever is killed behind
            it can go on.

    Attributes:
        keeps: As above.
        skipped: The images that were left out.

    Raises:
        CannotResumeError: What is there was to be something else, or is not what its journal says.
        LockedError: Another process writes it.
        StorageExistsError: In the end there is a file in its place that is not to be replaced.
        StorageError, OSError: A file cannot be written.
    """

    def __init__(
        self,
        output: str,
        purpose: Mapping[str, Any],
        *,
        resume: bool,
        keeps: bool = True,
        replaces: bool = True,
        before: Callable[[], object] | None = None,
    ) -> None:
        self._places = _Places(output)
        self.keeps = keeps
        self._replaces = replaces
        self._before = before
        for target in self._places.targets:
            mode_of(target)  # an error now, if it cannot be replaced
        with ExitStack() as stack:
            stack.enter_context(_held(self._places.journal))
            found = Journal.read(self._places.journal) if resume else None
            if found is None or not found.written.done:
                self._journal = Journal(self._places.journal, dict(purpose))
                self._writer = self._begin()
            else:
                found.check(purpose)
                self._journal = found
                self._writer = self._go_on()
            self._lock = stack.pop_all()
        written = self._journal.written
        self.skipped = written.skipped
        self._noted = len(self.skipped)
        self._next = time.monotonic() + _INTERVAL
        # Set at once: whoever is interrupted has counted what is written, or has not.
        self._counted = written.done, written.length

    def _begin(self) -> Writer:
        writer = Writer(*self._places.partials)
        try:
            self._journal.begin()
        except BaseException:
            with suppress(OSError, RecordIOError):
                writer.close()
            self._remove()
            raise
        return writer

    def _go_on(self) -> Writer:
        """Opens files that are as long as the journal says, without what came behind that."""
        records, index = self._places.partials
        written = self._journal.written
        lengths = {records: written.length, index: written.index_length}
        if written.done == self._journal.purpose["images"]:
            self._take_back(lengths)
        for path, length in lengths.items():
            _check_length(path, length)
        for path, length in lengths.items():
            os.truncate(path, length)
        self._journal.go_on()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecoveryWarning)
            try:
                writer = Writer(records, index, mode="a")
            except RecordIOError as error:
                raise CannotResumeError(f"{records} cannot be written on: {error}") from error
        if writer.recovery is not None or writer.tell() != written.length:
            writer.close()
            raise CannotResumeError(f"{records} is not what its journal tells of")
        return writer

    def _take_back(self, lengths: Mapping[str, int]) -> None:
        """Takes back files that have their places already, from a run that ended just then."""
        for target, (partial, length) in zip(self._places.targets, lengths.items(), strict=True):
            if not os.path.exists(partial):
                with suppress(FileNotFoundError):
                    if os.stat(target).st_size == length:
                        os.replace(target, partial)

    @property
    def done(self) -> int:
        """How many images are done, packed or left out."""
        return self._counted[0]

    @property
    def length(self) -> int:
        """The bytes of their records."""
        return self._counted[1]

    def write(self, record: bytes, key: str) -> None:
        """Writes the record of the next image.

        Raises:
            RecordTooLargeError: It has 2^29 bytes or more; nothing is written.
            StorageError: It cannot be written.
        """
        self._writer.write(record, key)
        self._counted = self.done + 1, self._writer.tell()
        self._note_now_and_then()

    def skip(self, path: str, reason: str) -> Skipped:
        """Leaves out the next image, and returns what is kept of it."""
        skipped = Skipped(self.done, path, reason)
        self.skipped.append(skipped)
        self._counted = self.done + 1, self.length
        self._note_now_and_then()
        return skipped

    def _note_now_and_then(self) -> None:
        begin = time.monotonic()
        if begin >= self._next:
            self._note()
            end = time.monotonic()
            self._next = end + max(_INTERVAL, _SHARE * (end - begin))

    def _note(self) -> None:
        """Sees that all is on the disk, and then that the journal says so."""
        done, length = self._counted
        if done == self._journal.written.done or length != self._writer.tell():
            return  # nothing new; or interrupted before it was counted
        self._writer.flush(sync=True)
        index_length = os.stat(self._places.partials[1]).st_size
        new = [one for one in self.skipped[self._noted :] if one.ordinal < done]
        self._journal.note(Written(done, length, index_length, new))
        self._noted += len(new)

    def __enter__(self) -> Unfinished:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            if error is not None:
                self._leave()
                return
            try:
                self._note()
                self._writer.flush(sync=True)
                self._writer.close()
                self._take_places()
            except BaseException:
                self._leave()
                raise

    def _leave(self) -> None:
        """Leaves what is written to be written on, or removes it."""
        if self.keeps:
            with suppress(OSError, RecordIOError):  # of a full disk: the last line holds
                self._note()
        with suppress(OSError, RecordIOError):
            self._writer.close()
        # An index whose records have their place already is not to be lost.
        is_torn = not os.path.exists(self._places.partials[0])
        if not is_torn and not (self.keeps and self._journal.written.done):
            self._remove()

    def _remove(self) -> None:
        for path in (*self._places.partials, self._places.journal):
            with suppress(OSError):
                os.remove(path)

    def _take_places(self) -> None:
        """Lets the files take their places; the index last, so that it is never another's."""
        targets, partials = self._places.targets, self._places.partials
        with locked(*targets):
            self._check_replaces()
            for target, partial in zip(targets, partials, strict=True):
                _lend_permissions(target, partial)
            if self._before is not None:
                self._before()
            with suppress(FileNotFoundError):
                os.remove(targets[1])
            sync_folder(targets[1])
            for target, partial in zip(targets, partials, strict=True):
                os.replace(partial, target)
                sync_folder(target)
        with suppress(OSError):
            os.remove(self._places.journal)

    def _check_replaces(self) -> None:
        for target in self._places.targets:
            if not self._replaces and os.path.lexists(target):
                raise StorageExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)


@contextmanager
def _held(journal: str) -> Iterator[None]:
    """Keeps others from a journal; makes one that is not there, and leaves none that is empty."""
    with open(journal, "ab"):
        pass
    with locked(journal):
        try:
            yield
        finally:
            with suppress(OSError):
                if not os.stat(journal).st_size:
                    os.remove(journal)


def _check_length(path: str, length: int) -> None:
    try:
        found = os.stat(path).st_size
    except FileNotFoundError:
        found = 0
    if found < length:
        message = f"{path} has {found} of the {length} bytes that its journal tells of"
        raise CannotResumeError(message)


def _lend_permissions(target: str, partial: str) -> None:
    with suppress(OSError):
        if (mode := mode_of(target)) is not None:
            os.chmod(partial, mode)
