"""Makes an index in MXNet's environment as its tool `rec2idx` is documented to.

    python -m oracle.index_of_records <file.rec> <file.idx>        (in the directory `tests`)

The tool is not in MXNet's wheel. A line is the number of records before, a tab, and where MXNet's
reader stands before it reads the record.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import mxnet  # type: ignore[import-not-found]
from mxnet.base import _LIB, check_call  # type: ignore[import-not-found]


def main(rec: str, idx: str) -> None:
    """Writes the index of a file."""
    reader = mxnet.recordio.MXRecordIO(rec, "r")
    lines = list[str]()
    while True:
        place = ctypes.c_size_t()
        check_call(_LIB.MXRecordIOReaderTell(reader.handle, ctypes.byref(place)))
        if reader.read() is None:
            break
        lines.append(f"{len(lines)}\t{place.value}\n")
    Path(idx).write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
