"""The vectors of broken fragments: what every strict reader finds."""

from __future__ import annotations

from vectors.deviation import ALIGNED, COUNTED, COUNTED_IDX, LENGTHS, Deviation, put, word

NOISE = bytes.fromhex("1337c0debeeffeed")


def magic_cases() -> list[Deviation]:
    """Gives the cases about a head whose magic is not there."""
    kind = "bad-magic"
    return [
        Deviation(
            "bad_magic_first",
            kind,
            "The magic of the first record is overwritten.",
            "keys_counted",
            put(COUNTED, (0, b"XXXX")),
            (kind, 0, 0),
            (24, 40, 56),
            ((0, 24, kind),),
            idx=COUNTED_IDX,
            entries=(kind, None, None, None),
        ),
        Deviation(
            "bad_magic_middle",
            kind,
            "One bit of a magic between other records.",
            "keys_counted",
            put(COUNTED, (24, b"\x0b")),
            (kind, 24, 1),
            (0, 40, 56),
            ((24, 40, kind),),
        ),
        Deviation(
            "bad_magic_in_split",
            kind,
            "The magic of a last fragment.",
            "keys_counted",
            put(COUNTED, (16, b"XXXX")),
            (kind, 16, 0),
            (24, 40, 56),
            ((0, 24, kind),),
        ),
        Deviation(
            "bad_magic_apart",
            kind,
            "Two magics are overwritten, and a record stands between.",
            "keys_counted",
            put(COUNTED, (0, b"XXXX"), (40, b"XXXX")),
            (kind, 0, 0),
            (24, 56),
            ((0, 24, kind), (40, 56, kind)),
        ),
        Deviation(
            "bad_magic_in_a_row",
            kind,
            "The magics of two records in a row: one region.",
            "lengths_1_to_9",
            put(LENGTHS, (12, b"XXXX"), (24, b"XXXX")),
            (kind, 12, 1),
            (0, 36, 48, 64, 80, 96, 112),
            ((12, 36, kind),),
        ),
        Deviation(
            "head_zeroed",
            kind,
            "All of a head is zero; the record before it stays.",
            "keys_counted",
            put(COUNTED, (40, bytes(8))),
            (kind, 40, 2),
            (0, 24, 56),
            ((40, 56, kind),),
        ),
        Deviation(
            "head_smashed",
            "cut-short",
            "Eight bytes of noise over a head, and one bit of the length before explains them.",
            "keys_counted",
            put(COUNTED, (40, NOISE)),
            (kind, 40, 2),
            (0, 56),
            ((24, 56, "cut-short"),),
        ),
        Deviation(
            "head_smashed_listed",
            kind,
            "The same beside an index that lists the head: the record before it stays.",
            "keys_counted",
            put(COUNTED, (40, NOISE)),
            (kind, 40, 2),
            (0, 24, 56),
            ((40, 56, kind),),
            idx=COUNTED_IDX,
            entries=(None, None, kind, None),
        ),
        Deviation(
            "not_recordio",
            "not-recordio",
            "Another kind of file.",
            "none",
            b"%PDF-1.7 something else altogether\n",
            (kind, 0, 0),
            (),
            ((0, 35, kind),),
        ),
    ]


def flag_cases() -> list[Deviation]:
    """Gives the cases about flags: unknown ones, and fragments out of order."""
    return [
        Deviation(
            "unknown_flag",
            "unknown-flag",
            "Flag 4 in the place of 0.",
            "keys_counted",
            put(COUNTED, (28, word(4, 8))),
            ("unknown-flag", 24, 1),
            (0, 40, 56),
            ((24, 40, "unknown-flag"),),
            idx=COUNTED_IDX,
            entries=(None, "unknown-flag", None, None),
        ),
        Deviation(
            "unknown_flag_in_split",
            "unknown-flag",
            "Flag 7 in the place of 3.",
            "keys_counted",
            put(COUNTED, (20, word(7, 0))),
            ("unknown-flag", 16, 0),
            (24, 40, 56),
            ((0, 24, "unknown-flag"),),
        ),
        Deviation(
            "middle_without_first",
            "continuation-without-first",
            "Flag 2 in the place of 0.",
            "keys_counted",
            put(COUNTED, (28, word(2, 8))),
            ("continuation-without-first", 24, 1),
            (0, 40, 56),
            ((24, 40, "continuation-without-first"),),
        ),
        Deviation(
            "begin_cut_off",
            "continuation-without-first",
            "The first fragment of the file is gone.",
            "magic_aligned",
            ALIGNED[12:],
            ("continuation-without-first", 0, 0),
            (12, 36, 60, 84),
            ((0, 12, "continuation-without-first"),),
        ),
        Deviation(
            "last_fragment_gone",
            "record-without-last",
            "The last fragment of the first record is gone.",
            "magic_aligned",
            ALIGNED[:12] + ALIGNED[24:],
            ("record-without-last", 12, 0),
            (12, 36, 60, 84),
            ((0, 12, "record-without-last"),),
        ),
        Deviation(
            "last_turned_first",
            "record-without-last",
            "Flag 1 in the place of 3.",
            "keys_counted",
            put(COUNTED, (20, word(1, 0))),
            ("record-without-last", 16, 0),
            (24, 40, 56),
            ((0, 24, "record-without-last"),),
        ),
        Deviation(
            "first_turned_full",
            "record-goes-on",
            "Flag 0 in the place of 1: the rest of the record stands behind it.",
            "keys_counted",
            put(COUNTED, (4, word(0, 8))),
            ("continuation-without-first", 16, 1),
            (24, 40, 56),
            ((0, 24, "record-goes-on"),),
            idx=COUNTED_IDX,
            entries=(None, None, None, None),
        ),
        Deviation(
            "middle_turned_last",
            "record-goes-on",
            "Flag 3 in the place of 2, in the last record.",
            "magic_aligned",
            put(ALIGNED, (116, word(3, 4))),
            ("continuation-without-first", 124, 5),
            (0, 24, 48, 72),
            ((96, 136, "record-goes-on"),),
        ),
        Deviation(
            "full_turned_last",
            "record-goes-on",
            "Flag 3 in the place of 0: it reads as the rest of the record before.",
            "keys_counted",
            put(COUNTED, (28, word(3, 8))),
            ("continuation-without-first", 24, 1),
            (40, 56),
            ((0, 40, "record-goes-on"),),
        ),
    ]


def record_cases() -> list[Deviation]:
    """Gives all these cases."""
    return [*magic_cases(), *flag_cases()]
