"""Records that say who they are: made from their ordinals, and checked against them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ordinals = npt.NDArray[np.int64]

_HEADER_LEN = 8
_SHIFTS = 251
_LONG_EVERY, _LONG_LEN = 4096, 40_000
_MAGIC = bytes.fromhex("0a23d7ce")


class Packed(Protocol):
    """What `Reader.read_packed` returns."""

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """The bytes of the records, one after the other."""

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each begins in them, and where the last ends."""


class MismatchError(Exception):
    """A record is not what its ordinal says."""


class Content:
    """So many records: the ordinal in eight bytes, and a piece of a pattern behind it.

    Lengths differ, some records are long, and the pattern has the magic in it, so that many records
    are stored in several fragments.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        pattern = bytearray(random.Random(0).randbytes(_LONG_LEN + _SHIFTS))
        for at in range(60, len(pattern), 300):
            pattern[at : at + 4] = _MAGIC
        self._pattern = bytes(pattern[: _LONG_LEN + _SHIFTS])
        self._pattern_array = np.frombuffer(self._pattern, np.uint8)

    def records(self) -> Iterator[bytes]:
        """Yields all records in their order."""
        return map(self.record, range(self.count))

    def record(self, ordinal: int) -> bytes:
        """Returns the record with this ordinal."""
        shift = ordinal % _SHIFTS
        length = int(_lengths(ordinal)) - _HEADER_LEN
        return ordinal.to_bytes(_HEADER_LEN, "little") + self._pattern[shift : shift + length]

    def check(self, ordinal: int, record: bytes | memoryview) -> None:
        """Checks a record.

        Raises:
            MismatchError: It is not the one with this ordinal.
        """
        if record != self.record(ordinal):
            found = int.from_bytes(record[:_HEADER_LEN], "little")
            raise MismatchError(f"ordinal {ordinal}: {len(record)} bytes that begin with {found}")

    def check_packed(self, ordinals: Ordinals, packed: Packed) -> None:
        """Checks records that lie in one array, all at once.

        Raises:
            MismatchError: They are not the ones with these ordinals.
        """
        lengths = _lengths(ordinals)
        ends = np.cumsum(lengths)
        if not np.array_equal(packed.offsets, np.concatenate(([0], ends))):
            raise MismatchError(f"offsets of a pack of {len(ordinals)} records")
        begins = ends - lengths
        positions = np.arange(len(packed.data)) - np.repeat(begins, lengths)
        sources = np.repeat(ordinals % _SHIFTS, lengths) + positions - _HEADER_LEN
        expected = self._pattern_array[np.maximum(sources, 0)]
        headers = begins[:, None] + np.arange(_HEADER_LEN)
        expected[headers] = ordinals.astype("<i8").view(np.uint8).reshape(-1, _HEADER_LEN)
        if not np.array_equal(packed.data, expected):
            at = int(np.flatnonzero(packed.data != expected)[0])
            number = int(np.searchsorted(ends, at, side="right"))
            raise MismatchError(f"record {number} of a pack, ordinal {ordinals[number]}")


def _lengths(ordinals: Ordinals | int) -> Ordinals:
    usual = _HEADER_LEN + np.asarray(ordinals) * 7919 % 497
    return np.where(np.asarray(ordinals) % _LONG_EVERY == 7, _LONG_LEN, usual)
