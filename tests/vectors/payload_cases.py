"""Cases about payloads alone: their lengths, and magic words at every place in them."""

from __future__ import annotations

from oracle.payloads import MAGIC, Payload, expand, joined, literal, repeated
from vectors.case import Case, entry

PATTERN = bytes(range(251))
"""A unit whose length is prime, so that its copies meet every alignment."""


def case(name: str, description: str, *payloads: bytes | Payload) -> Case:
    """Gives the case of these payloads, written in turn without an index."""
    objects = [literal(each) if isinstance(each, bytes) else each for each in payloads]
    return Case(name, description, [entry(each) for each in objects])


def length_cases() -> list[Case]:
    """Gives the cases about the length of a payload."""
    return [
        case("no_record", "A file without any record: zero bytes."),
        case("empty_record", "One record of zero bytes.", b""),
        case(
            "empty_records",
            "Empty records before, between and after others.",
            *(b"", b"", b"a", b"", b"abcd", b""),
        ),
        case(
            "lengths_1_to_9",
            "Payloads of 1 to 9 bytes: every amount of padding.",
            *(bytes(range(0x61, 0x61 + length)) for length in range(1, 10)),
        ),
        case("long_70000", "A long record.", repeated(PATTERN, 70_000)),
        case("long_1100000", "A long record with magics in it.", long_with_magics()),
    ]


def long_with_magics() -> Payload:
    """Gives a payload of 1,100,000 bytes: magics at aligned, unaligned and adjacent places."""
    magic = literal(MAGIC)
    head = joined(
        repeated(PATTERN, 65_536),
        magic,
        repeated(PATTERN, 500_001),
        magic,
        repeated(PATTERN, 3),
        magic,
        magic,
        repeated(PATTERN, 131_070),
        magic,
    )
    rest = 1_100_000 - len(expand(head))
    return joined(*head["parts"], repeated(PATTERN, rest - 4), magic)


def magic_cases() -> list[Case]:
    """Gives the cases about magic words in a payload."""
    nested = bytes.fromhex("0a23d7ce030000006162630a23d7ce0000000a23d7ce04000000")
    return [
        case(
            "magic_aligned",
            "A magic at a multiple of 4, with 1 to 4 bytes after it.",
            *(b"abcd" + MAGIC + b"wxyz"[:tail] for tail in range(1, 5)),
            b"abcdefgh" + MAGIC + b"ijkl" + MAGIC + b"m",
        ),
        *(
            case(
                f"magic_at_offset_{offset}",
                "A magic off the 4-byte grid stays in its record.",
                b"abc"[:offset] + MAGIC,
                b"abc"[:offset] + MAGIC + b"z",
                b"abcdefg"[: 4 + offset] + MAGIC + b"wxyz",
                b"abc"[:offset] + MAGIC + MAGIC,
            )
            for offset in (1, 2, 3)
        ),
        case("magic_doubled", "Two magics side by side.", 2 * MAGIC, b"abcd" + 2 * MAGIC + b"x"),
        case("magic_tripled", "Three magics side by side.", 3 * MAGIC, b"ab" + 3 * MAGIC + b"xy"),
        case(
            "magic_many",
            "4,096 magics and one byte.",
            joined(repeated(MAGIC, 16_384), {"hex": "61"}),
        ),
        case(
            "magic_first",
            "A magic at the very beginning.",
            *(MAGIC + b"tails"[:tail] for tail in range(1, 6)),
        ),
        case(
            "magic_last", "An aligned magic at the very end.", b"abcd" + MAGIC, b"abcdefgh" + MAGIC
        ),
        case("magic_only", "A payload that is the magic.", MAGIC),
        case(
            "magic_last_unaligned",
            "A magic at the end, off the grid.",
            *(b"aaaaaaa"[:head] + MAGIC for head in (1, 2, 3, 5, 6, 7)),
        ),
        case(
            "magic_straddling",
            "Halves of the magic on both sides of a word's border, whole and broken apart.",
            b"ab" + MAGIC[:2] + MAGIC[2:] + b"cd",
            b"abcd" + MAGIC[:2] + b"--" + MAGIC[2:],
            MAGIC[2:] + MAGIC + MAGIC[:2],
            MAGIC[:3] + b"-" + MAGIC[3:] + MAGIC[:3],
        ),
        case(
            "magic_partial_at_end",
            "1 to 3 bytes of the magic at the end, where the padding completes the word.",
            *(MAGIC[:length] for length in (1, 2, 3)),
            *(b"abcd" + MAGIC[:length] for length in (1, 2, 3)),
            MAGIC + MAGIC[:3],
            b"a" + MAGIC[:3],
        ),
        case(
            "magic_lookalikes",
            "Words that differ from the magic: reversed, one bit off, one byte off, zeros.",
            MAGIC[::-1],
            b"\x0b" + MAGIC[1:],
            MAGIC[:3] + b"\xcf",
            MAGIC[:3] + b"\x00",
            bytes(16),
        ),
        case(
            "nested_records",
            "Payloads that are themselves the bytes of records, whole and cut short.",
            nested[:12],
            nested,
            nested + nested,
        ),
    ]


def mixed_case() -> Case:
    """Gives the case of 50 records of many lengths, most of them with magics in them."""
    state = 1
    entries = []
    for number in range(50):
        data = b""
        for _ in range(number % 7):
            # The constants of ANSI C's example of rand(): any would do, if it stays fixed.
            state = (state * 1_103_515_245 + 12_345) % (1 << 31)
            choice = state >> 16
            data += (MAGIC, MAGIC[:2], bytes(choice % 5), PATTERN[: choice % 97])[choice % 4]
        entries.append(entry(literal(data), number))
    return Case("mixed", "50 records, empty to some hundred bytes, with keys.", entries, "int")


def payload_cases() -> list[Case]:
    """Gives all the cases about payloads."""
    return [*length_cases(), *magic_cases(), mixed_case()]
