"""Writing records, and the index of them."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, SupportsIndex

import numpy as np
import numpy.typing as npt

from recordio_rs._closing import Closing
from recordio_rs._open_writers import remember
from recordio_rs._paths import BytesPath, StrPath, index_path_beside, local_path
from recordio_rs._recordio_rs import FileWriter, PackedRecords
from recordio_rs.exceptions import CannotPickleError
from recordio_rs.recovery import Recovery, RecoveryWarning

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Writer"]


class Writer(Closing):
    """Writes a `.rec` file, and the `.idx` file beside it.

    Threads may share a writer: each record arrives whole, with its own entry. In a forked child an
    inherited writer refuses to write and leaves what is buffered to its parent. While a writer has
    its files, no other one can open them.

    Args:
        path: The `.rec` file.
        index: The `.idx` file; `None` for the one beside `path`, `False` for none.
        mode: "w" empties files that are there, "x" refuses to, "a" goes on behind what they have,
            also where the last writer was killed: a record that is not whole goes, and the index is
            brought in step.
        atomic: Whether to write to files of other names, with `.partial` at their ends, that take
            their places only when the writer is closed and all is on the disk. If its `with` block
            raises, or nobody closes it, nothing has happened. Between the old index and the new one
            there is none for a moment, so that there is never one of other records: who reads then
            has ordinals for keys. Who is killed then leaves it so; the keys are in the file that
            ends in `.idx.partial`. Not for mode "a".

    Attributes:
        path: The `.rec` file, as text.
        index_path: The `.idx` file, or `None` if there is none.
        recovery: What mode "a" had to do before it could go on, or `None` if that is nothing; it is
            also told by a `RecoveryWarning`.

    Raises:
        StorageError: A file cannot be created; `StorageExistsError` if it is there and `mode` is
            "x"; `LockedError` if another writer has it.
        SameFileError: Both files are one.
        CorruptRecordError, TruncatedRecordError: Records to go on behind are damaged, and not only
            the last one; or that is listed in the index, and no writer leaves it so. Nothing has
            changed: `repair` tells what is intact.
        IndexFormatError, IndexMismatchError: The index to go on with is damaged, or has entries
            that point to no record. Nothing has changed.
        ValueError: `mode` is none of these, or is "a" and `atomic`.

    Examples:
        >>> with Writer("animals.rec") as writer:
        ...     writer.write(b"cat", 7), writer.write(b"elephant", 9)
        (0, 12)
        >>> with Writer("animals.rec", mode="a") as writer:
        ...     writer.write(b"dog")  # its key is 10
        28
    """

    __slots__ = ("__weakref__", "_file", "index_path", "path", "recovery")

    def __init__(
        self,
        path: StrPath | BytesPath,
        index: StrPath | BytesPath | Literal[False] | None = None,
        *,
        mode: Literal["w", "x", "a"] = "w",
        atomic: bool = False,
    ) -> None:
        if mode not in ("w", "x", "a"):
            raise ValueError(f"mode must be 'w', 'x' or 'a', not {mode!r}")
        if atomic and mode == "a":
            raise ValueError("mode 'a' cannot be atomic: it writes on in the files that are there")
        self.path = local_path(path)
        self.index_path: str | None = None
        if index is None:
            self.index_path = index_path_beside(self.path)
        elif index is not False:
            self.index_path = local_path(index)
        self._file = remember(
            FileWriter(self.path, self.index_path, mode=mode, atomic=bool(atomic))
        )
        self.recovery = Recovery.of(self._file.recovery)
        if self.recovery is not None:
            try:
                warnings.warn(f"{self.path}: {self.recovery}", RecoveryWarning, stacklevel=2)
            except RecoveryWarning:  # an error for who wants it so
                self._file.close()
                raise

    def write(self, data: Buffer | str, key: SupportsIndex | str | None = None) -> int:
        """Writes a record, and its entry if there is an index.

        Args:
            data: The record: bytes, any other buffer, or text (stored as UTF-8).
            key: Its key in the index. If not given, how many records come before it; in mode "a" it
                counts on from the number of entries, or from behind the largest integer key.

        Returns:
            The offset of the record in bytes.

        Raises:
            InvalidKeyError: The key cannot stand in an index; nothing is written.
            RecordTooLargeError: The record has 2^29 bytes or more; nothing is written.
            ValueError: There is a key and no index.
            TypeError: `data` is neither buffer nor text, or `key` neither integer nor text.
            ClosedError, ForkedError: The writer is closed, or belongs to another process.
            StorageError: The system failed; from then on everything else is refused with
                `WriteAfterFailureError`.
        """
        if self.index_path is not None:
            if key is not None and not isinstance(key, str):
                key = str(operator.index(key))  # as text an integer of any size is a key
            return self._file.write_indexed(key, data)
        if key is not None:
            raise ValueError(f"key {key!r} has nowhere to go: the writer has no index")
        return self._file.write(data)

    def write_batch(
        self,
        records: PackedRecords | Iterable[Buffer | str],
        keys: npt.NDArray[np.integer[Any]] | Iterable[SupportsIndex | str] | None = None,
    ) -> npt.NDArray[np.uint64]:
        """Writes many records in one call, with the interpreter free for other threads.

        None of theirs come in between. Of packed records, as `Reader.read_packed` gives them, no
        object is made for each.

        Args:
            records: Packed records, or each as for `write`.
            keys: A key for each, as for `write`: an array of integers, or any iterable.

        Returns:
            The offset of each record in bytes.

        Raises:
            InvalidKeyError, RecordTooLargeError, TypeError: One of them is refused, or they are one
                record; nothing is written.
            ValueError: There are more keys than records, or fewer; or there are keys and no index.
            ClosedError, ForkedError, StorageError, WriteAfterFailureError: As for `write`. What a
                signal handler raises, as that of Ctrl-C, comes out between two records; those
                before it are written.

        Examples:
            >>> with Writer("numbers.rec") as writer:
            ...     writer.write_batch([b"one", "two", b"three"], ["I", "II", "III"]).tolist()
            [0, 12, 24]
            >>> with Reader("numbers.rec", key_type=str) as reader, Writer("odd.rec") as writer:
            ...     offsets = writer.write_batch(reader.read_packed([0, 2]))
            >>> with Reader("odd.rec") as reader:
            ...     list(reader), list(reader.keys)
            ([b'one', b'three'], [0, 1])
        """
        if keys is not None:
            if self.index_path is None:
                raise ValueError("the keys have nowhere to go: the writer has no index")
            keys = _as_keys(keys)
        if isinstance(records, str | bytes):
            raise TypeError("records must be several; write takes one")
        if isinstance(records, PackedRecords):
            offsets = self._file.write_packed([records], None, keys)
        else:
            offsets = self._file.write_batch(records, keys)
        return np.frombuffer(offsets, np.uint64)

    def flush(self, *, sync: bool = False) -> None:
        """Hands what is buffered to the system: the records, then the index.

        Files are written in whole blocks of half a mebibyte: until this or `close` the end of the
        last record, also of a large one, may not be there, in a pipe neither.

        Args:
            sync: Whether to come back only when all is on the disk, so that also a loss of power
                leaves it there: the records, the index, and the names of new files.

        Raises:
            ClosedError, ForkedError, StorageError: As for `write`.
        """
        self._file.flush(sync=sync)

    def tell(self) -> int:
        """Returns the offset at which the next record will begin, in bytes.

        Raises:
            ClosedError, ForkedError: As for `write`.
        """
        return self._file.tell()

    def close(self) -> None:
        """Flushes and closes; again and again without harm.

        Raises:
            StorageError: What was buffered could not be written; or, if `atomic`, files could not
                take their places. `LockedError` if another writer has those now.
        """
        self._file.close()

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._file.discard()
        super().__exit__(error_type, error, traceback)

    @property
    def closed(self) -> bool:
        """Whether the writer was closed, or belongs to the parent of this process."""
        return self._file.is_closed

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.discard()
            self._file.close()

    def __reduce__(self) -> NoReturn:
        message = "cannot pickle or copy a writer: its file can be open only once"
        raise CannotPickleError(message, self.path)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path!r}{' closed' if self.closed else ''}>"


def _as_keys(
    keys: npt.NDArray[np.integer[Any]] | Iterable[SupportsIndex | str],
) -> npt.NDArray[np.int64] | list[int | str]:
    """Returns keys as the native module takes them."""
    if isinstance(keys, np.ndarray) and np.can_cast(keys.dtype, np.int64):
        return keys.astype(np.int64, copy=False)
    # As text an integer of any size is a key.
    return [key if isinstance(key, str) else str(operator.index(key)) for key in keys]
