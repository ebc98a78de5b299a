"""Byte strings written down as JSON.

A payload object has exactly one of these forms:

* ``{"hex": "..."}``: these bytes;
* ``{"repeat_hex": "...", "length": n}``: the bytes over and over, cut after ``n``;
* ``{"parts": [payload, ...]}``: one after another;
* ``{"sha256": "...", "length": n}``: not the bytes, only how to know them.
"""

from __future__ import annotations

import hashlib
from typing import Any

Payload = dict[str, Any]

MAGIC = bytes.fromhex("0a23d7ce")


def literal(data: bytes) -> Payload:
    """Gives the payload object that holds `data` itself."""
    return {"hex": data.hex()}


def repeated(unit: bytes, length: int) -> Payload:
    """Gives the payload object of `unit` over and over, cut after `length` bytes."""
    return {"repeat_hex": unit.hex(), "length": length}


def joined(*parts: Payload) -> Payload:
    """Gives the payload object of `parts` one after another."""
    return {"parts": list(parts)}


def digest(data: bytes) -> Payload:
    """Gives the payload object that says of `data` its length and SHA-256 only."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "length": len(data)}


def expand(payload: Payload) -> bytes:
    """Gives the bytes a payload object stands for; raises ValueError for a digest."""
    if "hex" in payload:
        return bytes.fromhex(payload["hex"])
    if "repeat_hex" in payload:
        unit, length = bytes.fromhex(payload["repeat_hex"]), int(payload["length"])
        return (unit * (length // len(unit) + 1))[:length]
    if "parts" in payload:
        return b"".join(expand(part) for part in payload["parts"])
    raise ValueError(f"a payload object without its bytes: {sorted(payload)}")
