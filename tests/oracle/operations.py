"""Performs operations, written down as JSON, on any module with the API of `mx.recordio`.

An operation is an object whose ``do`` names a method of `Session`; its other members are that
method's arguments. Objects live in slots, named by ``on``; ``into`` names the slot of a new one.
Values are written as `oracle.values` says, results as `oracle.results` does. An operation on an
empty slot gives ``{"absent": slot}``, so that a failed construction needs no special treatment.
"""

from __future__ import annotations

import copy
import gc
import os
import pickle
import random
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from oracle.payloads import Payload, expand
from oracle.results import Result, error_result, result
from oracle.values import Spec, build

Operation = dict[str, Any]

KEY_TYPES: dict[str, Callable[[Any], Any]] = {"int": int, "str": str, "float": float}


class Session:
    """The objects and files that one list of operations works on."""

    def __init__(self, recordio: ModuleType, directory: Path) -> None:
        """Takes the module to work with and the directory for its files."""
        self.recordio = recordio
        self.directory = directory
        self.slots: dict[str, Any] = {}

    def attempt(self, operation: Operation) -> Result:
        """Performs one operation and gives its result, also where that is an exception."""
        arguments = dict(operation)
        method = METHODS[arguments.pop("do")]
        slot = arguments.get("on")
        if slot is not None and slot not in self.slots:
            return {"absent": slot}
        try:
            return result(method(self, **arguments))
        except Exception as error:  # whatever it is, it is the result
            return error_result(error)

    def path(self, name: str) -> str:
        """Gives where the file of that name is."""
        return str(self.directory / name)

    # Objects

    def new(
        self,
        into: str,
        rec: str,
        flag: Spec,
        idx: str | None = None,
        key_type: str = "int",
        plain_index: bool = True,
    ) -> None:
        """Opens `rec`, with an index if `idx` is given, into a slot.

        `plain_index` tells the comparison what the index is like, see `oracle.strict`.
        """
        self.slots.pop(into, None)
        rec_path, mode = self.path(rec), build(flag)
        if idx is None:
            made = self.recordio.MXRecordIO(rec_path, mode)
        else:
            made = self.recordio.MXIndexedRecordIO(
                self.path(idx), rec_path, mode, KEY_TYPES[key_type]
            )
        self.slots[into] = made

    def open(self, on: str) -> None:
        """Opens the object again; meant for one that is closed."""
        self.slots[on].open()

    def close(self, on: str) -> None:
        """Closes the object."""
        self.slots[on].close()

    def reset(self, on: str) -> None:
        """Resets the object."""
        self.slots[on].reset()

    def delete(self, on: str) -> None:
        """Drops the slot's object, which closes it."""
        del self.slots[on]
        gc.collect(0)

    def pickle(self, on: str, into: str) -> None:
        """Puts into a slot what the object becomes by pickling and back."""
        self.slots[into] = pickle.loads(pickle.dumps(self.slots[on]))

    def copy(self, on: str, into: str) -> None:
        """Puts into a slot what `copy.copy` makes of the object."""
        self.slots[into] = copy.copy(self.slots[on])

    def get(self, on: str, name: str) -> object:
        """Gives an attribute, as far as it can be the same on both sides."""
        value = getattr(self.slots[on], name)
        if name == "uri":
            return Path(os.fsdecode(value.value)).name
        if name == "idx_path":
            return Path(value).name
        return value.__name__ if name == "key_type" else copy.copy(value)

    # Records

    def write(self, on: str, payload: Spec) -> object:
        """Writes a record."""
        return self.slots[on].write(build(payload))

    def write_idx(self, on: str, key: Spec, payload: Spec) -> object:
        """Writes a record under a key."""
        return self.slots[on].write_idx(build(key), build(payload))

    def read(self, on: str) -> object:
        """Reads the next record."""
        return self.slots[on].read()

    def read_idx(self, on: str, key: Spec) -> object:
        """Reads the record of a key."""
        return self.slots[on].read_idx(build(key))

    def seek(self, on: str, key: Spec) -> object:
        """Goes to the record of a key."""
        return self.slots[on].seek(build(key))

    def tell(self, on: str) -> object:
        """Gives the position."""
        return self.slots[on].tell()

    # Index

    def shuffle_keys(self, on: str, seed: int) -> None:
        """Shuffles the list of keys in place."""
        random.Random(seed).shuffle(self.slots[on].keys)

    def append_key(self, on: str, key: Spec) -> None:
        """Appends to the list of keys."""
        self.slots[on].keys.append(build(key))

    def set_offset(self, on: str, key: Spec, offset: int) -> None:
        """Changes the offset of a key."""
        self.slots[on].idx[build(key)] = offset

    def delete_offset(self, on: str, key: Spec) -> None:
        """Takes a key out of the dict of offsets."""
        del self.slots[on].idx[build(key)]

    # Files

    def put(self, name: str, content: Payload) -> None:
        """Writes a file as it is given."""
        Path(self.path(name)).write_bytes(expand(content))

    def file(self, name: str) -> bytes | None:
        """Gives the contents of a file, None if there is none."""
        path = Path(self.path(name))
        return path.read_bytes() if path.is_file() else None

    # Headers and images

    def pack(self, header: Spec, body: Spec) -> object:
        """Packs a body behind a header."""
        return self.recordio.pack(build(header), build(body))

    def unpack(self, record: Spec) -> object:
        """Unpacks a record into header and body."""
        return self.recordio.unpack(build(record))

    def label_is_writable(self, record: Spec) -> bool:
        """Tells whether the label of an unpacked record can be changed."""
        return bool(self.recordio.unpack(build(record))[0].label.flags.writeable)

    def pack_img(
        self, header: Spec, image: Spec, quality: Spec = 95, img_fmt: str = ".jpg"
    ) -> object:
        """Packs an encoded image behind a header."""
        return self.recordio.pack_img(build(header), build(image), build(quality), img_fmt)

    def unpack_img(self, record: Spec, iscolor: int = -1) -> object:
        """Unpacks a record into header and decoded image."""
        return self.recordio.unpack_img(build(record), iscolor)


METHODS: dict[str, Callable[..., object]] = {
    name: method
    for name, method in vars(Session).items()
    if not name.startswith("_") and name not in ("attempt", "path")
}
"""What an operation's ``do`` can be."""


def perform(recordio: ModuleType, operations: Iterable[Operation], directory: Path) -> list[Result]:
    """Performs `operations` in turn within `directory` and gives the result of each."""
    session = Session(recordio, directory)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of labels that are too large
        return [session.attempt(operation) for operation in operations]
