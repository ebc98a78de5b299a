"""Every way of reading by ordinal, and what comes of it: records, or all that an error tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from errors import told
from recordio_rs import Reader
from recordio_rs._backend import Backend
from recordio_rs.exceptions import RecordIOError

BACKENDS: tuple[Backend, ...] = ("positioned", "mmap", "auto")


def unpacked(reader: Reader, ordinals: Any, **options: Any) -> list[bytes]:  # noqa: ANN401
    """Reads records into one buffer, and gives a copy of each."""
    return [bytes(record) for record in reader.read_packed(ordinals, **options)]


# One record.
ONE: dict[str, Callable[[Reader, int], bytes]] = {
    "item": lambda reader, ordinal: reader[ordinal],
    "batch": lambda reader, ordinal: reader.read_batch([ordinal])[0],
    "packed": lambda reader, ordinal: unpacked(reader, [ordinal])[0],
}

# Many records, in one call and in several threads.
MANY: dict[str, Callable[[Reader, Any], list[bytes]]] = {
    "batch": lambda reader, ordinals: reader.read_batch(ordinals),
    "batch of one thread": lambda reader, ordinals: reader.read_batch(ordinals, num_threads=1),
    "batch of threads": lambda reader, ordinals: reader.read_batch(ordinals, num_threads=8),
    "packed": unpacked,
    "packed by one thread": lambda reader, ordinals: unpacked(reader, ordinals, num_threads=1),
    "packed by threads": lambda reader, ordinals: unpacked(reader, ordinals, num_threads=2),
}


def outcome(use: Callable[..., object], *arguments: object) -> object:
    """Calls a function, and gives what it returns, or the type and the facts of its error."""
    try:
        return use(*arguments)
    except RecordIOError as error:
        return type(error), told(error)


def outcomes_of_one(reader: Reader, ordinals: Iterable[int]) -> dict[str, list[object]]:
    """Gives what each way makes of each ordinal alone."""
    asked = list(ordinals)
    return {name: [outcome(way, reader, each) for each in asked] for name, way in ONE.items()}


def readers_of(rec: Path) -> dict[str, Reader]:
    """Opens a file by each backend."""
    return {backend: Reader(rec, backend=backend) for backend in BACKENDS}
