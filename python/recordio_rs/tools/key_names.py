"""Names of files that are made of keys."""

from __future__ import annotations

import hashlib

__all__ = ["name_of_key"]

# What has a meaning in a path, or none in a name, on one system or another.
_UNSAFE = set('/\\:*?"<>|%')
# In bytes; most systems take 255, and an ending comes behind it.
_MAX_BYTES = 200


def name_of_key(key: str) -> str:
    """Returns the name of a file for a key: one for each, and never a way to another folder.

    What cannot stand in a name is written as `%2F`; the name of a long key ends in a digest of it.

    Args:
        key: The key.
    """
    name = "".join(_escaped(one) if _is_unsafe(one) else one for one in key)
    if name.startswith((".", " ", "-")):
        name = _escaped(name[0]) + name[1:]
    if name.endswith((".", " ")):
        name = name[:-1] + _escaped(name[-1])
    encoded = name.encode("utf-8", "surrogateescape")
    if len(encoded) > _MAX_BYTES:
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        name = encoded[: _MAX_BYTES - 20].decode("utf-8", "ignore") + f"%{digest}"
    return name or "%"


def _is_unsafe(character: str) -> bool:
    return character in _UNSAFE or ord(character) < 32 or ord(character) == 127


def _escaped(character: str) -> str:
    return f"%{ord(character):02X}"
