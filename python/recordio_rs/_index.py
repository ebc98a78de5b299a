"""The index of a file with the keys that Python users want.

Integers and text stay in the native index, where a million of them costs little. For any other
type of key each line's text is converted, as MXNet does, and kept in a `dict`.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recordio_rs._recordio_rs import RecordIndex
from recordio_rs.exceptions import IndexFormatError

KeyType: TypeAlias = Callable[[Any], Hashable]


class KeyedIndex:
    """Keys and byte offsets of records, by ordinal.

    Args:
        native: The index with its keys as integers or text.
        keys: The keys converted by something else than `int` and `str`, if they are.
    """

    __slots__ = ("_keys", "_ordinals", "native")

    def __init__(self, native: RecordIndex, keys: list[Hashable] | None = None) -> None:
        self.native = native
        self._keys = keys
        self._ordinals: dict[Hashable, int] | None = None
        if keys is not None:
            self._ordinals = {key: ordinal for ordinal, key in enumerate(keys)}

    @classmethod
    def load(cls, path: str, key_type: KeyType) -> KeyedIndex:
        """Reads an `.idx` file.

        Args:
            path: The file.
            key_type: Makes a key from its text; mostly `int` or `str`.

        Raises:
            IndexFormatError: A line is not key, tab, offset, or `key_type` refuses its key.
            StorageError: The file cannot be read.
        """
        if key_type is int:
            try:
                return cls(RecordIndex.parse(path, text_keys=False))
            except IndexFormatError:
                pass  # Python's `int` takes more than 64 bits, and `1_000`
        native = RecordIndex.parse(path, text_keys=True)
        if key_type is str:
            return cls(native)
        keys = []
        for ordinal, text in enumerate(native.keys()):
            try:
                keys.append(key_type(text))
            except ValueError as error:
                message = f"invalid index at line {ordinal + 1}: {error}"
                expected = f"a key that {getattr(key_type, '__name__', key_type)} takes"
                raise IndexFormatError(
                    message, path, ordinal=ordinal, expected=expected, found=str(text)
                ) from error
        return cls(native, keys)

    def without(self, ordinals: Iterable[int], native: RecordIndex) -> KeyedIndex:
        """Returns this index without some entries; `native` is what is left of the native one."""
        if self._keys is None:
            return KeyedIndex(native)
        left_out = set(ordinals)
        keys = [key for ordinal, key in enumerate(self._keys) if ordinal not in left_out]
        return KeyedIndex(native, keys)

    def __len__(self) -> int:
        return len(self.native)

    @property
    def is_native(self) -> bool:
        """Whether the native index finds keys itself."""
        return self._keys is None

    def find(self, key: object) -> int:
        """Returns the ordinal of the last entry whose key equals `key`.

        Raises:
            KeyError: There is none.
            TypeError: `key` is not hashable.
        """
        if self._ordinals is not None:
            return self._ordinals[key]
        ordinal = (
            self.native.find(native_key) if (native_key := as_native(key)) is not None else None
        )
        if ordinal is None:
            raise KeyError(key)
        return ordinal

    def key(self, ordinal: int) -> Hashable:
        """Returns the key of the record with this ordinal."""
        if self._keys is not None:
            return self._keys[ordinal]
        return self.native.key(ordinal)

    def keys(self) -> list[Any]:
        """Returns all keys as a new list, in the order of the index."""
        return self.native.keys() if self._keys is None else list(self._keys)

    def offsets(self) -> npt.NDArray[np.uint64]:
        """Returns all offsets in bytes, in the order of the index; read-only."""
        return np.frombuffer(self.native.offsets(), dtype=np.uint64)

    def as_dict(self) -> dict[Any, int]:
        """Returns a new dict from keys to offsets; of equal keys the last counts."""
        return dict(zip(self.keys(), self.offsets().tolist(), strict=True))


def as_native(key: object) -> int | str | None:
    """Returns the integer of 64 bits or the text that equals `key`, or `None` if there is none.

    A `dict` finds 3 by 3.0 and by `numpy.int64(3)`, too; so does this.

    Raises:
        TypeError: `key` is not hashable.
    """
    hashed = hash(key)
    if isinstance(key, str):
        return key if key.isascii() or key == key.encode(errors="replace").decode() else None
    if isinstance(key, np.generic):
        key = key.item()  # which compares with large integers without a warning
    # A number that equals an integer has its hash, and that of a small integer is itself.
    for number in (hashed, -1) if hashed == hash(-1) else (hashed,):
        if number == key:
            return number
    if not isinstance(key, numbers.Number) or isinstance(key, complex):
        return None
    try:
        # The bounds first: the integer of Decimal("1e1000000") would take minutes.
        number = int(key) if -(2**63) <= key < 2**63 else 0  # type: ignore[operator, call-overload]
    except (ArithmeticError, TypeError, ValueError):
        return None
    return number if number == key and hash(number) == hashed else None
