"""The names that samples have in a tar file of WebDataset."""

from __future__ import annotations

import re
from hashlib import blake2b

__all__ = ["Names"]

# WebDataset cuts a name at the first dot behind the last slash, and passes over what begins with
# two underscores. Other characters than these are not safe everywhere. A plain tar header holds a
# hundred bytes.
_PLAIN = re.compile(r"(?!__|.*/__)[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST, _LONGEST_PART = 90, 60
_DIGEST_BYTES = 8


class Names:
    """Gives each sample a name: its key if that can be one, else one that no other sample has.

    It remembers eight bytes of each key, so that no two samples have one name.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._count = 0

    def name(self, key: str) -> str:
        """Returns the name for the next sample.

        Args:
            key: Its key.
        """
        ordinal = self._count
        self._count += 1
        if len(key) <= _LONGEST and _PLAIN.fullmatch(key):
            digest = int.from_bytes(blake2b(key.encode(), digest_size=_DIGEST_BYTES).digest())
            if digest not in self._known:
                self._known.add(digest)
                return key
        # No plain key has a tilde, and no two samples have one ordinal.
        return f"{_NOT_PLAIN.sub('_', key)[:_LONGEST_PART]}~{ordinal}"
