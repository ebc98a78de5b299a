"""What came of an operation, written down as JSON.

None, true, false, integers and strings stand for themselves, a list for a list or tuple of
results. Everything else is an object:

* ``{"bytes": hex}``, or ``{"sha256": hex, "length": n}`` where there are more than `LONGEST`;
* ``{"float": repr}``, ``{"dict": [[key, value], ...]}``;
* ``{"array": hex, "dtype": name, "shape": [...]}``, row by row and little-endian;
* ``{"header": [flag, label, id, id2], "class": name}``;
* ``{"error": class, "bases": [class, ...]}``: an exception; the messages are left out;
* ``{"type": class, ...}``: bytes in another type than `bytes`, or something unforeseen.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

Result = Any

LONGEST = 2_048
"""How many bytes a result may have and still hold them all."""


def class_name(kind: type) -> str:
    """Gives the name of a class, with its module unless it is built in."""
    name = kind.__qualname__
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"


def bytes_result(data: bytes) -> Result:
    """Gives the result that tells `data`, or what it hashes to if it is long."""
    if len(data) <= LONGEST:
        return {"bytes": data.hex()}
    return {"sha256": hashlib.sha256(data).hexdigest(), "length": len(data)}


def error_result(error: BaseException) -> Result:
    """Gives the result that tells the class of an exception and all the classes it is one of."""
    kind = type(error)
    bases = [class_name(base) for base in kind.__mro__[1:] if base is not object]
    return {"error": class_name(kind), "bases": bases}


def array_result(array: np.ndarray[Any, Any]) -> Result:
    """Gives the result that tells an array's type, shape and elements."""
    little = array.astype(array.dtype.newbyteorder("<"))
    return {
        "array": little.tobytes(order="C").hex(),
        "dtype": array.dtype.name,
        "shape": list(array.shape),
    }


def result(value: object) -> Result:
    """Gives the result that tells what an operation returned."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is bytes:
        return bytes_result(value)
    if type(value) is float:
        return {"float": repr(value)}
    if isinstance(value, (bytearray, memoryview)):
        return {"type": class_name(type(value)), **bytes_result(bytes(value))}
    if isinstance(value, np.ndarray):
        return array_result(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"header": [result(each) for each in value], "class": type(value).__name__}
    if isinstance(value, (list, tuple)):
        return [result(each) for each in value]
    if isinstance(value, dict):
        return {"dict": [[result(key), result(each)] for key, each in value.items()]}
    return {"type": class_name(type(value)), "repr": repr(value)}
