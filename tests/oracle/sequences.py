"""Generates lists of operations on well-formed files."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from oracle.operations import Operation
from oracle.strategies import KEYS, LOOKUPS, NOT_BYTES, ODD_KEYS, RECORDS
from oracle.values import Spec

ATTRIBUTES = ("keys", "idx", "is_open", "writable", "flag", "uri", "idx_path", "key_type")

NAMES = st.sampled_from(["a", "data.train", "a b", "K\u00e4se \u732b"])

KEY_TYPE = st.sampled_from(["int", "int", "str", "float"])


def rarely(draw: st.DrawFn, one_in: int) -> bool:
    """Gives true once in `one_in` times."""
    return draw(st.integers(1, one_in)) == one_in


def opened(slot: str, name: str, flag: str, key_type: str | None) -> Operation:
    """Gives the operation that opens the files of that name, with an index if it has a type."""
    operation = {"do": "new", "into": slot, "rec": f"{name}.rec", "flag": flag}
    return (
        operation if key_type is None else {**operation, "idx": f"{name}.idx", "key_type": key_type}
    )


def files(name: str, key_type: str | None) -> list[Operation]:
    """Gives the operations that tell what is in the files."""
    suffixes = ["rec"] if key_type is None else ["rec", "idx"]
    return [{"do": "file", "name": f"{name}.{suffix}"} for suffix in suffixes]


@st.composite
def sequential(draw: st.DrawFn) -> list[Operation]:
    """Generates: records written without an index, read to the end, and again in part."""
    name, records = draw(NAMES), draw(st.lists(RECORDS, max_size=12))
    read: Operation = {"do": "read", "on": "r"}
    partial = draw(st.integers(0, len(records) + 2))
    return [
        opened("w", name, "w", None),
        *({"do": "write", "on": "w", "payload": record} for record in records),
        draw(st.sampled_from([{"do": "close", "on": "w"}, {"do": "delete", "on": "w"}])),
        *files(name, None),
        opened("r", name, "r", None),
        *partial * [read],
        {"do": "reset", "on": "r"},
        *(len(records) + 2) * [read],
        {"do": "close", "on": "r"},
        read,
    ]


@st.composite
def indexed(draw: st.DrawFn) -> list[Operation]:
    """Generates: records written with an index, and readings of them in any order."""
    name, key_type = draw(NAMES), draw(KEY_TYPE)
    operations = [opened("w", name, "w", key_type)]
    keys: list[Spec] = []
    for record in draw(st.lists(RECORDS, max_size=8)):
        if rarely(draw, 6):
            operations.append({"do": "write", "on": "w", "payload": record})
            continue
        keys.append(draw(KEYS[key_type]))
        operations.append({"do": "write_idx", "on": "w", "key": keys[-1], "payload": record})
        if rarely(draw, 4):
            operations.append({"do": "tell", "on": "w"})
    operations += [{"do": "close", "on": "w"}, *files(name, key_type)]
    operations += [opened("r", name, "r", key_type), opened("s", name, "r", key_type)]
    edits = rarely(draw, 5)
    closed: set[str] = set()
    for _ in range(draw(st.integers(0, 16))):
        operations.append(draw(reading(keys, closed, edits)))
    return operations


@st.composite
def reading(draw: st.DrawFn, keys: list[Spec], closed: set[str], edits: bool) -> Operation:
    """Generates one operation on a reader; `closed` are the slots of those closed before."""
    slot = draw(st.sampled_from("rrs"))
    key = draw(LOOKUPS) if not keys or rarely(draw, 10) else draw(st.sampled_from(keys))
    choices: list[dict[str, Any]] = [
        *4 * [{"do": "read_idx", "key": key}],
        *4 * [{"do": "read"}],
        *2 * [{"do": "seek", "key": key}],
        {"do": "reset"},
        {"do": "get", "name": draw(st.sampled_from(ATTRIBUTES))},
    ]
    if rarely(draw, 3):
        other = "s" if slot == "r" else "r"
        choices += [
            {"do": "close"},
            {"do": "write", "payload": {"kind": "bytes", "hex": ""}},
            {"do": "write_idx", "key": key, "payload": {"kind": "bytes", "hex": ""}},
            {"do": draw(st.sampled_from(["pickle", "copy"])), "into": other},
        ]
    if slot in closed:
        # `open` on what is open leaks in MXNet, and `tell` on what is closed reads freed memory.
        choices.append({"do": "open"})
    else:
        choices.append({"do": "tell"})
    if edits:
        offset = draw(st.sampled_from([0, 2, 4, 8, 12, 16, 10**6, 2**62, 2**63, -1]))
        choices += [
            {"do": "shuffle_keys", "seed": draw(st.integers(0, 9))},
            {"do": "append_key", "key": key},
            {"do": "set_offset", "key": "new", "offset": offset},
            {"do": "read_idx", "key": "new"},
            {"do": "delete_offset", "key": key},
        ]
    choice = draw(st.sampled_from(choices))
    follow_open(choice, slot, closed)
    return {**choice, "on": slot}


def follow_open(choice: Operation, slot: str, closed: set[str]) -> None:
    """Keeps `closed` up to date after an operation on a reader."""
    do = choice["do"]
    if do == "close":
        closed.add(slot)
    elif do in ("reset", "open", "seek", "read_idx"):
        closed.discard(slot)
    elif do in ("pickle", "copy"):
        if slot in closed:
            closed.add(choice["into"])
        else:
            closed.discard(choice["into"])


@st.composite
def writers(draw: st.DrawFn) -> list[Operation]:
    """Generates: one or two writers, with all that may befall them."""
    kinds = {"v": None, "w": draw(KEY_TYPE)} if draw(st.booleans()) else {"w": draw(KEY_TYPE)}
    operations = [opened(slot, slot, "w", key_type) for slot, key_type in kinds.items()]
    closed: set[str] = set()
    for _ in range(draw(st.integers(0, 14))):
        slot = draw(st.sampled_from(sorted(kinds)))
        operation = draw(writing(kinds[slot], slot in closed))
        if operation["do"] == "close":
            closed.add(slot)
        elif operation["do"] in ("reset", "open"):
            closed.discard(slot)
        operations.append({**operation, "on": slot})
    for slot, key_type in kinds.items():
        if key_type is not None:
            operations += [{"do": "get", "on": slot, "name": name} for name in ("keys", "idx")]
        operations.append({"do": draw(st.sampled_from(["close", "delete"])), "on": slot})
        operations += files(slot, key_type)
        operations.append(opened("r", slot, "r", key_type))
        operations += 4 * [{"do": "read", "on": "r"}]
    return operations


@st.composite
def writing(draw: st.DrawFn, key_type: str | None, closed: bool) -> Operation:
    """Generates one operation on a writer, with an index if it has a key type."""
    payload = draw(NOT_BYTES) if rarely(draw, 12) else draw(RECORDS)
    choices: list[dict[str, Any]] = [
        *3 * [{"do": "write", "payload": payload}],
        {"do": "close"},
        {"do": "reset"},
        {"do": "read"},
    ]
    attributes = ATTRIBUTES if key_type else ("is_open", "writable", "flag", "uri")
    choices.append({"do": "get", "name": draw(st.sampled_from(attributes))})
    if closed:
        choices.append({"do": "open"})
    if key_type is not None:
        key = draw(ODD_KEYS[key_type] if rarely(draw, 4) else KEYS[key_type])
        choices += [{"do": "seek", "key": key}, {"do": "read_idx", "key": key}]
        if not closed:
            # On what is closed, both use freed memory in MXNet.
            choices += 8 * [{"do": "write_idx", "key": key, "payload": payload}]
            choices += 2 * [{"do": "tell"}]
    return draw(st.sampled_from(choices))
