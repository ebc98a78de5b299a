"""The vectors of indexes."""

from __future__ import annotations

from typing import Literal

from vectors.deviation import COUNTED, COUNTED_IDX, Deviation

OF_COUNTED = (0, 24, 40, 56)
FINE = (None, None, None, None)


def index_case(
    name: str,
    deviation: str,
    description: str,
    idx: bytes,
    entries: tuple[str | None, ...] | None = None,
    fault: tuple[str, int] | None = None,
    key_type: Literal["int", "str"] = "int",
) -> Deviation:
    """Gives the case of an index beside four good records."""
    return Deviation(
        name,
        deviation,
        description,
        "keys_counted",
        COUNTED,
        4,
        OF_COUNTED,
        idx=idx,
        entries=entries,
        fault=fault,
        key_type=key_type,
    )


def entry_cases() -> list[Deviation]:
    """Gives the cases about entries that are lines, and do not fit the records."""
    beyond = "entry-beyond-end"
    return [
        index_case(
            "entry_at_end",
            beyond,
            "An entry of the offset where the file ends.",
            b"0\t0\n1\t24\n2\t80\n",
            (None, None, beyond),
        ),
        index_case(
            "entry_past_2_gib",
            beyond,
            "What builds of 32 bits wrote past 2 GiB.",
            b"0\t0\n1\t18446744073709551615\n",
            (None, beyond),
        ),
        index_case(
            "entry_inside_payload",
            "entry-inside-record",
            "An entry of an offset in a payload.",
            b"0\t0\n1\t24\n2\t44\n3\t56\n",
            (None, None, "bad-magic", None),
        ),
        index_case(
            "entry_of_last_fragment",
            "entry-inside-record",
            "An entry of a last fragment's offset.",
            b"0\t16\n1\t24\n",
            ("continuation-without-first", None),
        ),
        index_case(
            "entry_near_end",
            "entry-inside-record",
            "An entry of fewer than eight bytes.",
            b"0\t0\n1\t76\n",
            (None, "truncated-header"),
        ),
        index_case(
            "entry_of_another_record",
            "entry-of-another-record",
            "Two offsets are exchanged.",
            b"0\t0\n1\t40\n2\t24\n3\t56\n",
            FINE,
        ),
        index_case(
            "entry_missing",
            "entry-missing",
            "A record has no entry.",
            b"0\t0\n2\t40\n3\t56\n",
            (None, None, None),
        ),
        index_case("index_empty", "entry-missing", "An index of zero bytes.", b"", ()),
        index_case(
            "key_twice",
            "duplicate-key",
            "A key stands there twice.",
            b"0\t0\n1\t24\n1\t40\n3\t56\n",
            FINE,
        ),
        index_case(
            "offset_twice",
            "duplicate-offset",
            "Two keys have one offset.",
            b"0\t0\n1\t24\n2\t24\n3\t56\n",
            FINE,
        ),
    ]


def line_of(length: int) -> bytes:
    """Gives the line of the second record with a third column, so many bytes with its line feed."""
    begin, end = b"1\t24\t", b"\n"
    return begin + b"x" * (length - len(begin) - len(end)) + end


def line_cases() -> list[Deviation]:
    """Gives the cases about lines that are written otherwise, and read."""
    return [
        index_case(
            "index_crlf",
            "index-crlf",
            "Lines end as on Windows.",
            COUNTED_IDX.replace(b"\n", b"\r\n"),
            FINE,
        ),
        index_case(
            "index_no_last_line_feed",
            "index-no-last-line-feed",
            "The last line has no line feed.",
            COUNTED_IDX[:-1],
            FINE,
        ),
        index_case(
            "index_more_columns",
            "index-more-columns",
            "Lines have more columns.",
            COUNTED_IDX.replace(b"\n", b"\tmore\t7\n"),
            FINE,
        ),
        index_case(
            "index_white_space",
            "index-white-space",
            "White space around keys and offsets.",
            b" 0\t0 \n1 \t 24\n  2\t40\n3\t56\t\n",
            FINE,
        ),
        index_case(
            "index_numbers",
            "index-numbers",
            "Numbers with a sign, zeros and underscores.",
            b"0\t0\n+1\t+24\n002\t0040\n3\t5_6\n",
            FINE,
        ),
        index_case(
            "index_torn_offset",
            "index-torn-offset",
            "The last line has lost a digit.",
            COUNTED_IDX[:-2],
            (None, None, None, "bad-magic"),
        ),
        index_case(
            "index_line_longest",
            "index-line-long",
            "A line of 65,536 bytes with its line feed.",
            b"0\t0\n" + line_of(65_536) + b"2\t40\n3\t56\n",
            FINE,
        ),
    ]


def fault_cases() -> list[Deviation]:
    """Gives the cases about lines that are no entries."""
    long_key = b"k" * 65_536
    return [
        index_case(
            "index_blank_line",
            "index-blank-line",
            "A blank line at the end.",
            COUNTED_IDX + b"\n",
            fault=("blank", 5),
        ),
        index_case(
            "index_no_tab",
            "index-no-tab",
            "A space in the place of a tab.",
            COUNTED_IDX.replace(b"1\t24", b"1 24"),
            fault=("missing-tab", 2),
        ),
        index_case(
            "index_torn_line",
            "index-no-tab",
            "The last line is cut behind its key.",
            COUNTED_IDX[:-4],
            fault=("missing-tab", 4),
        ),
        index_case(
            "index_key_not_integer",
            "index-key-not-integer",
            "A key that is a word.",
            COUNTED_IDX.replace(b"2\t", b"two\t"),
            fault=("key-not-integer", 3),
        ),
        index_case(
            "index_byte_order_mark",
            "index-key-not-integer",
            "A byte order mark.",
            b"\xef\xbb\xbf" + COUNTED_IDX,
            fault=("key-not-integer", 1),
        ),
        index_case(
            "index_offset_is_fraction",
            "index-offset-not-integer",
            "An offset with a point.",
            COUNTED_IDX.replace(b"\t24", b"\t24.0"),
            fault=("offset-not-integer", 2),
        ),
        index_case(
            "index_offset_is_negative",
            "index-offset-not-integer",
            "An offset below zero.",
            COUNTED_IDX.replace(b"\t24", b"\t-1"),
            fault=("offset-not-integer", 2),
        ),
        index_case(
            "index_offset_too_large",
            "index-offset-not-integer",
            "An offset of 2^64.",
            COUNTED_IDX.replace(b"\t24", b"\t18446744073709551616"),
            fault=("offset-not-integer", 2),
        ),
        index_case(
            "index_carriage_return",
            "index-carriage-return",
            "Lines end as on an old Macintosh.",
            COUNTED_IDX.replace(b"\n", b"\r"),
            fault=("carriage-return", 1),
        ),
        index_case(
            "index_not_utf_8",
            "index-not-utf-8",
            "A key in Latin-1.",
            COUNTED_IDX.replace(b"2\t", b"K\xe4se\t"),
            fault=("not-utf-8", 3),
            key_type="str",
        ),
        index_case(
            "index_line_too_long",
            "index-line-too-long",
            "A line of more than 65,536 bytes.",
            b"0\t0\n" + long_key + b"\t24\n",
            fault=("too-long", 2),
            key_type="str",
        ),
        index_case(
            "index_line_a_byte_too_long",
            "index-line-too-long",
            "A line of 65,537 bytes with its line feed.",
            b"0\t0\n" + line_of(65_537) + b"2\t40\n3\t56\n",
            fault=("too-long", 2),
        ),
    ]


def index_cases() -> list[Deviation]:
    """Gives all these cases."""
    return [*entry_cases(), *line_cases(), *fault_cases()]
