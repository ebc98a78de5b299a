"""The vectors of wrong lengths, of foreign writers, and of changes that nobody can see."""

from __future__ import annotations

from slow_decoder import MAGIC
from vectors.deviation import (
    ALIGNED,
    COUNTED,
    COUNTED_IDX,
    LENGTHS,
    OF_LENGTHS,
    Deviation,
    fragment,
    put,
    word,
)

NESTED = fragment(0, LENGTHS[:24]) + LENGTHS[24:]
"""A record whose payload is a file of two records, unescaped, at 0, and seven more from 32 on."""


def too_large_cases() -> list[Deviation]:
    """Gives the cases about lengths that are too large."""
    kind = "swallows-record"
    return [
        Deviation(
            "length_to_later_head",
            kind,
            "A length that ends at a later record.",
            "keys_counted",
            put(COUNTED, (28, word(0, 24))),
            3,
            (0, 40, 56),
            ((24, 40, kind),),
        ),
        Deviation(
            "length_to_later_head_listed",
            kind,
            "The same beside an index.",
            "keys_counted",
            put(COUNTED, (28, word(0, 24))),
            3,
            (0, 40, 56),
            ((24, 40, kind),),
            idx=COUNTED_IDX,
            entries=(None, None, None, None),
        ),
        Deviation(
            "length_to_end",
            kind,
            "A length that ends at the end of the file.",
            "lengths_1_to_9",
            put(LENGTHS, (68, word(0, 60))),
            6,
            (0, 12, 24, 36, 48, 80, 96, 112),
            ((64, 80, kind),),
        ),
        Deviation(
            "length_into_next",
            kind,
            "A length that ends inside the next record.",
            "keys_counted",
            put(COUNTED, (28, word(0, 12))),
            ("bad-magic", 44, 2),
            (0, 40, 56),
            ((24, 40, kind),),
        ),
        Deviation(
            "length_beyond_own_last",
            kind,
            "A first fragment that covers the last one, and ends inside the next record.",
            "magic_aligned",
            put(ALIGNED, (4, word(1, 20))),
            ("bad-magic", 28, 0),
            (24, 48, 72, 96),
            ((0, 24, "bad-magic"),),
        ),
        Deviation(
            "length_to_own_last",
            kind,
            "A first fragment that covers the middle one.",
            "magic_aligned",
            put(ALIGNED, (100, word(1, 20))),
            5,
            (0, 24, 48, 72),
            ((96, 136, kind),),
        ),
    ]


def too_small_cases() -> list[Deviation]:
    """Gives the cases about lengths that are too small."""
    return [
        Deviation(
            "length_without_a_bit",
            "cut-short",
            "One bit is missing in a length.",
            "lengths_1_to_9",
            put(LENGTHS, (100, word(0, 0))),
            ("bad-magic", 104, 8),
            (0, 12, 24, 36, 48, 64, 80, 112),
            ((96, 112, "cut-short"),),
        ),
        Deviation(
            "length_without_a_bit_in_split",
            "cut-short",
            "One bit is missing in the length of a last fragment.",
            "magic_aligned",
            put(ALIGNED, (88, word(3, 0))),
            ("bad-magic", 92, 4),
            (0, 24, 48, 96),
            ((72, 96, "cut-short"),),
        ),
        Deviation(
            "length_without_a_bit_last",
            "cut-short-last",
            "One bit is missing in the length of the last record.",
            "lengths_1_to_9",
            put(LENGTHS, (116, word(0, 1))),
            ("bad-magic", 124, 9),
            OF_LENGTHS,
            ((124, 132, "bad-magic"),),
        ),
        Deviation(
            "length_without_two_bits",
            "cut-short-unexplained",
            "Two bits are missing in a length.",
            "lengths_1_to_9",
            put(LENGTHS, (84, word(0, 1))),
            ("bad-magic", 92, 7),
            OF_LENGTHS,
            ((92, 96, "bad-magic"),),
        ),
        Deviation(
            "length_zeroed",
            "cut-short-unexplained",
            "A length of two bits is zero.",
            "lengths_1_to_9",
            put(LENGTHS, (116, word(0, 0))) + LENGTHS[:12],
            ("bad-magic", 120, 9),
            (*OF_LENGTHS, 132),
            ((120, 132, "bad-magic"),),
        ),
    ]


def foreign_cases() -> list[Deviation]:
    """Gives the cases about what other writers do, and readers have to read."""
    return [
        Deviation(
            "unescaped_magic",
            "unescaped-magic",
            "A record with the magic in it, in one fragment.",
            "magic_aligned",
            fragment(0, b"abcd" + MAGIC + b"w") + ALIGNED[24:],
            5,
            (0, 20, 44, 68, 92),
        ),
        Deviation(
            "unescaped_magic_last",
            "unescaped-magic",
            "The same at the end of the file.",
            "magic_aligned",
            ALIGNED[:24] + fragment(0, MAGIC + b"w"),
            2,
            (0, 24),
        ),
        Deviation(
            "unescaped_records",
            "unescaped-records",
            "A payload that is a file of two records.",
            "lengths_1_to_9",
            NESTED,
            8,
            (8, 20, 32, 44, 56, 72, 88, 104, 120),
            ((0, 8, "swallows-record"),),
        ),
        Deviation(
            "unescaped_records_listed",
            "unescaped-records",
            "The same beside an index that lists the outer record and not the inner ones.",
            "lengths_1_to_9",
            NESTED,
            8,
            (0, 32, 44, 56, 72, 88, 104, 120),
            idx=b"0\t0\n1\t32\n",
            entries=(None, None),
        ),
        Deviation(
            "split_off_the_grid",
            "split-off-the-grid",
            "A first fragment of three bytes, as of a writer that looks for magics everywhere.",
            "lengths_1_to_9",
            fragment(1, b"abc") + fragment(3, b"d") + LENGTHS,
            10,
            (0, *(offset + 24 for offset in OF_LENGTHS)),
        ),
        Deviation(
            "nonzero_pad",
            "nonzero-pad",
            "A pad that is not zero.",
            "lengths_1_to_9",
            put(LENGTHS, (9, b"\xff\xfe\xfd")),
            9,
            OF_LENGTHS,
        ),
        Deviation(
            "nonzero_pad_is_magic",
            "nonzero-pad",
            "A payload of one byte that its pad makes a magic.",
            "lengths_1_to_9",
            put(LENGTHS, (8, MAGIC)),
            9,
            OF_LENGTHS,
        ),
    ]


def unseen_cases() -> list[Deviation]:
    """Gives the cases that no reader can see."""
    return [
        Deviation(
            "payload_changed",
            "payload-changed",
            "One bit of a payload.",
            "lengths_1_to_9",
            put(LENGTHS, (8, b"A")),
            9,
            OF_LENGTHS,
        ),
        Deviation(
            "length_within_pad",
            "length-within-pad",
            "A length that is larger, and takes the pad.",
            "lengths_1_to_9",
            put(LENGTHS, (4, word(0, 3))),
            9,
            OF_LENGTHS,
        ),
        Deviation(
            "cut_between_records",
            "cut-between-records",
            "The last two of four records are gone.",
            "keys_counted",
            COUNTED[:40],
            2,
            (0, 24),
        ),
        Deviation(
            "record_gone",
            "record-gone",
            "A record in the middle is gone.",
            "keys_counted",
            COUNTED[:24] + COUNTED[40:],
            3,
            (0, 24, 40),
        ),
    ]


def length_cases() -> list[Deviation]:
    """Gives all these cases."""
    return [*too_large_cases(), *too_small_cases(), *foreign_cases(), *unseen_cases()]
