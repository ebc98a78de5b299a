"""What files are called where they are told of: standard input by its name, wherever it is kept."""

from __future__ import annotations

import json

__all__ = ["as_told", "call", "forget"]

_NAMES = dict[str, str]()


def call(path: str, name: str) -> None:
    """Lets a file be told of by another name, in text and in JSON, until `forget` is called."""
    _NAMES[path] = name
    _NAMES[json.dumps(path)[1:-1]] = name


def forget() -> None:
    """Lets all files be told of by their paths again."""
    _NAMES.clear()


def as_told(text: str) -> str:
    """Returns text with the names that files are told of by."""
    for path, name in _NAMES.items():
        text = text.replace(path, name)
    return text
