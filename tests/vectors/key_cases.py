"""Cases about the index: what its keys are, and how they stand to the records."""

from __future__ import annotations

from oracle.payloads import MAGIC, literal
from vectors.case import Case, Key, KeyType, entry


def case(name: str, description: str, keys: list[Key | None], key_type: KeyType = "int") -> Case:
    """Gives the case of one small record for each key; a record without one is not indexed."""
    entries = [
        entry(literal(b"record %d" % number + MAGIC * (number % 3 == 0)), key)
        for number, key in enumerate(keys)
    ]
    return Case(name, description, entries, key_type)


def key_cases() -> list[Case]:
    """Gives all the cases about the index."""
    return [
        case("keys_none", "An index of zero bytes beside a file of zero bytes.", []),
        case("keys_counted", "Keys 0 to 9 in order.", list(range(10))),
        case("keys_out_of_order", "Keys in the order they were written.", [7, 3, 11, 0, 5]),
        case("keys_duplicate", "A key written again: its last record wins.", [1, 2, 1, 3, 2, 1]),
        case("keys_negative", "Keys below zero.", [-1, 0, -3, 2, -(10**12)]),
        case(
            "keys_sparse",
            "Keys far apart, some beyond 64 bits.",
            [0, 1_000_000, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30],
        ),
        case(
            "keys_partial",
            "Records written by `write` among those by `write_idx`: they have no key.",
            [None, 1, None, None, 2, 3, None],
        ),
        case("keys_absent", "An index of zero bytes beside records.", [None, None]),
        case(
            "keys_text",
            "Text keys: words, paths, inner spaces, digits, letters beyond ASCII.",
            ["one", "a/b c.jpg", "007", "-1", "1.0", "#", "K\u00e4se", "\u732b", "x\u00a0y"],
            "str",
        ),
        case(
            "keys_float",
            "Float keys, written as Python's `str` spells them.",
            [0.0, 1.0, -2.5, 0.1, 1e16, 1e-05, 1e300, 123456789.125, float("inf")],
            "float",
        ),
    ]
