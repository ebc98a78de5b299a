"""The vectors of wrong lengths, and of records whose end was lost."""

from __future__ import annotations

from vectors.deviation import (
    ALIGNED,
    COUNTED,
    COUNTED_IDX,
    LENGTHS,
    OF_LENGTHS,
    Deviation,
    fragment,
    put,
    vector,
    word,
)


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
            "length_to_later_head_unlisted",
            kind,
            "The same beside an index that lacks the record inside.",
            "keys_counted",
            put(COUNTED, (28, word(0, 24))),
            3,
            (0, 40, 56),
            ((24, 40, kind),),
            idx=b"0\t0\n1\t24\n3\t56\n",
            entries=(None, None, None),
        ),
        Deviation(
            "length_to_end_unlisted",
            "swallows-unlisted",
            "A length of three bits more, beside an index that lacks the records inside.",
            "keys_counted",
            put(COUNTED, (28, word(0, 48))),
            2,
            (0, 24),
            idx=b"0\t0\n1\t24\n",
            entries=(None, None),
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
            ((0, 24, kind),),
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
            "length_without_a_bit_listed",
            "cut-short",
            "One bit is missing in a length, and an index lists the place where it leads.",
            "lengths_1_to_9",
            put(LENGTHS, (100, word(0, 0))),
            ("bad-magic", 104, 8),
            OF_LENGTHS,
            ((104, 112, "bad-magic"),),
            idx=b"0\t96\n1\t104\n",
            entries=(None, "bad-magic"),
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
            "cut-short",
            "A length of two bits is zero.",
            "lengths_1_to_9",
            put(LENGTHS, (116, word(0, 0))) + LENGTHS[:12],
            ("bad-magic", 120, 9),
            (*OF_LENGTHS[:-1], 132),
            ((112, 132, "cut-short"),),
        ),
    ]


def overwritten_cases() -> list[Deviation]:
    """Gives the cases about blocks that were lost across the end of a record."""
    kind = "overwritten"
    labels = vector("labels_scalar.rec")  # records of 32 bytes at 0, 40, 80 and 120
    return [
        Deviation(
            "block_zeroed_at_end_of_record",
            kind,
            "Zeros over the last 32 bytes of a record and over the next head.",
            "labels_scalar",
            put(labels, (48, bytes(40))),
            ("bad-magic", 80, 2),
            (0, 120),
            ((40, 120, kind),),
        ),
        Deviation(
            "block_overwritten_at_end_of_file",
            kind,
            "One byte over the last record, and behind it.",
            "labels_scalar",
            labels[:128] + b"\xff" * 48,
            ("bad-magic", 160, 4),
            (0, 40, 80),
            ((120, 176, kind),),
        ),
        Deviation(
            "empty_record_before_zeros",
            kind,
            "An empty record before zeros: its length may be one of them.",
            "lengths_1_to_9",
            LENGTHS + fragment(0, b"") + bytes(12),
            ("bad-magic", 140, 10),
            OF_LENGTHS,
            ((132, 152, kind),),
        ),
        Deviation(
            "record_of_31_zeros_before_zeros",
            "zeroed-block",
            "A last record that ends with 31 zeros, before others.",
            "labels_scalar",
            put(labels, (128, b"\1" + bytes(31))) + bytes(40),
            ("bad-magic", 160, 4),
            (0, 40, 80, 120),
            ((160, 200, "bad-magic"),),
        ),
        Deviation(
            "record_of_31_bytes_before_zeros",
            "zeroed-block",
            "A last record of 31 zeros, which its pad makes 32, before others.",
            "labels_scalar",
            put(labels, (124, word(0, 31) + bytes(32))) + bytes(40),
            ("bad-magic", 160, 4),
            (0, 40, 80, 120),
            ((160, 200, "bad-magic"),),
        ),
    ]


def length_cases() -> list[Deviation]:
    """Gives all these cases."""
    return [*too_large_cases(), *too_small_cases(), *overwritten_cases()]
