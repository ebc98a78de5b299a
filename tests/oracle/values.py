"""Python values written down as JSON.

JSON's own numbers, strings, true, false and null stand for themselves and a list for a list of
values. An object is told apart by its ``kind``:

* ``{"kind": "bytes" | "bytearray" | "memoryview", ...payload}``: see `oracle.payloads`;
* ``{"kind": "scalar", "type": "float32", "value": "0.1"}``: the type (`SCALARS`) called with the
  text, or with the number the text spells where the type takes no text;
* ``{"kind": "array", "dtype": "float32", "shape": [2, 3], "order": "C" | "F", "values": [...]}``:
  a NumPy array laid out in memory as ``order`` says, the values always in C order;
* ``{"kind": "python", "expr": "[1, 2, 3]"}``: an expression over `NAMES`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.payloads import expand

Spec = Any
"""What `json.loads` gives."""

Value = Any
"""What a spec can stand for."""

SCALARS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "bool": lambda text: text == "True",
    "complex": complex,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "bool_": lambda text: np.bool_(text == "True"),
    "float16": lambda text: np.float16(float(text)),
    "float32": lambda text: np.float32(float(text)),
    "float64": lambda text: np.float64(float(text)),
    "int8": lambda text: np.int8(int(text)),
    "int32": lambda text: np.int32(int(text)),
    "int64": lambda text: np.int64(int(text)),
    "uint8": lambda text: np.uint8(int(text)),
    "uint64": lambda text: np.uint64(int(text)),
}
"""The types a scalar can have, each with what makes one of its text."""

NAMES: dict[str, Any] = {
    "np": np,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "__builtins__": {
        each.__name__: each
        for each in (bool, bytearray, bytes, float, frozenset, int, list, memoryview, object)
    }
    | {each.__name__: each for each in (range, set, tuple, dict)},
}
"""All the names an expression may use."""


def build(spec: Spec) -> Value:
    """Gives the Python value that `spec` stands for."""
    if isinstance(spec, list):
        return [build(each) for each in spec]
    if not isinstance(spec, dict):
        return spec
    kind = spec["kind"]
    if kind == "bytes":
        return expand(spec)
    if kind == "bytearray":
        return bytearray(expand(spec))
    if kind == "memoryview":
        return memoryview(expand(spec))
    if kind == "scalar":
        return SCALARS[spec["type"]](spec["value"])
    if kind == "array":
        values = [float(each) if isinstance(each, str) else each for each in spec["values"]]
        array = np.array(values, dtype=spec["dtype"]).reshape(spec["shape"])
        return np.asarray(array, order=spec.get("order", "C"))
    if kind == "python":
        return eval(spec["expr"], dict(NAMES))
    raise ValueError(f"unknown kind of value: {kind}")
