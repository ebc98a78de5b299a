"""What the real `mx.recordio` makes of the vectors of deviations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from oracle.payloads import literal
from oracle.results import class_name
from vectors.deviation import Deviation

KEY_TYPES = {"int": int, "str": str}


class Observer:
    """Reads vectors with MXNet.

    Args:
        recordio: The real `mxnet.recordio`.
    """

    def __init__(self, recordio: ModuleType) -> None:
        self._recordio = recordio

    def __call__(self, case: Deviation, rec: Path, idx: Path) -> dict[str, Any]:
        """Gives what comes of reading a case in sequence, by key, and of unpacking its records."""
        payloads, error = self.sequence(rec)
        unpacked = None
        if case.unpacked is not None:
            unpacked = [error_of(partial(self._recordio.unpack, record)) for record in payloads]
        return {
            "records": [literal(record) for record in payloads],
            "error": error,
            "index": None if case.idx is None else self.index(rec, idx, case.key_type),
            "unpacked": unpacked,
        }

    def sequence(self, rec: Path) -> tuple[list[bytes], dict[str, str] | None]:
        """Gives the records up to the end or the first error, and that error."""
        reader = self._recordio.MXRecordIO(str(rec), "r")
        payloads: list[bytes] = []

        def read() -> None:
            while (record := reader.read()) is not None:
                payloads.append(record)

        error = error_of(read)
        return payloads, error

    def index(self, rec: Path, idx: Path, key_type: str) -> dict[str, Any]:
        """Gives what the key of each entry gives, in the order of the entries, or the error."""
        opened: list[Any] = []

        def open_files() -> None:
            files = (str(idx), str(rec), "r")
            opened.append(self._recordio.MXIndexedRecordIO(*files, key_type=KEY_TYPES[key_type]))

        error = error_of(open_files)
        if error:
            return {"error": error, "read": []}
        (reader,) = opened
        return {"error": None, "read": [self.read(reader, key) for key in list(reader.keys)]}

    def read(self, reader: Any, key: object) -> dict[str, Any]:  # noqa: ANN401
        """Gives the record of a key, null where MXNet gives `None`, or the error."""
        found: list[bytes | None] = []
        reader.reset()  # the end of the file sticks
        error = error_of(lambda: found.append(reader.read_idx(key)))
        if error:
            return {"error": error}
        (record,) = found
        return {"payload": None if record is None else literal(record)}


def error_of(use: Callable[[], object]) -> dict[str, str] | None:
    """Gives class and text of what is raised."""
    try:
        use()
    except Exception as error:
        return {"class": class_name(type(error)), "text": text_of(str(error))}
    return None


def text_of(message: str) -> str:
    """Gives the text of a failed check, or its condition, without the trace of MXNet's errors."""
    last = (message.strip().splitlines() or [""])[-1]
    _, is_check, failed = last.partition("Check failed: ")
    return (failed.strip(": ").rpartition(": ")[2] if is_check else last).strip(": ")
