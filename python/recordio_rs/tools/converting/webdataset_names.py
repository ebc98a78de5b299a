"""The names that samples have in a tar file of WebDataset."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from hashlib import blake2b

__all__ = ["Names"]

# WebDataset cuts a name at the first dot behind the last slash, and passes over what begins with
# two underscores. Other characters than these are not safe everywhere. A plain tar header holds a
# hundred bytes.
_PLAIN = re.compile(r"(?!__|.*/__)[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")
_LONGEST, _LONGEST_PART = 90, 60
_DIGEST_BYTES = 8


class Names:
    """Gives each sample a name: its key if that can be one, else one that no other sample has.

    It remembers the keys, so that no two samples have one name: eight bytes of each where they are
    integers that go up, as they mostly are.
    """

    def __init__(self) -> None:
        self._ascending = array("Q")
        self._others: set[int] = set()
        self._count = 0

    def name(self, key: str) -> str:
        """Returns the name for the next sample.

        Args:
            key: Its key.
        """
        ordinal = self._count
        self._count += 1
        if len(key) <= _LONGEST and _PLAIN.fullmatch(key) and self._is_new(key):
            return key
        # No plain key has a tilde, and no two samples have one ordinal.
        return f"{_NOT_PLAIN.sub('_', key)[:_LONGEST_PART]}~{ordinal}"

    def _is_new(self, key: str) -> bool:
        """Tells whether no key before was this one, and remembers it."""
        if _INTEGER.fullmatch(key):
            number = int(key)
            if not self._ascending or number > self._ascending[-1]:
                self._ascending.append(number)
                return True
            place = bisect_left(self._ascending, number)
            if self._ascending[place] == number:
                return False
        digest = int.from_bytes(blake2b(key.encode(), digest_size=_DIGEST_BYTES).digest())
        if digest in self._others:
            return False
        self._others.add(digest)
        return True
