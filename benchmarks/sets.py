"""The three sets of records, large and small."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

PAYLOAD_COUNT = 64
"""How many different records a set has; they are repeated in turn."""


@dataclass(frozen=True)
class RecordSet:
    """So many records of one size, of random bytes, the same ones for every engine.

    Attributes:
        name: What the tables call it.
        count: How many records it has.
        size: How many bytes each has.
    """

    name: str
    count: int
    size: int

    def payloads(self) -> list[bytes]:
        """Returns the different records; the one with an ordinal is `ordinal % PAYLOAD_COUNT`."""
        return _payloads(self.size)


@cache
def _payloads(size: int) -> list[bytes]:
    generator = random.Random(size)
    return [generator.randbytes(size) for _ in range(PAYLOAD_COUNT)]


FULL = [
    RecordSet("tiny", 1_000_000, 100),
    RecordSet("face", 200_000, 5_000),
    RecordSet("net", 10_000, 110_000),
]
QUICK = [
    RecordSet("tiny", 50_000, 100),
    RecordSet("face", 10_000, 5_000),
    RecordSet("net", 1_000, 110_000),
]

FULL_INDEX = RecordSet("index", 17_000_000, 100)
QUICK_INDEX = RecordSet("index", 1_000_000, 100)
"""What the index that is opened lists; only the first of these records is in the file."""

FULL_FLAT = [RecordSet("a quarter", 100_000, 5_000), RecordSet("all", 400_000, 5_000)]
QUICK_FLAT = [RecordSet("a quarter", 20_000, 5_000), RecordSet("all", 80_000, 5_000)]
"""What shows whether memory is flat in the size of a file."""

FULL_IMAGES = RecordSet("images", 4_000, 65_536)
QUICK_IMAGES = RecordSet("images", 600, 65_536)
"""JPEGs of 500 by 375 pixels, filled up to one size."""
