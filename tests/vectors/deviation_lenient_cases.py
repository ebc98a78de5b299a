"""The vectors at the edges of what a lenient reader asks: a condition of L1 to L5 each.

They are a few words each, put together by hand.
"""

from __future__ import annotations

from slow_decoder import MAGIC
from vectors.deviation import Deviation, Skipped, Stop, fragment, word

EMPTY = fragment(0, b"")
"""An empty record: eight bytes, of which the last four are zero."""

MAGIC_ALONE = fragment(1, b"") + fragment(3, b"")
"""A record that is the magic: two heads."""


def lenient_case(
    name: str,
    deviation: str,
    description: str,
    rec: bytes,
    strict: Stop | int,
    given: tuple[int, ...],
    skipped: tuple[Skipped, ...] = (),
    idx: bytes | None = None,
    entries: tuple[str | None, ...] | None = None,
) -> Deviation:
    """Gives the case of bytes that no vector of MXNet has."""
    return Deviation(
        name,
        deviation,
        description,
        "none",
        rec,
        strict,
        given,
        skipped,
        idx=idx,
        entries=entries,
    )


def swallowing_cases() -> list[Deviation]:
    """Gives the cases about L1 and L2: a magic in a fragment."""
    kind = "swallows-record"
    inner = fragment(0, bytes.fromhex("c876e34f 5c9536e5"))  # 16 bytes
    # Fragments at 16 and 28, an end at 36, and there a head whose length goes beyond the file.
    split = fragment(1, b"") + fragment(3, bytes.fromhex("c2acc618"))
    beyond = MAGIC + word(0, 37) + bytes.fromhex("a0eef42e a8000000")
    return [
        lenient_case(
            "magic_before_split_record_that_covers_one",
            "unescaped-magic",
            "A record inside another is no record if a fragment of it holds the magic.",
            fragment(0, fragment(1, MAGIC) + fragment(3, b"")),
            1,
            (0,),
        ),
        lenient_case(
            "magic_in_pad_of_first",
            kind,
            "A first fragment whose payload its pad makes a magic, before half of a head.",
            MAGIC + word(1, 2) + MAGIC + word(3, 0),
            ("truncated-header", 12, 0),
            (),
            ((0, 16, kind),),
        ),
        lenient_case(
            "magic_in_pad_before_junk",
            kind,
            "A payload of one byte that its pad makes a magic, before two bytes of junk.",
            MAGIC + word(0, 1) + MAGIC + b"r\0",
            ("truncated-header", 12, 1),
            (),
            ((0, 14, kind),),
        ),
        lenient_case(
            "magic_in_pad_at_end",
            "nonzero-pad",
            "The same at the end of the file.",
            MAGIC + word(0, 1) + MAGIC,
            1,
            (0,),
        ),
        lenient_case(
            "record_inside_before_head",
            kind,
            "Records in records: the one at 16 ends before the others do, at a head.",
            MAGIC + word(0, 44) + MAGIC + word(0, 36) + split + beyond,
            1,
            (16,),
            ((0, 16, kind), (36, 52, "truncated-payload")),
        ),
        lenient_case(
            "record_inside_before_no_head",
            "unescaped-magic",
            "A record in a payload that ends before it, and not at a head.",
            fragment(0, fragment(0, bytes(3)) + bytes(8)),
            1,
            (0,),
        ),
        lenient_case(
            "records_inside_first_at_begin",
            "unescaped-records",
            "A listed payload that begins with a record, and is one bit longer than that.",
            fragment(0, inner + EMPTY),
            1,
            (0,),
            idx=b"0\t0\n",
            entries=(None,),
        ),
        lenient_case(
            "torn_record_inside_listed",
            "unescaped-magic",
            "A listed payload, one bit longer than up to a head in it whose record is torn.",
            fragment(0, b"8 bytes!" + MAGIC + word(0, 9) + b"8 bytes!"),
            1,
            (0,),
            idx=b"0\t0\n",
            entries=(None,),
        ),
        lenient_case(
            "no_pad_inside",
            "truncated-padding",
            "A record in a payload, and both lack the same pad.",
            MAGIC + word(0, 9) + MAGIC + word(0, 1) + b"a",
            ("truncated-padding", 0, 0),
            (0,),
            ((17, 17, "truncated-padding"),),
        ),
        *(
            lenient_case(
                f"records_inside_{name}",
                "unescaped-records",
                f"A payload that is a file of two records; the index lists {what}.",
                fragment(0, inner + EMPTY) + EMPTY,
                2,
                (8, 24, 32),
                ((0, 8, kind),),
                idx=b"".join(b"%d\t%d\n" % (offset, offset) for offset in listed),
                entries=(None,) * len(listed),
            )
            for name, what, listed in (
                ("without_end", "its record, and not the end of that", (0,)),
                ("without_begin", "the end of its record, and not that", (32,)),
                ("listed_too", "its record, and one of the two", (0, 8, 32)),
            )
        ),
    ]


def rest_cases() -> list[Deviation]:
    """Gives the cases about L3: fragments behind a record that may be its rest."""
    kind = "continuation-without-first"
    return [
        lenient_case(
            "last_beyond_end_behind_record",
            kind,
            "A last fragment behind a record, whose length goes beyond the file.",
            EMPTY + MAGIC + bytes.fromhex("00aeb479"),  # flag 3
            (kind, 8, 1),
            (0,),
            ((8, 16, kind),),
        ),
        lenient_case(
            "last_before_junk_behind_record",
            kind,
            "A last fragment behind a record, and junk before the next one: not that one's rest.",
            EMPTY + fragment(3, b"") + b"junk" + EMPTY,
            (kind, 8, 1),
            (0, 20),
            ((8, 20, kind),),
        ),
        lenient_case(
            "last_over_record_behind_record",
            kind,
            "A last fragment behind a record, and a record in its payload.",
            EMPTY + fragment(3, EMPTY),
            (kind, 8, 1),
            (0, 16),
            ((8, 16, kind),),
        ),
    ]


def short_cases() -> list[Deviation]:
    """Gives the cases about L4 and L5: other bytes behind a record."""
    kind, magic = "cut-short", "bad-magic"
    return [
        lenient_case(
            "empty_record_before_12_zeros",
            kind,
            "Zeros behind an empty record, whose length is the same: no head was overwritten.",
            EMPTY + bytes(12) + EMPTY,
            (magic, 8, 1),
            (20,),
            ((0, 20, kind),),
        ),
        lenient_case(
            "empty_last_fragment_before_junk",
            "junk-between",
            "An empty last fragment: no empty record, and no bit leads to the next one.",
            MAGIC_ALONE + bytes.fromhex("0a000000 0023d7ce 00000000") + EMPTY,
            (magic, 16, 1),
            (0, 28),
            ((16, 28, magic),),
        ),
        lenient_case(
            "empty_last_fragment_before_zeros",
            "trailing-junk-from-8",
            "An empty last fragment before zeros: it is no empty record.",
            MAGIC_ALONE + bytes(12),
            (magic, 16, 1),
            (0,),
            ((16, 28, magic),),
        ),
        lenient_case(
            "last_fragment_leads_on",
            kind,
            "One bit is missing in a length, and the rest could be a last fragment's head.",
            MAGIC + word(0, 4) + bytes(4) + bytes.fromhex("000000ce") + word(3, 0) + EMPTY,
            (magic, 12, 1),
            (20,),
            ((0, 20, kind),),
        ),
        lenient_case(
            "empty_record_before_8_zeros",
            "trailing-junk-from-8",
            "An empty record before 8 zeros at the end, which lead on to it as a head.",
            EMPTY + bytes(8),
            (magic, 8, 1),
            (0,),
            ((8, 16, magic),),
        ),
        lenient_case(
            "empty_record_before_8_zeros_between",
            "junk-between",
            "The same before another record.",
            EMPTY + bytes(8) + EMPTY,
            (magic, 8, 1),
            (0, 16),
            ((8, 16, magic),),
        ),
        lenient_case(
            "empty_record_before_4_zeros",
            "trailing-junk-4-to-7",
            "An empty record before 4 zeros at the end: no head could be among them.",
            EMPTY + bytes(4),
            ("truncated-header", 8, 1),
            (0,),
            ((8, 12, "truncated-header"),),
        ),
    ]


def lenient_cases() -> list[Deviation]:
    """Gives all these cases."""
    return [*swallowing_cases(), *rest_cases(), *short_cases()]
