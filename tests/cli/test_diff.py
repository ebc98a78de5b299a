"""`recordio diff`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Reader, Writer, pack

VECTORS = Path(__file__).parents[1] / "vectors"


def write(path: Path, records: list[tuple[object, bytes]]) -> Path:
    with Writer(path) as writer:
        for key, record in records:
            writer.write(record, key)  # type: ignore[arg-type]
    return path


def numbered(count: int) -> list[tuple[object, bytes]]:
    return [(number, b"record %d" % number) for number in range(count)]


def diff(a: Path, b: Path, *options: str, expect: int = 1) -> dict[str, Any]:
    found = json.loads(run("diff", a, b, "--json", *options, expect=expect).text)
    assert isinstance(found, dict)
    return found


def counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    """Gives how many are equal, changed, only in A and only in B."""
    return (
        found["equal"],
        found["changed_count"],
        found["only_a_count"],
        found["only_b_count"],
    )


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return write(tmp_path / "a.rec", numbered(10))


@pytest.mark.parametrize("options", [[], ["--ignore-order"], ["--by", "key"], ["--ignore-keys"]])
def test_a_file_and_its_copy_are_the_same(options: list[str], a: Path, tmp_path: Path) -> None:
    b = write(tmp_path / "b.rec", numbered(10))
    found = diff(a, b, *options, expect=0)
    assert found["is_equal"]
    assert counts(found) == (10, 0, 0, 0)
    assert "10 records in both, all the same" in run("diff", a, b, *options).text


def test_a_record_that_has_changed_is_told(a: Path, tmp_path: Path) -> None:
    records = numbered(10)
    records[4] = (4, b"record X and more")
    found = diff(a, write(tmp_path / "b.rec", records))
    assert counts(found) == (9, 1, 0, 0)
    (changed,) = found["changed"]
    assert changed["a"] == changed["b"] == {"ordinal": 4, "key": 4}
    assert (changed["parts"], changed["first_byte"], changed["lengths"]) == (["bytes"], 7, [8, 17])
    text = run("diff", a, tmp_path / "b.rec", expect=1).text
    assert "changed: record 4, key 4: bytes (from byte 7, 8 and 17 bytes)" in text


def test_a_byte_of_many_is_found_where_lengths_are_the_same(tmp_path: Path) -> None:
    data = np.random.RandomState(0).bytes(3_000_000)
    records = [(number, data[number * 1000 : number * 1007 + 50]) for number in range(400)]
    a = write(tmp_path / "a.rec", list(records))
    for number, place in ((0, 0), (133, 49), (399, len(records[399][1]) - 1)):
        record = bytearray(records[number][1])
        record[place] ^= 1
        records[number] = (number, bytes(record))
    found = diff(a, write(tmp_path / "b.rec", list(records)))
    places = [(one["a"]["ordinal"], one["first_byte"]) for one in found["changed"]]
    assert places == [(0, 0), (133, 49), (399, len(records[399][1]) - 1)]


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"label": 3.0}, ["label"]),
        ({"id_": 9}, ["id"]),
        ({"id2": 9}, ["id2"]),
        ({"image": 5}, ["image"]),
        ({"label": 3.0, "image": 5}, ["label", "image"]),
        ({"label": [1.0, 2.0]}, ["flag", "labels"]),
    ],
)
def test_what_of_an_image_record_has_changed_is_told(
    changes: dict[str, Any], parts: list[str], tmp_path: Path
) -> None:
    def record(label: object = 1.0, id_: int = 7, id2: int = 0, image: int = 1) -> bytes:
        return pack((0, label, id_, id2), image_bytes(image))

    a = write(tmp_path / "a.rec", [(0, record())])
    b = write(tmp_path / "b.rec", [(0, record(**changes))])
    assert diff(a, b)["changed"][0]["parts"] == parts


def test_labels_that_are_not_the_same_are_told(tmp_path: Path) -> None:
    image = image_bytes(0)
    a = write(tmp_path / "a.rec", [(0, pack((0, [1, 2, float("nan")], 0, 0), image))])
    b = write(tmp_path / "b.rec", [(0, pack((0, [1, 3, float("nan")], 0, 0), image))])
    (changed,) = diff(a, b)["changed"]
    assert changed["parts"] == ["labels"]
    assert changed["first_byte"] == 24 + 4 + 2


def test_records_at_the_end_of_one_file_are_only_there(a: Path, tmp_path: Path) -> None:
    b = write(tmp_path / "b.rec", numbered(7))
    found = diff(a, b)
    assert counts(found) == (7, 0, 3, 0)
    assert found["only_a"][0] == {"ordinal": 7, "key": 7}
    assert counts(diff(b, a)) == (7, 0, 0, 3)
    assert "only in" in run("diff", a, b, expect=1).text


def test_keys_count_unless_they_are_ignored(a: Path, tmp_path: Path) -> None:
    b = write(tmp_path / "b.rec", [(100 + key, one) for key, (_, one) in enumerate(numbered(10))])
    found = diff(a, b)
    assert counts(found) == (0, 10, 0, 0)
    assert found["changed"][0]["parts"] == ["key"]
    assert found["changed"][0]["first_byte"] is None
    assert diff(a, b, "--ignore-keys", expect=0)["is_equal"]
    assert diff(a, b, "--no-index", expect=0)["is_equal"]


def test_other_places_in_the_file_make_no_difference(a: Path, tmp_path: Path) -> None:
    with Writer(tmp_path / "b.rec") as writer:
        for number, record in reversed(numbered(10)):
            writer.write(record, int(str(number)))
    index = tmp_path / "b.idx"
    index.write_bytes(b"".join(reversed(index.read_bytes().splitlines(keepends=True))))
    assert diff(a, tmp_path / "b.rec", expect=0)["is_equal"]


def test_order_and_keys_make_no_difference_if_ignored(a: Path, tmp_path: Path) -> None:
    shuffled = [numbered(10)[place] for place in (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)]
    b = write(tmp_path / "b.rec", [(key, record) for key, (_, record) in enumerate(shuffled)])
    assert diff(a, b)["changed_count"] == 8
    assert diff(a, b, "--ignore-order", expect=0)["is_equal"]


def test_how_often_a_record_is_there_counts(tmp_path: Path) -> None:
    a = write(tmp_path / "a.rec", [(n, one) for n, one in enumerate([b"x", b"x", b"x", b"y"])])
    b = write(tmp_path / "b.rec", [(n, one) for n, one in enumerate([b"y", b"x", b"z", b""])])
    found = diff(a, b, "--ignore-order")
    assert counts(found) == (2, 0, 2, 2)
    assert [one["ordinal"] for one in found["only_a"]] == [1, 2]
    assert [one["ordinal"] for one in found["only_b"]] == [2, 3]


def test_by_key_finds_what_was_changed_added_and_removed(tmp_path: Path) -> None:
    a = write(tmp_path / "a.rec", [("one", b"1"), ("two", b"2"), ("three", b"3")])
    b = write(tmp_path / "b.rec", [("three", b"3"), ("four", b"4"), ("two", b"zwei")])
    found = diff(a, b, "--by", "key")
    assert counts(found) == (1, 1, 1, 1)
    assert found["changed"][0]["a"] == {"ordinal": 1, "key": "two"}
    assert found["changed"][0]["b"] == {"ordinal": 2, "key": "two"}
    assert found["only_a"] == [{"ordinal": 0, "key": "one"}]
    assert found["only_b"] == [{"ordinal": 1, "key": "four"}]


def test_by_key_the_nth_of_equal_keys_belongs_to_the_nth(tmp_path: Path) -> None:
    a = write(tmp_path / "a.rec", [(5, b"first"), (5, b"second")])
    b = write(tmp_path / "b.rec", [(5, b"first"), (6, b"other"), (5, b"changed")])
    assert counts(diff(a, b, "--by", "key")) == (1, 1, 0, 1)


def test_differences_are_counted_beyond_those_that_are_listed(tmp_path: Path) -> None:
    a = write(tmp_path / "a.rec", numbered(100))
    b = write(tmp_path / "b.rec", [(number, b"other") for number in range(50)])
    found = diff(a, b, "--max", "3")
    assert counts(found) == (0, 50, 50, 0)
    assert (len(found["changed"]), len(found["only_a"])) == (3, 0)
    text = run("diff", a, b, "--max", "3", expect=1).text.splitlines()
    assert len(text) == 5
    assert text[3] == "... and 97 more differences"


def test_a_quiet_one_prints_nothing(a: Path, tmp_path: Path) -> None:
    b = write(tmp_path / "b.rec", numbered(9))
    for other, code in ((a, 0), (b, 1)):
        result = run("diff", "-q", a, other, expect=code)
        assert not result.out
        assert not result.err


def test_a_damaged_file_is_never_the_same(a: Path, tmp_path: Path) -> None:
    b = write(tmp_path / "b.rec", numbered(10))
    damage(b, 4)
    result = run("diff", a, b, expect=3)
    assert "bad-magic" in result.err
    assert diff(a, b, "--by", "key", expect=3)["only_a"] == [{"ordinal": 4, "key": 4}]
    shutil.copy(b, a)
    run("diff", "-q", a, b, expect=3)


def test_files_without_records_are_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Writer(tmp_path / f"{name}.rec").close()
    for options in ([], ["--ignore-order"], ["--by", "key"]):
        assert diff(tmp_path / "a.rec", tmp_path / "b.rec", *options, expect=0)["is_equal"]


def test_ways_that_exclude_each_other_are_a_wrong_usage(a: Path) -> None:
    run("diff", a, a, "--ignore-order", "--by", "key", expect=2)
    run("diff", a, expect=2)
    run("diff", "-", "-", expect=2)


def test_a_file_that_is_missing_is_told(a: Path, tmp_path: Path) -> None:
    assert "no.rec" in run("diff", a, tmp_path / "no.rec", expect=1).err


def test_standard_input_can_be_one_of_them(a: Path) -> None:
    run("diff", a, "-", "--ignore-keys", stdin=a.read_bytes())


@pytest.mark.parametrize("name", ["mixed", "keys_text", "magic_many", "image_png_alpha"])
@pytest.mark.parametrize("options", [[], ["--ignore-order"], ["--by", "key"]])
def test_files_that_mxnet_has_made_are_compared(
    name: str, options: list[str], tmp_path: Path
) -> None:
    rec = VECTORS / f"{name}.rec"
    has_index = rec.with_suffix(".idx").exists()
    copy = tmp_path / "copy.rec"
    with Reader(rec, None if has_index else False, key_type=str) as reader:
        write(copy, [(key, record) for key, record in zip(reader.keys, reader, strict=True)])
    run("diff", rec, copy, *options)


def test_more_batches_than_one_are_compared(tmp_path: Path) -> None:
    for name, last in (("a", b"x"), ("b", b"y")):
        with Writer(tmp_path / f"{name}.rec") as writer:
            for number in range(40_000):
                writer.write(b"%d" % number, number)
            for number in range(8):
                writer.write(bytes(5 << 20), 40_000 + number)
            writer.write(last, 50_000)
    found = diff(tmp_path / "a.rec", tmp_path / "b.rec")
    assert counts(found) == (40_008, 1, 0, 0)
    assert found["changed"][0]["a"]["key"] == 50000
    assert counts(diff(tmp_path / "a.rec", tmp_path / "b.rec", "--ignore-order")) == (
        40_008,
        0,
        1,
        1,
    )


def test_images_of_two_datasets(tmp_path: Path) -> None:
    a = write_images(tmp_path / "a.rec", 12, classes=3)
    b = write_images(tmp_path / "b.rec", 12, classes=4)
    found = diff(a, b)
    assert found["changed_count"] == 9
    assert all(one["parts"] == ["label"] for one in found["changed"])


@pytest.mark.parametrize("options", [[], ["--ignore-order"], ["--by", "key"]])
def test_a_record_that_the_index_lists_twice_counts_twice(
    options: list[str], tmp_path: Path
) -> None:
    rec = VECTORS / "deviations" / "offset_twice.rec"
    found = diff(rec, rec, *options, expect=3)
    assert counts(found) == (5, 0, 0, 0)


def test_keys_that_have_moved_are_a_reason_to_compare_by_key(tmp_path: Path) -> None:
    for name, keys in (("a", range(40)), ("b", [*range(10), *range(15, 40)])):
        with Writer(tmp_path / f"{name}.rec") as writer:
            for key in keys:
                writer.write(b"record %d" % key, key)
    a, b = tmp_path / "a.rec", tmp_path / "b.rec"
    result = run("diff", a, b, expect=1)
    assert "10 the same, 25 changed" in result.text
    assert result.err == (
        "25 keys at other places in the other file: --by key compares records by them\n"
    )
    assert json.loads(run("diff", "--json", a, b, expect=1).text)["moved_keys"] == 25
    for options in (["--by", "key"], ["--no-index"], ["--ignore-keys"], ["--ignore-order"], ["-q"]):
        assert run("diff", *options, a, b, expect=1).err == ""


def test_json_is_printed_however_quiet_it_is(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"x", 0)
    result = run("diff", "-q", "--json", tmp_path / "a.rec", tmp_path / "a.rec")
    assert json.loads(result.text)["is_equal"]
    assert run("diff", "-q", tmp_path / "a.rec", tmp_path / "a.rec").text == ""
