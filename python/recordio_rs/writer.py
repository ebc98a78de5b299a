"""Writing records, and the index of them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Literal, NoReturn, SupportsIndex

from recordio_rs._closing import Closing
from recordio_rs._paths import BytesPath, StrPath, index_path_beside, local_path
from recordio_rs._recordio_rs import FileWriter
from recordio_rs.exceptions import CannotPickleError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Writer"]


class Writer(Closing):
    """Writes a `.rec` file, and the `.idx` file beside it.

    Threads may share a writer: each record arrives whole, with its own entry. In a forked child an
    inherited writer refuses to write and leaves what is buffered to its parent.

    Args:
        path: The `.rec` file.
        index: The `.idx` file; `None` for the one beside `path`, `False` for none.
        mode: "w" empties files that are there, "x" refuses to.

    Attributes:
        path: The `.rec` file, as text.
        index_path: The `.idx` file, or `None` if there is none.

    Raises:
        StorageError: A file cannot be created; `StorageExistsError` if it is there and `mode` is
            "x".
        SameFileError: Both files are one.
        ValueError: `mode` is neither "w" nor "x".

    Examples:
        >>> with Writer("animals.rec") as writer:
        ...     writer.write(b"cat", 7), writer.write(b"elephant", 9)
        (0, 12)
    """

    __slots__ = ("__weakref__", "_file", "index_path", "path")

    def __init__(
        self,
        path: StrPath | BytesPath,
        index: StrPath | BytesPath | Literal[False] | None = None,
        *,
        mode: Literal["w", "x"] = "w",
    ) -> None:
        if mode not in ("w", "x"):
            raise ValueError(f"mode must be 'w' or 'x', not {mode!r}")
        self.path = local_path(path)
        self.index_path: str | None = None
        if index is None:
            self.index_path = index_path_beside(self.path)
        elif index is not False:
            self.index_path = local_path(index)
        self._file = FileWriter(self.path, self.index_path, exclusive=mode == "x")

    def write(self, data: Buffer | str, key: SupportsIndex | str | None = None) -> int:
        """Writes a record, and its entry if there is an index.

        Args:
            data: The record: bytes, any other buffer, or text (stored as UTF-8).
            key: Its key in the index; its ordinal if not given.

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

    def flush(self) -> None:
        """Hands what is buffered to the system: the records, then the index.

        Files are written in whole blocks of half a mebibyte: until this or `close` the end of the
        last record, also of a large one, may not be there, in a pipe neither.

        Raises:
            ClosedError, ForkedError, StorageError: As for `write`.
        """
        self._file.flush()

    def tell(self) -> int:
        """Returns the offset at which the next record will begin, in bytes.

        Raises:
            ClosedError, ForkedError: As for `write`.
        """
        return self._file.tell()

    def close(self) -> None:
        """Flushes and closes; again and again without harm.

        Raises:
            StorageError: What was buffered could not be written.
        """
        self._file.close()

    @property
    def closed(self) -> bool:
        """Whether the writer was closed, or belongs to the parent of this process."""
        return self._file.is_closed

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def __reduce__(self) -> NoReturn:
        message = "cannot pickle or copy a writer: opening its file again would empty it"
        raise CannotPickleError(message, self.path)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path!r}{' closed' if self.closed else ''}>"
