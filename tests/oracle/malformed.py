"""Generates files that no writer makes, and what to do with them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from oracle import strict
from oracle.examples import fragment
from oracle.operations import Operation
from oracle.payloads import MAGIC, literal
from oracle.strategies import PIECES

DATA: st.SearchStrategy[bytes] = st.lists(PIECES, max_size=4).map(b"".join)


def record(payload: bytes) -> bytes:
    """Gives the bytes of a well-formed record."""
    pieces, begin = [], 0
    for place in range(0, len(payload) - 3, 4):
        if payload[place : place + 4] == MAGIC:
            pieces.append(payload[begin:place])
            begin = place + 4
    pieces.append(payload[begin:])
    flags = [0] if len(pieces) == 1 else [1, *[2] * (len(pieces) - 2), 3]
    return b"".join(fragment(flag, piece) for flag, piece in zip(flags, pieces, strict=True))


def lying(flag: int, data: bytes, error: int) -> bytes:
    """Gives a fragment that says it is longer than it is by `error` bytes."""
    lrec = flag << 29 | max(0, len(data) + error)
    return MAGIC + lrec.to_bytes(4, "little") + data + bytes(-len(data) % 4)


def fragments(flags: list[int], data: bytes) -> bytes:
    """Gives a fragment of the same data for each flag."""
    return b"".join(fragment(flag, data) for flag in flags)


FLAGS = st.integers(0, 7)

RUNS: st.SearchStrategy[list[int]] = st.builds(
    lambda between: [1, *between, 3], st.lists(st.sampled_from([2, 2, 0, 1, 4, 7]), max_size=3)
)
"""The flags of what begins and ends like a record in several fragments."""

CHUNKS: st.SearchStrategy[bytes] = st.one_of(
    DATA.map(record),
    DATA.map(record),
    st.builds(fragments, RUNS, DATA),
    st.builds(fragment, FLAGS, DATA),
    st.builds(fragment, st.integers(1, 3), st.binary(max_size=3).map(lambda data: 4 * data)),
    st.builds(lying, FLAGS, DATA, st.one_of(st.integers(-9, 9), st.integers(0, 5_000))),
    # Padding that is not zero.
    DATA.filter(lambda data: len(data) % 4 == 3).map(lambda data: fragment(0, data)[:-1] + b"!"),
    DATA,
    st.binary(min_size=1, max_size=9),
)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Generates the contents of a `.rec` file, sometimes well-formed, mostly not."""
    data = bytearray(b"".join(draw(st.lists(CHUNKS, max_size=6))))
    if data and draw(st.booleans()):
        del data[len(data) - draw(st.integers(0, min(11, len(data)))) :]
    if data and draw(st.booleans()):
        place = draw(st.integers(0, len(data) - 1))
        # A length may not be made so large that MXNet, which believes it, takes all the memory.
        bits = {0: (0, 8), 1: (0, 7), 2: (0, 0), 3: (5, 8)}[place % 4]
        data[place] ^= draw(st.sampled_from([1 << bit for bit in range(*bits)] or [0]))
    return bytes(data)


@st.composite
def malformed_records(draw: st.DrawFn) -> tuple[bytes, list[int] | None, list[Operation]]:
    """Generates the contents of a file, offsets to read at or None, and the operations for it."""
    data = draw(contents())
    put: Operation = {"do": "put", "name": "a.rec", "content": literal(data)}
    if draw(st.booleans()):
        opened: Operation = {"do": "new", "into": "r", "rec": "a.rec", "flag": "r"}
        return data, None, [put, opened, *8 * [{"do": "read", "on": "r"}]]
    offsets = draw(st.lists(st.integers(0, len(data) + 8), min_size=1, max_size=5, unique=True))
    index = "".join(f"{key}\t{offset}\n" for key, offset in enumerate(offsets)).encode()
    operations: list[Operation] = [
        put,
        {"do": "put", "name": "a.idx", "content": literal(index)},
        {"do": "new", "into": "r", "rec": "a.rec", "idx": "a.idx", "flag": "r"},
    ]
    for key in range(len(offsets)):
        operations += [{"do": "read_idx", "on": "r", "key": key}, {"do": "reset", "on": "r"}]
    return data, offsets, operations


FIELDS: st.SearchStrategy[str] = st.one_of(
    st.integers(0, 40).map(str),
    st.integers(0, 40).map(str),
    st.integers(-(2**66), 2**66).map(str),
    st.sampled_from(["", " ", "+7", "1_0", "_1", "1.0", "1e3", "0x1", "007", "\u0663", "\u00b2"]),
    st.sampled_from(
        ["nan", "inf", "-0.0", "None", "a", "a b", "\ufeff1", "1\x00", "\x0c1", "1\x85"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)

LINES: st.SearchStrategy[str] = st.one_of(
    *3 * [st.builds("{}\t{}\n".format, st.integers(-2, 30), st.sampled_from([0, 16, 32]))],
    st.builds("{}{}{}{}".format, FIELDS, st.just("\t"), FIELDS, st.just("\n")),
    st.builds(
        "{}{}{}{}".format,
        FIELDS,
        st.sampled_from(["\t", "\t", " ", "\t\t", " \t ", ",", ""]),
        FIELDS,
        st.sampled_from(
            ["\n", "\n", "\r\n", "\r", " \n", "\t\n", "\textra\tcolumns\n", "", "\n\n"]
        ),
    ),
)

INDEXES: st.SearchStrategy[bytes] = st.one_of(
    st.lists(LINES, max_size=5).map(lambda lines: "".join(lines).encode()),
    st.lists(LINES, max_size=5).map(lambda lines: "".join(lines).encode()),
    st.lists(LINES, max_size=3).map(lambda lines: "".join(lines).encode("utf-16")),
    st.binary(max_size=12),
)


@st.composite
def index_files(draw: st.DrawFn) -> list[Operation]:
    """Generates an index of all sorts beside three records, and what is to be read of it."""
    records = b"".join(fragment(0, data) for data in (b"one", b"two", b"three"))
    index = draw(INDEXES)
    opened: dict[str, Any] = {
        "do": "new",
        "into": "r",
        "rec": "a.rec",
        "idx": "a.idx",
        "flag": "r",
        "key_type": draw(st.sampled_from(["int", "int", "str", "float"])),
        "plain_index": strict.is_plain_index(index),
    }
    return [
        {"do": "put", "name": "a.rec", "content": literal(records)},
        {"do": "put", "name": "a.idx", "content": literal(index)},
        opened,
        {"do": "get", "on": "r", "name": "keys"},
        {"do": "get", "on": "r", "name": "idx"},
        {"do": "read", "on": "r"},
    ]
