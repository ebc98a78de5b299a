"""The golden results of `pack`: what becomes of every kind of header and body."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from oracle.payloads import literal
from oracle.values import Spec, build

BODY = {"kind": "bytes", **literal(b"body")}


def scalar(type_name: str, value: str) -> Spec:
    """Gives the value spec of a number of the type."""
    return {"kind": "scalar", "type": type_name, "value": value}


def array(dtype: str, shape: list[int], values: list[Any], order: str = "C") -> Spec:
    """Gives the value spec of an array."""
    return {"kind": "array", "dtype": dtype, "shape": shape, "order": order, "values": values}


def python(expr: str) -> Spec:
    """Gives the value spec of an expression."""
    return {"kind": "python", "expr": expr}


SCALAR_LABELS: list[Spec] = [
    *(scalar("int", text) for text in ("0", "1", "-3", "16777217", str(2**63), str(2**200))),
    *(scalar("float", text) for text in ("0.0", "-0.0", "0.1", "1e39", "-1e39", "1e-46")),
    *(scalar("float", text) for text in ("nan", "inf", "-inf", "3.4028235677973366e+38")),
    *(scalar("bool", text) for text in ("True", "False")),
    *(scalar(name, "1.5") for name in ("float16", "float32", "float64")),
    *(scalar(name, "7") for name in ("int8", "int32", "int64", "uint8", "uint64")),
    *(scalar("float32", text) for text in ("nan", "inf", "0.1")),
    scalar("Decimal", "0.1"),
    scalar("Fraction", "1/3"),
    scalar("complex", "1+2j"),
    scalar("bool_", "True"),
    scalar("bool_", "False"),
]

ARRAY_LABELS: list[Spec] = [
    array("float32", [3], [1, 2, 3]),
    array("float32", [1], [5]),
    array("float32", [2, 3], [1, 2, 3, 4, 5, 6]),
    array("float32", [2, 3], [1, 2, 3, 4, 5, 6], "F"),
    array("float64", [2], [0.1, 1e39]),
    array("float64", [4], ["nan", "inf", "-inf", -0.0]),
    array("int64", [2], [16_777_217, -1]),
    array("uint8", [2, 2, 1], [0, 1, 254, 255]),
    array("float16", [2], [0.5, 65504]),
    array("bool", [2], [True, False]),
    array("float64", [], [5]),
    array("float32", [0], []),
    array("float32", [0, 4], []),
    array(">f4", [2], [1, 2]),
]

PYTHON_LABELS: list[Spec] = [
    python(expr)
    for expr in (
        "[1, 2, 3]",
        "(1, 2)",
        "[[1, 2], [3, 4]]",
        "[0.1, 16777217, 1e39]",
        "[]",
        "()",
        "range(4)",
        "np.arange(6).reshape(2, 3).T",
        "np.arange(10)[::-2]",
        "[True, None]",
        "[Decimal('0.1'), Fraction(1, 3)]",
        "['1', '2.5']",
        "'1.5'",
        "'a'",
        "b'2.5'",
        "None",
        "{1, 2}",
        "{'a': 1}",
        "object()",
        "[[1], [1, 2]]",
        "[1, 'a']",
        "[2**200]",
        "2**1024",
        "[2**1024]",
        "-float('nan')",
        "np.frombuffer(bytes([1, 0, 160, 255]), np.float32)",
        "[1j]",
        "memoryview(b'ab')",
        "bytearray(b'7')",
    )
]

IDENTIFIERS: list[Spec] = [
    0,
    2**32,
    2**63,
    2**64 - 1,
    2**64,
    -1,
    python("np.int64(3)"),
    python("np.uint64(2**64 - 1)"),
    python("True"),
    python("1.0"),
    python("'1'"),
    python("None"),
    python("np.float32(1)"),
]

BODIES: list[Spec] = [
    {"kind": "bytes", "hex": ""},
    {"kind": "bytearray", "hex": "0102"},
    {"kind": "memoryview", "hex": "0102"},
    python("'text'"),
    python("None"),
    python("5"),
    python("[1, 2]"),
]

HEADERS: list[str] = [
    "(0, 1.0, 7, 8)",
    "[0, 1.0, 7, 8]",
    "(3, 1.0, 7, 8)",
    "(None, 1.0, 7, 8)",
    "('flag', [1.0], 7, 8)",
    "range(4)",
    "(0, 1.0, 7)",
    "(0, 1.0, 7, 8, 9)",
    "()",
    "None",
    "5",
    "'text'",
]


def golden(recordio: ModuleType, header: Spec, body: Spec) -> dict[str, Any]:
    """Gives one entry of the list: the header and body, and what `pack` makes of them."""
    built = [build(each) for each in header] if isinstance(header, list) else build(header)
    try:
        result = {"packed": recordio.pack(built, build(body)).hex()}
    except Exception as error:  # whatever it is, it is the result
        kind = type(error)
        name = kind.__qualname__
        result = {"error": name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"}
    return {"header": header, "body": body, **result}


def pack_cases(recordio: ModuleType) -> list[dict[str, Any]]:
    """Gives the list of golden results; `recordio` is the module whose `pack` is used."""
    labels = [*SCALAR_LABELS, *ARRAY_LABELS, *PYTHON_LABELS]
    return [
        *(golden(recordio, [0, label, 7, 8], BODY) for label in labels),
        *(golden(recordio, [9, label, 7, 8], BODY) for label in (labels[1], ARRAY_LABELS[0])),
        *(golden(recordio, [0, 1.0, each, 8], BODY) for each in IDENTIFIERS),
        *(golden(recordio, [0, [1.0], 7, each], BODY) for each in IDENTIFIERS),
        *(golden(recordio, [0, 1.0, 7, 8], body) for body in BODIES),
        *(golden(recordio, [0, [1.0, 2.0], 7, 8], body) for body in BODIES),
        *(golden(recordio, python(expr), BODY) for expr in HEADERS),
    ]
