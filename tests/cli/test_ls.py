"""`recordio ls` and `recordio head`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import IRHeader, Reader, Writer, pack, verify
from recordio_rs.tools.looking import Look
from recordio_rs.tools.source import Source

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted([*VECTORS.glob("*.rec"), *VECTORS.glob("deviations/*.rec")])


def lines_of(*arguments: Path | str, code: int = 0) -> list[list[str]]:
    """Runs `ls`."""
    text = run("ls", *arguments, expect=code).text
    return [line.split("\t") for line in text.splitlines()]


def documents_of(command: str, *arguments: Path | str, code: int = 0) -> list[dict[str, Any]]:
    """Runs a command with `--json`."""
    text = run(command, "--json", *arguments, expect=code).text
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve image records of three classes."""
    return write_images(tmp_path / "a.rec")


def test_a_line_has_what_is_to_be_said_of_a_record(images: Path) -> None:
    with Reader(images) as reader:
        offsets, lengths = reader.offsets.tolist(), [len(record) for record in reader]
    lines = lines_of(images)
    assert [line[0] for line in lines] == [str(number) for number in range(12)]
    assert lines[3] == ["3", "3", str(offsets[3]), str(lengths[3]), "png", "3", "0"]


def test_long_lines_have_sizes_of_images(images: Path) -> None:
    assert lines_of("-l", images)[5][4:6] == ["jpeg", "32x24x3"]


def test_json_has_a_document_for_each_record(images: Path) -> None:
    found = documents_of("ls", "-l", images)[7]
    assert found == {
        "path": str(images),
        "ordinal": 7,
        "key": 7,
        "offset": int(Reader(images).offsets[7]),
        "length": len(Reader(images)[7]),
        "format": "png",
        "id": 7,
        "id2": 0,
        "labels": [1.0],
        "width": 32,
        "height": 24,
        "channels": 3,
        "content": None,
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--ordinals", "3..5"], [3, 4, 5]),
        (["--ordinals", "..1,10.."], [0, 1, 10, 11]),
        (["--ordinals", "-2.."], [10, 11]),
        (["--ordinals", "7", "--ordinals", "7"], [7, 7]),
        (["--key", "9", "--key", "2..3"], [9, 2, 3]),
        (["--ordinals", "20..30"], []),
        (["--ordinals", "5..-3"], [5, 6, 7, 8, 9]),
        (["--ordinals", "9..-9"], []),
    ],
)
@pytest.mark.parametrize("index", [[], ["--no-index"]])
def test_records_are_chosen(
    images: Path, index: list[str], options: list[str], expected: list[int]
) -> None:
    assert [int(line[0]) for line in lines_of(*index, *options, images)] == expected


@pytest.mark.parametrize("wrong", ["x", "1..2..3", "..", "", "1-3"])
def test_what_is_no_range_is_a_wrong_usage(images: Path, wrong: str) -> None:
    assert "3..7" in run("ls", "--ordinals", wrong, images, expect=2).err


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls", "{}", "--ordinals", "5..3"],
        ["ls", "{}", "--ordinals", "0,-1..-3"],
        ["ls", "{}", "--key", "3..2"],
        ["ls", "{}", "--label", "3..2"],
        ["cat", "{}", "--key", "3..-2"],
        ["cat", "{}", "--ordinals", "2..1"],
        ["get", "{}", "3..2"],
        ["get", "{}", "--ordinals", "3..2"],
        ["filter", "{}", "--key", "3..2", "-o", "{}.out"],
        ["filter", "{}", "--label", "3..2", "-o", "{}.out"],
        ["filter", "{}", "--id", "3..2", "-o", "{}.out"],
        ["view", "{}", "--label", "3..2", "-o", "{}.html"],
    ],
    ids=" ".join,
)
def test_a_range_that_goes_backwards_is_a_wrong_usage(images: Path, arguments: list[str]) -> None:
    filled = [one.replace("{}", str(images)) for one in arguments]
    assert "goes backwards" in run(*filled, expect=2).err


def test_text_keys_are_found_and_have_no_ranges() -> None:
    rec = VECTORS / "keys_text.rec"
    assert [line[1] for line in lines_of("--key", "a/b c.jpg", "--key", "-1", rec)] == [
        "a/b c.jpg",
        "-1",
    ]
    assert "no integers" in run("ls", "--key", "1..2", rec, expect=1).err


def test_labels_are_short_in_lines_and_whole_in_json(tmp_path: Path) -> None:
    rec, label = tmp_path / "a.rec", np.array([0.1, 16777217, *range(8)], np.float32)
    with Writer(rec) as writer:
        writer.write(pack(IRHeader(10, label, 1, 0), image_bytes(1)))
        writer.write(pack(IRHeader(0, float("nan"), 2, 0), image_bytes(1)))
    assert lines_of(rec)[0][-1] == "0.1,16777216,0,1,... (10)"
    first, second = documents_of("ls", rec)
    assert first["labels"] == label.tolist()
    assert second["labels"] == [None]


def test_several_files_are_told_apart(images: Path) -> None:
    lines = lines_of(images, images, "--ordinals", "0")
    assert [line[:2] for line in lines] == [[str(images), "0"]] * 2


def test_a_file_that_is_missing_does_not_hide_the_others(images: Path) -> None:
    assert len(lines_of("missing.rec", images, code=1)) == 12


@pytest.mark.parametrize("ordinal", [0, 4, 11])
@pytest.mark.parametrize("index", [[], ["--no-index"]])
def test_damage_is_gone_past(images: Path, index: list[str], ordinal: int) -> None:
    damage(images, ordinal)
    result = run("ls", *index, images, expect=3)
    assert len(result.text.splitlines()) in (10, 11)
    assert "bad-magic" in result.err


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
def test_a_look_gives_what_is_intact_and_sees_all_damage(path: Path) -> None:
    index: list[bool | None] = [None, False]
    for chosen in index:
        assert chosen in (None, False)
        with Look(str(path), False if chosen is False else None) as look:
            found = [
                (offset, key, bytes(record))
                for batch in look
                for offset, key, record in zip(
                    batch.offsets.tolist(), batch.keys, batch, strict=True
                )
            ]
            is_well = look.report is None or look.report.ok
        assert is_well == verify(path, False if chosen is False else None).ok
        with Source(path, False if chosen is False else None, skip_damaged=True) as source:
            expected = [
                (int(offset), source.key(ordinal), source.record(ordinal))
                for ordinal, offset in enumerate(source.offsets)
            ]
        if path.stem == "first_turned_full" and chosen is None:
            del found[0]  # the entry leads to what looks like a record
        assert found == expected


def test_a_record_of_many_bytes_is_a_batch_of_its_own(tmp_path: Path) -> None:
    records = [b"a", b"b" * (9 << 20), b"c" * (9 << 20), b"d"]
    with Writer(tmp_path / "a.rec") as writer:
        for record in records:
            writer.write(record)
    for index in (None, False):
        with Look(str(tmp_path / "a.rec"), False if index is False else None) as look:
            assert [bytes(record) for batch in look for record in batch] == records


def test_lines_come_before_all_is_read(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for number in range(50_000):
            writer.write(b"%d" % number, number)
    command = [sys.executable, "-m", "recordio_rs", "ls", str(tmp_path / "a.rec")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"0\t0\t0\t1\t")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_head_shows_what_records_are_and_how_they_begin(images: Path) -> None:
    lines = run("head", "-n", "1", images).text.splitlines()
    assert lines[0].startswith("0  key 0, offset 0, ")
    assert lines[1].strip() == "label 0; id 0"
    assert lines[2].strip().startswith("jpeg 32x24x3, ")


def test_head_shows_text_as_text_and_other_bytes_as_digits(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write("Käse\nand bread".encode())
        writer.write(bytes(range(40)))
        writer.write(b"\x1b[31mred")
        writer.write(b"")
    text = run("head", tmp_path / "a.rec").text
    assert "    Käse\n    and bread\n" in text
    assert "    0000  00 01 02 03 04 05 06 07  08 09" in text
    assert "\x1b" not in text
    assert documents_of("head", tmp_path / "a.rec")[0]["text"] == "Käse\nand bread"


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (5, 5), (100, 12)])
def test_head_shows_as_many_as_are_asked_for(images: Path, count: int, expected: int) -> None:
    assert len(documents_of("head", "-n", str(count), images)) == expected
    assert len(documents_of("head", "-n", str(count), "--no-index", images)) == expected


def test_head_of_an_empty_file_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.rec").touch()
    assert run("head", "-n", "1", tmp_path / "a.rec").out == b""


def test_head_of_a_damaged_file_shows_the_first_intact_records(images: Path) -> None:
    damage(images, 0)
    assert [one["key"] for one in documents_of("head", "-n", "2", images, code=3)] == [1, 2]


def test_head_sees_that_what_follows_the_last_record_is_none() -> None:
    path = VECTORS / "deviations" / "empty_record_before_zeros.rec"
    assert run("head", path, expect=3).text.count("key") == 9
    assert run("ls", path, "--ordinals", "9", expect=1).err.count("there is no ordinal 9") == 1


def test_head_does_not_read_on(images: Path) -> None:
    damage(images, 11)
    assert len(documents_of("head", "-n", "2", images)) == 2
