"""MXNet's attribute `fidx`: the open `.idx` file of an indexed reader or writer."""

from __future__ import annotations

import io

from recordio_rs._recordio_rs import FileReader, FileWriter


class IndexFile(io.TextIOBase):
    """A text file that writes through the buffer of the native writer.

    So a line that a user adds comes in its order, and never from a forked child. The index of a
    reader is in memory; there is nothing left to read from its file.

    Args:
        name: The path of the file.
        mode: "r" or "w".
        handle: The native reader or writer that the index belongs to.
    """

    def __init__(self, name: str, mode: str, handle: FileReader | FileWriter | None) -> None:
        self.name = name
        self.mode = mode
        self._handle = handle

    @property
    def closed(self) -> bool:
        """Whether the file was closed, which is when the records are."""
        return self._handle is None or self._handle.is_closed

    def writable(self) -> bool:
        """Returns whether text can be written."""
        return isinstance(self._handle, FileWriter)

    def write(self, text: str, /) -> int:
        """Adds text to the index as it is, and returns its length.

        Raises:
            io.UnsupportedOperation: The file belongs to a reader.
        """
        if not isinstance(self._handle, FileWriter):
            raise io.UnsupportedOperation("not writable")
        self._handle.write_index_text(text)
        return len(text)

    def flush(self) -> None:
        """Writes what is buffered: the records, then the index."""
        if isinstance(self._handle, FileWriter) and not self._handle.is_closed:
            self._handle.flush()

    def close(self) -> None:
        """Does nothing but flush: the index is closed when the records are."""
        self.flush()
