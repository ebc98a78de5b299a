"""MXNet's `mx.recordio`, less one trait: here a reader can go on after it met the end of file.

In MXNet a reader that has met the end of file finds nothing more, wherever it is sent, until it
is reset. That hides what this package reads after the end. This variant resets before each seek,
so that such cases can be compared too. It can only be imported beside MXNet.
"""

from __future__ import annotations

import importlib
from typing import Any

_original: Any = importlib.import_module("mxnet").recordio

MXRecordIO = _original.MXRecordIO
IRHeader = _original.IRHeader
pack = _original.pack
unpack = _original.unpack
pack_img = _original.pack_img
unpack_img = _original.unpack_img


class MXIndexedRecordIO(_original.MXIndexedRecordIO):  # type: ignore[misc]
    """A reader that forgets the end of file when it is sent elsewhere."""

    keys: list[Any]
    idx: dict[Any, int]

    def seek(self, idx: object) -> None:
        """Goes to the record of the key `idx`."""
        if self.is_open and not self.writable:
            _ = self.idx[idx]  # an unknown key leaves the reader where it is
            keys, offsets = self.keys, self.idx
            self.reset()
            self.keys, self.idx = keys, offsets
        super().seek(idx)
