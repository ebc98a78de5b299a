"""The vectors of what foreign writers do, and of changes that no reader can see."""

from __future__ import annotations

from slow_decoder import MAGIC
from vectors.deviation import ALIGNED, COUNTED, LENGTHS, OF_LENGTHS, Deviation, fragment, put, word

FOREIGN = fragment(0, b"abcd" + MAGIC + b"w")
"""A record of 9 bytes in one fragment of 20, with the magic at 12."""

NESTED = fragment(0, LENGTHS[:24]) + LENGTHS[24:]
"""A record whose payload is a file of two records, unescaped, at 0, and seven more from 32 on."""


def foreign_cases() -> list[Deviation]:
    """Gives the cases about what other writers do, and readers have to read."""
    return [
        Deviation(
            "unescaped_magic",
            "unescaped-magic",
            "A record with the magic in it, in one fragment.",
            "magic_aligned",
            FOREIGN + ALIGNED[24:],
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
            "unescaped_magic_before_torn_head",
            "unescaped-magic",
            "The same before two bytes of a head, which are a beginning of the magic.",
            "magic_aligned",
            FOREIGN + MAGIC[:2],
            ("truncated-header", 20, 1),
            (0,),
            ((20, 22, "truncated-header"),),
        ),
        Deviation(
            "unescaped_magic_before_junk",
            "unescaped-magic",
            "The same before four bytes of junk: its length could be wrong, and it is lost.",
            "magic_aligned",
            FOREIGN + b"junk" + ALIGNED,
            ("bad-magic", 20, 1),
            (24, 48, 72, 96, 120),
            ((0, 24, "swallows-record"),),
        ),
        Deviation(
            "unescaped_magic_listed",
            "unescaped-magic",
            "The same beside an index that lists the magic in it: it is lost.",
            "magic_aligned",
            FOREIGN + ALIGNED[24:],
            5,
            (20, 44, 68, 92),
            ((0, 20, "swallows-record"),),
            idx=b"0\t12\n1\t20\n",
            entries=("truncated-payload", None),
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
