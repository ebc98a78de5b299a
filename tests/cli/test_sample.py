"""`recordio sample`: some of the records, by chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage
from cli.numbered import entries, record, write_numbered


def drawn(path: Path) -> list[int]:
    """Gives the keys of a sample."""
    found = entries(path)
    assert all(data == record(int(key)) for key, data in found)
    return [int(key) for key, _ in found]


def test_a_sample_has_so_many_records_each_once_in_their_order(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(100))
    told = json.loads(run("sample", a, "-n", "30", "-o", tmp_path / "out.rec", "--json").text)
    keys = drawn(tmp_path / "out.rec")
    assert keys == sorted(set(keys))
    assert len(keys) == 30
    assert (told["records"], told["written"], told["left_out"]) == (100, 30, 70)


def test_a_larger_sample_of_the_seed_has_the_smaller_one(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(100))
    found = {}
    for count, seed in [(10, 1), (40, 1), (10, 2)]:
        run("sample", a, "-n", f"{count}", "--seed", f"{seed}", "-fo", tmp_path / "out.rec")
        found[count, seed] = set(drawn(tmp_path / "out.rec"))
    assert found[10, 1] < found[40, 1]
    assert found[10, 1] != found[10, 2]


@pytest.mark.parametrize(
    ("fraction", "count"), [("0", 0), ("0.04", 0), ("0.05", 1), ("0.5", 5), ("1", 10)]
)
def test_a_fraction_is_rounded(tmp_path: Path, fraction: str, count: int) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("sample", a, "--fraction", fraction, "-o", tmp_path / "out.rec")
    assert len(drawn(tmp_path / "out.rec")) == count


def test_several_files_are_one(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    b = write_numbered(tmp_path / "b.rec", range(10, 20))
    run("sample", a, b, "-n", "20", "-o", tmp_path / "all.rec")
    assert drawn(tmp_path / "all.rec") == list(range(20))
    assert "same key" in run("sample", a, a, "-n", "20", "-o", tmp_path / "c.rec", expect=1).err
    run("sample", a, a, "-n", "20", "--keys", "ordinal", "-o", tmp_path / "c.rec")
    assert [int(key) for key, _ in entries(tmp_path / "c.rec")] == list(range(20))


def test_more_than_there_are_is_an_error(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    err = run("sample", a, "-n", "11", "-o", tmp_path / "out.rec", expect=1).err
    assert "there are only 10 records, not 11" in err
    assert not (tmp_path / "out.rec").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-n", "1", "--fraction", "0.1"),
        ("-n", "-1"),
        ("--fraction", "1.1"),
        ("--fraction", "nan"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("sample", a, *arguments, "-o", tmp_path / "out.rec", expect=2)


def test_what_is_intact_of_a_damaged_file_is_sampled(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    damage(a, 5)
    run("sample", a, "--fraction", "1", "-o", tmp_path / "out.rec", expect=1)
    run("sample", a, "--fraction", "1", "-o", tmp_path / "out.rec", "--skip-damaged", expect=3)
    assert drawn(tmp_path / "out.rec") == [0, 1, 2, 3, 4, 6, 7, 8, 9]


def test_of_several_files_no_record_may_be_drawn(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    b = write_numbered(tmp_path / "b.rec", [])
    run("sample", a, b, "-n", "0", "-o", tmp_path / "out.rec")
    assert entries(tmp_path / "out.rec") == []
