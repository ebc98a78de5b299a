"""One example or more of each intended difference: what this package does, and what MXNet does."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.operations import Operation
from oracle.payloads import MAGIC
from oracle.results import Result

FIRST, SECOND = b"first", b"second"

WRITTEN: list[Operation] = [
    {"do": "new", "into": "w", "rec": "a.rec", "idx": "a.idx", "flag": "w"},
    {"do": "write_idx", "on": "w", "key": 1, "payload": {"kind": "bytes", "hex": FIRST.hex()}},
    {"do": "write_idx", "on": "w", "key": 2, "payload": {"kind": "bytes", "hex": SECOND.hex()}},
    {"do": "close", "on": "w"},
]

OPENED: Operation = {"do": "new", "into": "r", "rec": "a.rec", "idx": "a.idx", "flag": "r"}
OPENED_ALONE: Operation = {"do": "new", "into": "r", "rec": "a.rec", "flag": "r"}
READ: Operation = {"do": "read", "on": "r"}

VECTOR_RECORD = {"kind": "bytes", "hex": "01" + 47 * "00" + "00002041"}


def put(name: str, content: bytes) -> Operation:
    """Gives the operation that makes a file by hand."""
    return {"do": "put", "name": name, "content": {"hex": content.hex()}}


def fragment(flag: int, data: bytes) -> bytes:
    """Gives a fragment's bytes."""
    lrec = flag << 29 | len(data)
    return MAGIC + lrec.to_bytes(4, "little") + data + bytes(-len(data) % 4)


def error(base: str) -> Result:
    """Gives what to expect of an operation that raises something that `base` catches."""
    return {"error": base}


def data(content: bytes) -> Result:
    """Gives what to expect of an operation that returns these bytes."""
    return {"bytes": content.hex()}


@dataclass(frozen=True)
class Example:
    """Operations the last of which has different results."""

    difference: str
    operations: list[Operation]
    ours: Result
    theirs: Result


def write(payload: object) -> list[Operation]:
    """Gives the operations that write one record."""
    return [
        {"do": "new", "into": "w", "rec": "a.rec", "flag": "w"},
        {"do": "write", "on": "w", "payload": payload},
    ]


def write_key(key: str) -> list[Operation]:
    """Gives the operations that write one record under a key of text."""
    payload = {"kind": "bytes", "hex": ""}
    return [
        {"do": "new", "into": "w", "rec": "a", "idx": "a.idx", "flag": "w", "key_type": "str"},
        {"do": "write_idx", "on": "w", "key": key, "payload": payload},
    ]


def read_by_hand(content: bytes, *before: Operation) -> list[Operation]:
    """Gives the operations that make a file by hand and read from it."""
    return [put("a.rec", content), OPENED_ALONE, *before, READ]


EXAMPLES: tuple[Example, ...] = (
    Example(
        "end-of-file-does-not-stick",
        [*WRITTEN, OPENED, READ, READ, READ, {"do": "read_idx", "on": "r", "key": 1}],
        data(FIRST),
        None,
    ),
    *(
        Example(
            "offset-beyond-the-end",
            [
                *WRITTEN,
                put("a.idx", b"7\t%d\n" % offset),
                OPENED,
                {"do": "read_idx", "on": "r", "key": 7},
            ],
            error("RuntimeError"),
            None,
        )
        for offset in (32, 33, 36, 10**9)
    ),
    Example("cut-record", read_by_hand(fragment(1, b"cut ")), error("RuntimeError"), None),
    Example(
        "cut-record",
        read_by_hand(fragment(1, b"cut ") + fragment(2, b"")),
        error("RuntimeError"),
        None,
    ),
    *(
        Example(
            "fragments-out-of-order",
            read_by_hand(b"".join(fragment(flag, b"abcd") for flag in flags)),
            error("RuntimeError"),
            data(MAGIC.join([b"abcd"] * len(flags))),
        )
        for flags in ((3,), (2, 3), (1, 0), (1, 1, 3), (4, 0), (1, 7, 3))
    ),
    Example(
        "position-after-an-error",
        read_by_hand(b"not a record"[:8] + fragment(0, b"one"), READ),
        error("RuntimeError"),
        data(b"one"),
    ),
    *(
        Example(
            "pickling-leaves-open",
            [*WRITTEN, OPENED, READ, {"do": do, "on": "r", "into": "c"}, READ],
            data(SECOND),
            error("RuntimeError"),
        )
        for do in ("pickle", "copy")
    ),
    *(
        Example(
            "open-writer-is-not-pickled",
            [*WRITTEN[:2], {"do": do, "on": "w", "into": "c"}],
            error("Exception"),
            None,
        )
        for do in ("pickle", "copy")
    ),
    *(
        Example("any-buffer-is-a-payload", write(payload), None, error("TypeError"))
        for payload in (
            "text",
            {"kind": "bytearray", "hex": "0102"},
            {"kind": "memoryview", "hex": "0102"},
            {"kind": "array", "dtype": "uint8", "shape": [2], "values": [1, 2]},
        )
    ),
    *(
        Example("key-the-index-can-not-hold", write_key(key), error("ValueError"), None)
        for key in ("a\tb", "a\nb", "a\rb", "", " ", " a", "a ", "a\u00a0", "\u2028a", "\x1fa")
    ),
    *(
        Example(
            "index-with-odd-lines",
            [*WRITTEN, put("a.idx", index), {**OPENED, "plain_index": False}],
            error("ValueError"),
            None,
        )
        for index in (b"1\t-16\n", b"1\t%d\n" % 2**64, b"1\t0\r2\t0\n")
    ),
    Example(
        "index-without-a-tab",
        [*WRITTEN, put("a.idx", b"1\n"), OPENED],
        error("ValueError"),
        error("IndexError"),
    ),
    Example(
        "index-not-in-utf-8",
        [*WRITTEN, put("a.idx", b"\xff\t0\n"), OPENED],
        error("ValueError"),
        error("UnicodeDecodeError"),
    ),
    Example("readers-tell", [*WRITTEN, OPENED, {"do": "tell", "on": "r"}], 0, error("Exception")),
    Example(
        "edits-survive-reset",
        [
            *WRITTEN,
            OPENED,
            {"do": "append_key", "on": "r", "key": 3},
            {"do": "reset", "on": "r"},
            {"do": "get", "on": "r", "name": "keys"},
        ],
        [1, 2, 3],
        [1, 2],
    ),
    Example(
        "directory-is-no-file",
        [{"do": "new", "into": "r", "rec": ".", "flag": "r"}],
        error("OSError"),
        None,
    ),
    Example("label-is-owned", [{"do": "label_is_writable", "record": VECTOR_RECORD}], True, False),
)
