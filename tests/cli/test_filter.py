"""`recordio filter`: those records that are wanted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage
from cli.numbered import entries, write_numbered
from recordio_rs import IRHeader, Writer, pack

IMAGE = b"\xff\xd8\xff" + bytes(20)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Image records with label `key % 5`, or [1000, key] from 20 on; and one that is none."""
    with Writer(tmp_path / "images.rec") as writer:
        for key in range(30):
            label = float(key % 5) if key < 20 else [1000.0, float(key)]
            writer.write(pack(IRHeader(0, label, 100 + key, 0), IMAGE + bytes(key)), key)
        writer.write(b"short", 30)
    return tmp_path / "images.rec"


def chosen(source: Path, *arguments: str, expect: int = 0) -> list[int]:
    """Gives the keys of what a filter lets through."""
    out = source.parent / "chosen.rec"
    run("filter", source, *arguments, "-fo", out, expect=expect)
    before, after = dict(entries(source)), entries(out)
    assert all(before[key] == data for key, data in after)
    return [int(key) for key, _ in after]


FIVES = list(range(0, 20, 5))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--label", "0"], FIVES),
        (["--label", "1", "--label", "0"], sorted(FIVES + [n + 1 for n in FIVES])),
        (["--label", "1,0"], sorted(FIVES + [n + 1 for n in FIVES])),
        (["--label", "0..1"], sorted(FIVES + [n + 1 for n in FIVES])),
        (["--label", "..0.5"], FIVES),
        (["--label", "1000"], list(range(20, 30))),
        (["--label", "4.."], [4, 9, 14, 19, *range(20, 30)]),
        (["--label", "22..24", "--label-index", "1"], [22, 23, 24]),
        (["--label", "0..", "--label-index", "2"], []),
        (["--label", "0..", "--label-index", str(2**32 - 1)], []),
        (["--id", "100..102,129"], [0, 1, 2, 29]),
        (["--id", "118446744073709551615"], []),
        (["--key", "7", "--key", "3..5", "--key", "30"], [3, 4, 5, 7, 30]),
        (["--key", "28.."], [28, 29, 30]),
        (["--label", "0", "--key", "5..11"], [5, 10]),
        (
            ["--label", "0", "--key", "5..11", "--invert"],
            [n for n in range(31) if n not in (5, 10)],
        ),
        (["--label", "0..", "--invert"], [30]),
        (["--key", "1..", "--invert"], [0]),
        (["--max-size", "5"], [30]),
        (["--min-size", "47", "--max-size", "49"], [0, 1, 2]),
        (["--min-size", "1K"], []),
    ],
)
def test_what_is_wanted_comes_through_with_its_key(
    images: Path, arguments: list[str], expected: list[int]
) -> None:
    assert chosen(images, *arguments) == expected


def test_a_label_is_what_it_is_stored_as(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for key, label in enumerate([0.1, 0.2, 0.3, -1.5, float("nan")]):
            writer.write(pack(IRHeader(0, label, key, 0), IMAGE), key)
    assert chosen(tmp_path / "a.rec", "--label", "0.1") == [0]
    assert chosen(tmp_path / "a.rec", "--label", "0.1..0.3") == [0, 1, 2]
    assert chosen(tmp_path / "a.rec", "--label", "-1.5") == [3]
    assert chosen(tmp_path / "a.rec", "--label", "-1.5..0.15") == [0, 3]


def test_a_label_that_is_no_number_or_has_no_end_is_in_the_ranges_that_have_it(
    tmp_path: Path,
) -> None:
    labels = [float("nan"), float("inf"), -float("inf"), -0.0, [float("nan"), 1.0]]
    with Writer(tmp_path / "a.rec") as writer:
        for key, label in enumerate(labels):
            writer.write(pack(IRHeader(0, label, key, 0), IMAGE), key)
    assert chosen(tmp_path / "a.rec", "--label", "..inf") == [1, 2, 3]
    assert chosen(tmp_path / "a.rec", "--label", "1e39..") == [1]
    assert chosen(tmp_path / "a.rec", "--label", "-inf") == [2]
    assert chosen(tmp_path / "a.rec", "--label", "0") == [3]
    assert chosen(tmp_path / "a.rec", "--label", "..inf", "--invert") == [0, 4]
    assert chosen(tmp_path / "a.rec", "--label", "1", "--label-index", "1") == [4]


def test_an_id_has_all_of_its_64_bits(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for key, number in enumerate([2**53, 2**53 + 1, 2**64 - 1]):
            writer.write(pack(IRHeader(0, 0.0, number, 0), IMAGE), key)
    assert chosen(tmp_path / "a.rec", "--id", str(2**53 + 1)) == [1]
    assert chosen(tmp_path / "a.rec", "--id", f"{2**53 + 1}..") == [1, 2]
    assert chosen(tmp_path / "a.rec", "--id", str(2**64 - 1)) == [2]


def test_keys_are_texts_or_stand_in_a_file(tmp_path: Path) -> None:
    keys = ["a", "b..c", "7", "@x", "07", "鍵"]
    a = write_numbered(tmp_path / "a.rec", range(6), keys)

    def through(*arguments: str) -> list[str]:
        run("filter", a, *arguments, "-fo", tmp_path / "out.rec")
        return [key for key, _ in entries(tmp_path / "out.rec")]

    assert through("--key", "a", "--key", "b..c") == ["a", "b..c"]
    assert through("--key", "1..9") == ["7"]
    assert through("--key", "07") == ["07"]
    (tmp_path / "wanted.txt").write_text("鍵\r\n\n@x\n", encoding="utf-8")
    assert through("--key", f"@{tmp_path / 'wanted.txt'}") == ["@x", "鍵"]
    (tmp_path / "wanted.txt").write_text("a\n", encoding="utf-8-sig")
    assert through("--key", f"@{tmp_path / 'wanted.txt'}") == ["a"]
    (tmp_path / "wanted.txt").write_bytes(b"\xff\n")
    err = run("filter", a, "--key", f"@{tmp_path}/wanted.txt", "-fo", tmp_path / "o.rec", expect=1)
    assert "wanted.txt" in err.err
    err = run("filter", a, "--key", f"@{tmp_path}/none.txt", "-fo", tmp_path / "o.rec", expect=1)
    assert "none.txt: No such file" in err.err


def test_keys_that_nobody_has_are_told(images: Path) -> None:
    keys = [option for key in ("5", "77", "none") for option in ("--key", key)]
    err = run("filter", images, *keys, "-o", images.with_name("out.rec")).err
    assert "2 keys without a record: 77, none" in err


def test_nothing_that_is_wanted_is_told_and_no_error(images: Path) -> None:
    out = images.with_name("out.rec")
    result = run("filter", images, "--label", "77", "-o", out, "--json")
    assert "no record is wanted" in result.err
    assert (json.loads(result.text)["written"], out.stat().st_size) == (0, 0)
    assert out.with_suffix(".idx").exists()


def test_keys_that_two_files_share_matter_only_for_what_is_wanted(images: Path) -> None:
    other = write_numbered(images.with_name("other.rec"), range(3))
    out = images.with_name("out.rec")
    run("filter", images, other, "--key", "20..", "-o", out)
    run("filter", images, other, "--label", "0", "-fo", out)
    err = run("filter", images, other, "--max-size", "50", "-fo", out, expect=1).err
    assert "same key" in err
    run("filter", images, other, "--max-size", "50", "-fo", out, "--keys", "ordinal")
    assert [key for key, _ in entries(out)] == [str(n) for n in range(8)]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--label", "x"),
        ("--label", ""),
        ("--label", ".."),
        ("--id", "1.5"),
        ("--min-size", "-3"),
        ("--label", "1", "--label-index", "-1"),
        ("--label", "1", "--label-index", "9" * 30),
        ("--label", "nan"),
        ("--label", "3..1"),
        ("--label", "1,,2"),
        ("--id", "9" * 5000),
    ],
)
def test_what_makes_no_sense_is_a_wrong_usage(images: Path, arguments: tuple[str, ...]) -> None:
    run("filter", images, *arguments, "-o", images.with_name("out.rec"), expect=2)
    assert not images.with_name("out.rec").exists()


def test_damage_ends_it_or_is_left_out(images: Path) -> None:
    damage(images, 5)
    assert run("filter", images, "--label", "0", "-o", images.with_name("o.rec"), expect=1).err
    run(
        "filter",
        images,
        "--label",
        "0",
        "-o",
        images.with_name("o.rec"),
        "--skip-damaged",
        expect=3,
    )
    assert [key for key, _ in entries(images.with_name("o.rec"))] == ["0", "10", "15"]
