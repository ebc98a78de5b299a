"""What one test vector is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from oracle.payloads import Payload, expand

Key = int | float | str
KeyType = Literal["int", "str", "float"]

KEY_TYPES: dict[KeyType, type[int] | type[str] | type[float]] = {
    "int": int,
    "str": str,
    "float": float,
}


@dataclass(frozen=True)
class Entry:
    """One record to write: its bytes, how the manifest tells them, and its key if it has one."""

    data: bytes
    payload: Payload
    key: Key | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Further members of the record's object in the manifest."""


@dataclass(frozen=True)
class Case:
    """One `.rec` file to write, with an `.idx` file if it has a key type."""

    name: str
    description: str
    entries: list[Entry]
    key_type: KeyType | None = None


def entry(payload: Payload, key: Key | None = None) -> Entry:
    """Gives the entry of a payload object that holds its bytes."""
    return Entry(expand(payload), payload, key)
