"""The keys of a reader, as a sequence."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, overload

from recordio_rs._index import KeyedIndex

__all__ = ["Keys"]


class Keys(Sequence[Any]):
    """The keys of a reader, in the order of its records.

    A key object is made when it is asked for, so millions of them cost nothing.
    """

    __slots__ = ("_index", "_ordinals")

    def __init__(self, index: KeyedIndex, ordinals: range) -> None:
        self._index = index
        self._ordinals = ordinals

    def __len__(self) -> int:
        return len(self._ordinals)

    @overload
    def __getitem__(self, item: int) -> Hashable: ...

    @overload
    def __getitem__(self, item: slice) -> Keys: ...

    def __getitem__(self, item: int | slice) -> Hashable | Keys:
        ordinals = self._ordinals[item]
        return (
            Keys(self._index, ordinals)
            if isinstance(ordinals, range)
            else self._index.key(ordinals)
        )

    def __contains__(self, key: object) -> bool:
        try:
            return self._index.find(key) in self._ordinals
        except (KeyError, TypeError):
            return False

    def __repr__(self) -> str:
        shown = ", ".join(repr(key) for key in self[:5])
        return f"<{len(self)} keys: {shown}{', ...' if len(self) > 5 else ''}>"
