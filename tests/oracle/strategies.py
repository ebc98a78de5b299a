"""Generates payloads, keys, labels and images that bring out what is special in the format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from oracle.payloads import MAGIC, Payload, joined, literal, repeated
from oracle.values import Spec

Strategy = st.SearchStrategy[Any]

PIECES: Strategy = st.one_of(
    st.just(MAGIC),
    st.sampled_from([MAGIC[:length] for length in (1, 2, 3)]),
    st.sampled_from([MAGIC[-length:] for length in (1, 2, 3)]),
    st.integers(1, 9).map(bytes),
    st.binary(max_size=12),
    # What looks like the head of a fragment of every kind.
    st.tuples(st.integers(0, 7), st.integers(0, 12)).map(
        lambda head: MAGIC + (head[0] << 29 | head[1]).to_bytes(4, "little")
    ),
)
"""Bytes of which payloads rich in magics are put together."""

SMALL: Strategy = st.lists(PIECES, max_size=10).map(b"".join).map(literal)

UNITS: Strategy = st.sampled_from(
    [bytes(range(251)), b"\0", MAGIC, b"\0" + MAGIC, MAGIC + b"abc", b"wxyz" + MAGIC]
)

LENGTHS: Strategy = st.one_of(
    st.integers(4_088, 4_104),
    st.integers(4_088, 4_104),
    st.integers(65_528, 65_544),
    st.integers(299_990, 300_010),
)
"""Lengths around those of buffers that either side may use inside."""

LARGE: Strategy = st.builds(
    lambda head, unit, length, tail: joined(head, repeated(unit, length), tail),
    st.just(literal(b"")) | SMALL,
    UNITS,
    LENGTHS,
    st.just(literal(b"")) | SMALL,
)


@st.composite
def payloads(draw: st.DrawFn) -> Payload:
    """Generates payload objects, one in twenty or so of them large."""
    large = draw(st.integers(0, 19)) == 19
    payload: Payload = draw(LARGE if large else SMALL)
    return payload


def record_bytes(payload: Payload) -> Spec:
    """Gives the value that is the payload's bytes."""
    return {"kind": "bytes", **payload}


RECORDS: Strategy = payloads().map(record_bytes)

NOT_BYTES: Strategy = st.sampled_from(
    [None, 0, 7, 1.5, [], [1, 2], {"kind": "python", "expr": "{}"}]
)
"""Values that are a payload to neither side."""


def is_plain(text: str) -> bool:
    """Tells whether a key's text goes into an index and back unchanged."""
    return bool(text) and text == text.strip() and not set(text) & set("\t\n\r")


INT_KEYS: Strategy = st.one_of(
    st.integers(0, 12),
    st.integers(-3, 12),
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**40]),
)

TEXT_KEYS: Strategy = st.one_of(
    st.sampled_from(
        ["a", "b", "1", "01", "1.0", "-1", "a b", "#", "/x/y.jpg", "\ufeffa", "\u732b"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(is_plain),
)

FLOAT_KEYS: Strategy = st.one_of(
    st.sampled_from([0.0, 1.0, 2.5, 0.1, 1e16, 1e-5]), st.floats(allow_nan=False)
)

KEYS: dict[str, Strategy] = {"int": INT_KEYS, "str": TEXT_KEYS, "float": FLOAT_KEYS}

ODD_KEYS: dict[str, Strategy] = {
    "int": st.sampled_from(
        [
            2.7,
            -2.7,
            "9",
            " 8 ",
            "1_0",
            "abc",
            "",
            "1.5",
            True,
            None,
            [],
            {"kind": "python", "expr": "np.int64(3)"},
        ]
    ),
    "str": st.sampled_from([5, 1.5, True, None, [1], {"kind": "python", "expr": "np.int64(3)"}]),
    "float": st.sampled_from(
        [1, "1.5", "abc", True, None, {"kind": "python", "expr": "np.float32(0.1)"}]
    ),
}
"""Keys that the key type changes, or refuses."""

LOOKUPS: Strategy = st.sampled_from(
    ["0", 0.0, True, None, 99, -1, "a", [], {"kind": "python", "expr": "np.int64(0)"}]
)
"""Things to look up that no one wrote, and some that are equal to a key without being one."""

NUMBERS: Strategy = st.one_of(
    st.floats(), st.floats(width=32), st.integers(-(2**64), 2**64), st.sampled_from([0.1, 1e39])
)


def scalar(type_name: str) -> Callable[[object], Spec]:
    """Gives the function that makes the value spec of a number of the type."""
    return lambda value: {"kind": "scalar", "type": type_name, "value": str(value)}


SCALAR_LABELS: Strategy = st.one_of(
    st.floats().map(scalar("float")),
    st.floats(width=32).map(scalar("float32")),
    st.floats(width=16).map(scalar("float16")),
    st.integers(-(2**130), 2**130).map(scalar("int")),
    st.integers(-(2**31), 2**31 - 1).map(scalar("int32")),
    st.integers(0, 2**64 - 1).map(scalar("uint64")),
    st.booleans().map(scalar("bool")),
    st.booleans().map(scalar("bool_")),
    st.fractions(max_denominator=1000).map(scalar("Fraction")),
    st.decimals(allow_nan=False).map(scalar("Decimal")),
)

LIST_LABELS: Strategy = st.one_of(
    st.lists(NUMBERS, max_size=12),
    st.integers(0, 3).flatmap(
        lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), max_size=4)
    ),
)


@st.composite
def array_labels(draw: st.DrawFn) -> Spec:
    """Generates arrays of several shapes, types and layouts."""
    shape = draw(st.lists(st.sampled_from([2, 3, 1, 4, 0]), max_size=3))
    count = 1
    for extent in shape:
        count *= extent
    dtype, numbers = draw(
        st.sampled_from(
            [
                ("float32", st.floats(width=32)),
                ("float64", st.floats()),
                (">f4", st.floats(width=32)),
                ("int64", st.integers(-(2**63), 2**63 - 1)),
                ("uint8", st.integers(0, 255)),
            ]
        )
    )
    values = draw(st.lists(numbers, min_size=count, max_size=count))
    order = draw(st.sampled_from("CF"))
    return {"kind": "array", "dtype": dtype, "shape": shape, "order": order, "values": values}


LABELS: Strategy = st.sampled_from([SCALAR_LABELS, LIST_LABELS, array_labels()]).flatmap(
    lambda kind: kind
)

IDENTIFIERS: Strategy = st.one_of(
    *3 * [st.integers(0, 2**64 - 1)],
    *3 * [st.sampled_from([0, 2**64 - 1, 0xCED7230A, 0xCED7230A << 32])],
    st.sampled_from([-1, 2**64, 1.0, "1", None]),
)

HEADERS: Strategy = st.tuples(st.integers(0, 9), LABELS, IDENTIFIERS, IDENTIFIERS).map(list)


@st.composite
def images(draw: st.DrawFn) -> Spec:
    """Generates small images: gray, colour or with alpha, of 8 or 16 bit."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    shape = [height, width, *draw(st.sampled_from([[], [3], [4]]))]
    dtype, largest = draw(st.sampled_from([("uint8", 255), ("uint8", 255), ("uint16", 65_535)]))
    count = height * width * (shape[2] if len(shape) == 3 else 1)
    seed, step = draw(st.integers(0, largest)), draw(st.integers(0, 997))
    values = [(seed + step * place) % (largest + 1) for place in range(count)]
    return {"kind": "array", "dtype": dtype, "shape": shape, "order": "C", "values": values}
