"""Keys of `MXIndexedRecordIO`: their types, what an index may look like, edits by the user."""

from __future__ import annotations

import os
from collections.abc import Hashable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from recordio_rs.exceptions import IndexFormatError, InvalidKeyError
from recordio_rs.recordio import MXIndexedRecordIO
from reference import write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"record_%d" % number for number in range(5)]


@pytest.fixture
def five(rec: Path, idx: Path) -> MXIndexedRecordIO:
    """A reader of five records with the keys 0 to 4."""
    write_files(rec, RECORDS, range(5))
    return MXIndexedRecordIO(idx, rec, "r")


def hexadecimal(text: str) -> int:
    """Makes a key from hexadecimal digits."""
    return int(text, 16)


@pytest.mark.parametrize(
    ("key_type", "given", "text", "found"),
    [
        (float, 1, "1.0", 1.0),
        (float, "1e300", "1e+300", 1e300),
        (float, "-inf", "-inf", float("-inf")),
        (str, 5, "5", "5"),
        (str, "ключ für 鍵", "ключ für 鍵", "ключ für 鍵"),
        (str, "a  b", "a  b", "a  b"),
        (str, "007", "007", "007"),
        (Fraction, "2/4", "1/2", Fraction(1, 2)),
    ],
)
def test_a_key_of_any_type_comes_back(
    rec: Path, idx: Path, key_type: Anything, given: Anything, text: str, found: Hashable
) -> None:
    with MXIndexedRecordIO(idx, rec, "w", key_type=key_type) as writer:
        writer.write_idx(given, b"x")
        assert writer.keys == [found]
    assert idx.read_text(encoding="utf-8") == f"{text}\t0\n"
    reader = MXIndexedRecordIO(idx, rec, "r", key_type=key_type)
    assert reader.read_idx(found) == b"x"
    assert reader.keys == [found]
    assert reader.idx == {found: 0}
    assert type(reader.keys[0]) is type(found)
    assert reader.read_idx(found) == b"x"


def test_a_key_type_can_be_any_function(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS[:2], ["ff", "0x10"])
    reader = MXIndexedRecordIO(idx, rec, "r", hexadecimal)
    assert reader.keys == [255, 16]
    assert reader.read_idx(16) == b"record_1"


def test_text_keys_are_not_numbers(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS[:2], ["1", "one"])
    reader = MXIndexedRecordIO(idx, rec, "r", str)
    assert [reader.read_idx("1"), reader.read_idx("one")] == RECORDS[:2]
    for absent in (1, 1.0, "01", "One"):
        with pytest.raises(KeyError):
            reader.read_idx(absent)


@pytest.mark.parametrize(
    "text",
    [
        "1\t0\n2\t16\n",
        "1\t0\r\n2\t16\r\n",
        "1\t0\n2\t16",
        "1\t0\tmore\t-5\n2\t16\tcolumns\n",
        "  1 \t 0 \n 2\t16  \n",
        "+1\t0\n+2\t16\n",
        "1\t+0\n2\t+16\n",
        "01\t00\n002\t0016\n",
        "0_1\t0\n2\t16\n",
        "1\t0\n2\t1_6\n",
        "\N{ARABIC-INDIC DIGIT ONE}\t0\n\N{ARABIC-INDIC DIGIT TWO}\t16\n",
        "\x0b1\t0\x0c\n\x1c2\t16\x1f\n",
    ],
    ids=ascii,
)
def test_an_index_that_mxnet_understands_is_understood(rec: Path, idx: Path, text: str) -> None:
    write_files(rec, RECORDS[:2])
    idx.write_text(text, encoding="utf-8", newline="")
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert [reader.read_idx(1), reader.read_idx(2)] == RECORDS[:2]
    assert (reader.keys, reader.idx) == ([1, 2], {1: 0, 2: 16})


@pytest.mark.parametrize(
    "key",
    ["", " ", "a\tb", "a\nb", "a\rb", "\t", "\n", " a", "a ", "\xa0a", "a\u3000", "a\x1c", "\x85"],
    ids=ascii,
)
def test_a_key_that_would_not_come_back_is_refused_and_nothing_written(
    rec: Path, idx: Path, key: str
) -> None:
    with MXIndexedRecordIO(idx, rec, "w", key_type=str) as writer:
        writer.write_idx("before", b"x")
        with pytest.raises(InvalidKeyError) as caught:
            writer.write_idx(key, b"lost")
        assert isinstance(caught.value, ValueError)
        assert caught.value.key == key
        assert (writer.keys, writer.idx, writer.tell()) == (["before"], {"before": 0}, 12)
        writer.write_idx("after", b"y")
    assert idx.read_text() == "before\t0\nafter\t12\n"
    reader = MXIndexedRecordIO(idx, rec, "r", str)
    assert list(reader) == [b"x", b"y"]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", " ", "\x00"])
def test_white_space_inside_a_key_comes_back(rec: Path, idx: Path, separator: str) -> None:
    key = f"a{separator}b"
    with MXIndexedRecordIO(idx, rec, "w", key_type=str) as writer:
        writer.write_idx(key, b"x")
        writer.write_idx("next", b"y")
    reader = MXIndexedRecordIO(idx, rec, "r", key_type=str)
    assert reader.keys == [key, "next"]
    assert [reader.read_idx(key), reader.read_idx("next")] == [b"x", b"y"]


def test_edits_of_idx_are_honoured(five: MXIndexedRecordIO) -> None:
    five.idx["another"] = five.idx[3]
    five.idx[1] = five.idx[2]
    del five.idx[0]
    assert [five.read_idx("another"), five.read_idx(1)] == [b"record_3", b"record_2"]
    with pytest.raises(KeyError):
        five.read_idx(0)
    five.seek("another")
    assert five.read() == b"record_3"
    five.idx = {"only": 0}
    assert five.read_idx("only") == b"record_0"


def test_edits_of_keys_and_idx_survive_a_reset(five: MXIndexedRecordIO) -> None:
    keys, offsets = five.keys, five.idx
    keys.reverse()
    offsets["another"] = offsets[3]
    five.reset()
    assert five.keys is keys
    assert five.idx is offsets
    assert five.keys == [4, 3, 2, 1, 0]
    five.close()
    assert five.read_idx("another") == b"record_3"
    assert five.keys == [4, 3, 2, 1, 0]


def test_edits_give_way_to_an_index_that_has_changed_on_disk(
    five: MXIndexedRecordIO, rec: Path, idx: Path
) -> None:
    five.keys.reverse()
    five.idx["another"] = 0
    write_files(rec, RECORDS[:2], ["10", "20"])
    assert idx.read_text() == "10\t0\n20\t16\n"
    five.reset()
    assert five.keys == [10, 20]
    assert five.idx == {10: 0, 20: 16}
    assert five.read_idx(20) == b"record_1"


def test_a_reader_that_nobody_edited_sees_the_new_index_after_a_reset(
    five: MXIndexedRecordIO, rec: Path
) -> None:
    assert five.read_idx(4) == b"record_4"
    write_files(rec, [b"new", b"newer"], [4, 100])
    five.reset()
    assert [five.read_idx(4), five.read_idx(100)] == [b"new", b"newer"]
    with pytest.raises(KeyError):
        five.read_idx(0)


def test_an_index_that_became_bad_leaves_the_reader_closed(
    five: MXIndexedRecordIO, idx: Path
) -> None:
    idx.write_text("no index")
    with pytest.raises(IndexFormatError):
        five.reset()
    assert not five.is_open


def test_an_index_is_a_path_of_any_kind(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, range(5))
    paths: list[Anything] = [idx, str(idx), os.fsencode(idx), f"file://{idx.as_posix()}"]
    for path in paths:
        assert MXIndexedRecordIO(path, rec, "r").read_idx(4) == b"record_4"


def test_an_idx_that_is_edited_by_a_writer_is_the_writers_own(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write_idx(1, b"one")
        writer.idx.clear()
        writer.keys.clear()
        writer.write_idx(2, b"two")
        assert (writer.idx, writer.keys) == ({2: 12}, [2])
    assert idx.read_text() == "1\t0\n2\t12\n"
