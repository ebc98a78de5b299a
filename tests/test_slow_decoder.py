"""The laws of the slow decoder: a flipped bit costs at most the record that it stands in.

Every fast decoder is held to the slow one.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reference import MAGIC, encode, fragment
from slow_decoder import Error, Record, Region, is_overwritten, leads_on, lenient, strict

# The magic, parts of it, words of one bit less than it with what could be the rest of a head
# behind, long runs of one byte.
PIECES = st.one_of(
    st.just(MAGIC),
    st.sampled_from([MAGIC[:2], MAGIC[1:], b"\x0b" + MAGIC[1:], MAGIC + b"\x04\0\0\x20"]),
    st.builds(lambda word: b"\x0b" + MAGIC[1:] + word, st.sampled_from([bytes(4), b"\x08\0\0\0"])),
    st.builds(lambda byte, count: byte * count, st.sampled_from([b"\0", b"x"]), st.integers(1, 40)),
    st.binary(max_size=9),
)
PAYLOADS = st.lists(PIECES, max_size=5).map(b"".join)
FILES = st.lists(PAYLOADS, max_size=4)
VARIED = [b"", b"a", MAGIC, b"abcdefgh", b"abcd" + MAGIC + b"xyz", b"\0" * 8, MAGIC * 2 + b"end"]


def written(payloads: list[bytes]) -> bytes:
    return b"".join(encode(payload) for payload in payloads)


@given(FILES)
@settings(deadline=None)
@example(VARIED)
def test_what_was_written_comes_back_by_both_decoders(payloads: list[bytes]) -> None:
    file = written(payloads)
    records, error = strict(file)
    assert error is None
    assert [record.payload for record in records] == payloads
    assert lenient(file) == (records, [])
    offsets = [record.offset for record in records]
    assert lenient(file, offsets) == lenient(file, offsets[::2]) == (records, [])


@given(FILES)
@settings(max_examples=60, deadline=None)
@example(VARIED)
@example([b"x" * 16, b"end"])
@example([bytes(8), bytes(8)])
@example([b"\x0b" + MAGIC[1:] + bytes(4) + b"tail", b"end"])
def test_a_flipped_bit_costs_no_other_record_and_makes_none_up(payloads: list[bytes]) -> None:
    file = written(payloads)
    records, _ = strict(file)
    for place in range(len(file)):
        touched = next(each for each in records if each.offset <= place < each.end)
        for bit in range(8):
            bad = bytearray(file)
            bad[place] ^= 1 << bit
            offsets = [record.offset for record in records]
            # Beside an index that lacks records, an empty one may be taken for a file of them (L2).
            parts = (offsets[::2], offsets[::3]) if touched.payload else ()
            for listed in ((), offsets, *parts):
                found, regions = lenient(bytes(bad), listed)
                untouched = [record for record in records if record is not touched]
                assert [record for record in found if record in untouched] == untouched
                changed = [record for record in found if record not in records]
                check_touched(bytes(bad), touched, place, changed)
                check_cover(bytes(bad), found, regions)


def check_touched(file: bytes, touched: Record, place: int, changed: list[Record]) -> None:
    """Asserts that what is given and was not written is the record with the bit, as it is now.

    These are the cases in which a lenient reader gives a record that is not as it was written.
    """
    if not changed:
        return
    assert len(changed) == 1
    (record,) = changed
    last = touched.fragments[-1]
    if record.end == touched.end and record.offset == touched.offset:
        # The bit is in a payload, or in a length that has the same pad.
        assert len(record.fragments) == len(touched.fragments)
        return
    if record.offset != touched.offset:
        # The bit has made the magic of a word in a payload, and the words behind it are a record.
        assert record.offset == place // 4 * 4
        assert touched.offset + 8 <= record.offset
        return
    # The bit is in the length of the last fragment, and makes it less:
    assert last.offset + 4 <= place < last.offset + 8
    assert record.end < touched.end
    assert (
        touched.end == len(file)  # junk at the end of a file is common
        or leads_on(file, record.end)  # as if the magic of a record's head were damaged there
        or is_overwritten(file, record.end, touched.end)  # as if all of the head were
    )


def check_cover(file: bytes, records: list[Record], regions: list[Region]) -> None:
    """Asserts that records and regions, in their order, are the file."""
    spans = [(each.offset, min(each.end, len(file))) for each in records]
    spans += [(region.begin, region.end) for region in regions]
    spans.sort()
    assert [begin for begin, _ in spans] == [0, *(end for _, end in spans)][: len(spans)]
    assert not file or spans[-1][1] == len(file)
    assert all(region.begin <= region.offset <= len(file) for region in regions)


@given(FILES)
@settings(max_examples=60, deadline=None)
@example(VARIED)
def test_a_cut_file_gives_the_records_before_the_cut(payloads: list[bytes]) -> None:
    file = written(payloads)
    records, _ = strict(file)
    for size in range(len(file) + 1):
        cut = file[:size]
        whole = [record for record in records if record.end <= size]
        end = whole[-1].end if whole else 0
        found, error = strict(cut)
        assert found == whole
        if size == end:
            assert error is None
            assert lenient(cut) == (whole, [])
            continue
        assert error
        assert error.kind.startswith("truncated-")
        assert (error.ordinal, error.offset >= end) == (len(whole), True)
        region = Region(end, size, error.kind, error.offset)
        torn = records[len(whole)]
        has_payload = size >= torn.fragments[-1].offset + 8 + torn.fragments[-1].length
        if error.kind == "truncated-padding" and has_payload:
            assert lenient(cut) == ([*whole, torn], [region._replace(begin=size)])
        else:
            assert lenient(cut) == (whole, [region])


@given(st.lists(PAYLOADS, min_size=2, max_size=4), st.data())
@settings(max_examples=100, deadline=None)
def test_a_wrong_magic_costs_its_record_alone(payloads: list[bytes], data: st.DataObject) -> None:
    file = written(payloads)
    records, _ = strict(file)
    lost = data.draw(st.sampled_from(records))
    at = data.draw(st.sampled_from(lost.fragments)).offset
    wrong = data.draw(st.binary(min_size=4, max_size=4).filter(lambda word: word != MAGIC))
    found, regions = lenient(file[:at] + wrong + file[at + 4 :])
    assert found == [record for record in records if record is not lost]
    assert regions == [Region(lost.offset, lost.end, "bad-magic", at)]


@given(FILES, FILES, st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
def test_records_behind_junk_are_found(
    before: list[bytes], behind: list[bytes], junk: bytes
) -> None:
    junk = b"junk" + junk.replace(MAGIC, b"")  # other bytes than at the end of a record
    junk += bytes(-len(junk) % 4)
    head_of_file, tail = strict(written(before))[0], strict(written(behind))[0]
    file = written(before) + junk + written(behind)
    begin, end = len(written(before)), len(file) - len(written(behind))
    listed = [record.offset for record in head_of_file] + [begin]
    found, regions = lenient(file, listed)  # as listed, the last one before is not cut short
    assert [each.payload for each in found] == [each.payload for each in head_of_file + tail]
    assert [(region.begin, region.end) for region in regions] == [(begin, end)]


FOREIGN = fragment(0, b"abcd" + MAGIC + b"wxyz")  # whoever wrote this does not escape
NESTED = fragment(0, b"abcd" + written([b"one", b"two"]))


def test_an_unescaped_magic_in_a_payload_is_read() -> None:
    file = FOREIGN + encode(b"next")
    assert strict(file)[1] is None
    assert lenient(file) == (strict(file)[0], [])


def test_a_file_in_a_payload_is_read_if_the_index_lists_its_record_alone() -> None:
    file = NESTED + encode(b"next")
    records, error = strict(file)
    assert error is None
    assert lenient(file, [0, len(NESTED)]) == (records, [])
    found, regions = lenient(file)
    assert [record.payload for record in found] == [b"one", b"two", b"next"]
    assert regions == [Region(0, 12, "swallows-record", 0)]


@pytest.mark.parametrize("size", range(1, 8))
def test_junk_behind_the_last_record_is_one_region(size: int) -> None:
    file = encode(b"record") + b"\n" * size
    assert strict(file)[1] == Error("truncated-header", 16, 1)
    assert lenient(file)[1] == [Region(16, 16 + size, "truncated-header", 16)]
