"""What is an image record, and of which class: the same for all commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import run
from cli.datasets import image_bytes
from cli.numbered import entries
from recordio_rs import IRHeader, Writer, pack

VECTORS = Path(__file__).parents[1] / "vectors"
SCALAR = VECTORS / "labels_scalar.rec"


def listed(*arguments: Path | str) -> list[dict[str, Any]]:
    """Gives what `ls` says of records."""
    return [json.loads(line) for line in run("ls", "--json", *arguments).text.splitlines()]


def keys_by_command(rec: Path, folder: Path, *options: str) -> dict[str, list[int]]:
    """Gives the keys of the records of a class, as each command chooses them."""
    out, page = folder / "out.rec", folder / "out.html"
    run("filter", rec, *options, "-fo", out)
    shown = json.loads(run("view", rec, *options, "--json", "-n", "1000", "-fo", page).text)
    found = {
        "ls": [one["key"] for one in listed(*options, rec)],
        "filter": [int(key) for key, _ in entries(out)],
    }
    assert shown["shown"] == len(found["ls"])
    return found


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Records with one label, with several, with objects, without an image, and others."""
    image = image_bytes(1)
    labels: list[float | list[float]] = [
        1.0,  # 0
        [1.0, 9.0],
        [2.0, 5.0, 1.0, 0.1, 0.1, 0.5, 0.5],  # 2: an object of class 1
        [2.0, 5.0, 3.0, 0.1, 0.1, 0.5, 0.5, 1.0, 0.2, 0.2, 0.9, 0.9],
        [2.0, 5.0, 1.0, 0.5, 0.1, 0.2, 0.5],  # 4: no box: a vector that begins with 2
        [2.0, *[0.0] * 99],
        [1.0, *[0.0] * 99],  # 6
    ]
    with Writer(tmp_path / "mixed.rec") as writer:
        for key, label in enumerate(labels):
            writer.write(pack(IRHeader(0, label, key, 0), image), key)
        writer.write(pack(IRHeader(0, [1.0, 7.0], 7, 0), b""), 7)
        writer.write(pack(IRHeader(0, 1.0, 8, 0), b"no image at all"), 8)
        writer.write(pack(IRHeader(0, 1.0, 9, 0), b""), 9)
        writer.write(pack(IRHeader(0, [1.0, 7.0], 10, 0), b"no image at all"), 10)
        writer.write(b"text that is long enough for a header", 11)
        writer.write(b"short", 12)
    return tmp_path / "mixed.rec"


def test_a_class_is_a_label_or_that_of_an_object_for_all_commands(
    mixed: Path, tmp_path: Path
) -> None:
    expected = {"--label=1": [0, 1, 2, 3, 6, 7], "--label=2": [4, 5], "--label=3..": [3]}
    for option, keys in expected.items():
        assert keys_by_command(mixed, tmp_path, option) == {"ls": keys, "filter": keys}
    keys = [0, 1, 2, 3, 6, 7, 8, 9, 10]
    found = keys_by_command(mixed, tmp_path, "--label", "1", "--any-payload")
    assert found == {"ls": keys, "filter": keys}


def test_one_place_among_the_labels_may_be_asked_for(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.rec"
    run("filter", mixed, "--label", "2", "--label-index", "0", "-o", out)
    assert [int(key) for key, _ in entries(out)] == [2, 3, 4, 5]
    run("filter", mixed, "--label", "5", "--label-index", "1", "-fo", out)
    assert [int(key) for key, _ in entries(out)] == [2, 3, 4]
    run("filter", mixed, "--id", "1", "--label-index", "1", "-fo", out, expect=2)


def test_what_has_no_image_has_neither_label_nor_id_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert {(one["format"], one["id"], one["labels"] is None) for one in listed(SCALAR)} == {
        (None, None, True)
    }
    assert listed("--label", "..9", SCALAR) == []
    out = tmp_path / "out.rec"
    assert "no record is wanted" in run("filter", SCALAR, "--label", "1", "-o", out).err
    assert "no record is wanted" in run("filter", SCALAR, "--id", "0..", "-fo", out).err
    assert "4 binary" in run("info", SCALAR).text
    assert "label" not in run("head", SCALAR).text


def test_any_payload_takes_what_is_long_enough_for_an_image_record(tmp_path: Path) -> None:
    found = listed("-l", "--any-payload", SCALAR)
    assert [one["labels"] for one in found] == [[0.0], [1.0], [-2.5], [3.0]]
    assert {(one["format"], one["content"], one["width"]) for one in found} == {
        ("unknown", "text", None)
    }
    assert [one["key"] for one in listed("--any-payload", "--label", "1", SCALAR)] == [1]
    out = tmp_path / "out.rec"
    run("filter", SCALAR, "--any-payload", "--label", "1", "-o", out)
    assert [int(key) for key, _ in entries(out)] == [1]
    text = run("info", "--any-payload", SCALAR).text
    assert "4 unknown with header" in text
    assert "one each: -2.5 to 3" in text
    (document,) = json.loads(run("info", "--json", "--any-payload", SCALAR).text)
    assert (document["image_records"], document["ids"]["max"]) == (4, 7)
    assert (
        "label 1; id 7, id2 8\n    no image but text, " in run("head", "--any-payload", SCALAR).text
    )


def test_a_header_alone_is_no_image_record_and_has_a_label_if_any_payload_is_taken() -> None:
    rec = VECTORS / "header_alone.rec"
    assert [one["format"] for one in listed(rec)] == [None, ""]  # the second has two labels
    assert {one["format"] for one in listed("--any-payload", rec)} == {""}
    (document,) = json.loads(run("info", "--json", "--any-payload", rec).text)
    assert document["labels_alone"] == document["image_records"] == len(listed(rec))


def test_keys_are_numbers_in_json_where_all_of_them_are() -> None:
    for name, kind in (("keys_out_of_order", int), ("keys_negative", int), ("keys_text", str)):
        rec = VECTORS / f"{name}.rec"
        for command in (["ls", "--json"], ["head", "--json"], ["cat", "--format", "json"]):
            documents = [json.loads(line) for line in run(*command, rec).text.splitlines()]
            assert {type(one["key"]) for one in documents} == {kind}
    numbers = VECTORS / "deviations" / "index_numbers.rec"  # 0, +1, 002, 3
    assert [one["key"] for one in listed(numbers)] == ["0", "+1", "002", "3"]
