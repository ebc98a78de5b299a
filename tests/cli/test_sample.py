"""`recordio sample`: some of the records, by chance."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage
from cli.numbered import entries, record, write_numbered
from recordio_rs import Reader, Writer, pack, unpack


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
    assert "11 records cannot be drawn: there are 10" in err
    assert not (tmp_path / "out.rec").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-n", "1", "--fraction", "0.1"),
        ("-n", "-1"),
        ("--fraction", "1.1"),
        ("--fraction", "nan"),
        ("-n", "1", "--by-label"),
        ("-n", "1", "--rest", "-", "-o", "-"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("sample", a, "-o", tmp_path / "out.rec", *arguments, expect=2)
    assert len(list(tmp_path.iterdir())) == 2


def test_options_that_exclude_each_other_are_told_as_such(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    out = ("-o", tmp_path / "out.rec")
    both = ("-n", "1", "--fraction", "0.1")
    assert "-n and --fraction exclude each other" in run("sample", a, *both, *out, expect=2).err
    assert "one of -n and --fraction is needed" in run("sample", a, *out, expect=2).err


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


_IMAGE = b"\xff\xd8\xff" + bytes(20)


def write_labelled(path: Path, labels: list[float]) -> Path:
    """Writes image records with labels; the keys are their ids."""
    with Writer(path) as writer:
        for number, label in enumerate(labels):
            writer.write(pack((0, label, number, 0), _IMAGE), number)
    return path


def labels_of(path: Path) -> list[float]:
    """Gives the labels of image records."""
    with Reader(path) as reader:
        return [float(unpack(one)[0].label) for one in reader]


def test_the_rest_goes_to_another_file_in_its_order(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(20_000))
    b = write_numbered(tmp_path / "b.rec", range(20_000, 30_000))
    fit, rest = tmp_path / "fit.rec", tmp_path / "val.rec"
    result = run("sample", a, b, "--fraction", "0.9", "-o", fit, "--rest", rest, "--json")
    run("sample", a, b, "--fraction", "0.9", "-o", tmp_path / "alone.rec")
    assert fit.read_bytes() == (tmp_path / "alone.rec").read_bytes()
    assert drawn(fit) == drawn(tmp_path / "alone.rec")
    assert drawn(rest) == sorted(set(range(30_000)) - set(drawn(fit)))
    told = json.loads(result.text)
    assert (told["written"], told["left_out"]) == (30_000, 0)
    assert [one["records"] for one in told["outputs"]] == [27_000, 3_000]
    lines = result.err.splitlines()
    assert [line.partition(",000 of 30,000 records, ")[0] for line in lines] == ["27", "3"]
    assert [line.rpartition(": ")[2] for line in lines] == [str(fit), str(rest)]


def test_a_sample_and_its_rest_are_made_or_none_of_them(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    (tmp_path / "val.idx").write_text("mine")
    out = ("-n", "5", "-o", tmp_path / "fit.rec")
    for rest, reason in [
        ("val.rec", "val.idx is there already"),
        ("fit.rec", "would be written twice"),
        ("a.rec", "is to be read and to be written"),
        ("fit.bin", "fit.idx would be written twice"),
    ]:
        assert reason in run("sample", a, *out, "--rest", tmp_path / rest, expect=1).err
        assert len(list(tmp_path.iterdir())) == 3
    run("sample", a, *out, "--rest", tmp_path / "val.rec", "-f")
    assert sorted(drawn(tmp_path / "fit.rec") + drawn(tmp_path / "val.rec")) == list(range(10))


def test_a_sample_goes_to_standard_output_and_the_rest_to_a_file(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("sample", a, "-n", "5", "-o", tmp_path / "fit.rec")
    out = run("sample", a, "-n", "5", "-o", "-", "--rest", tmp_path / "val.rec").out
    assert out == (tmp_path / "fit.rec").read_bytes()
    assert len(drawn(tmp_path / "val.rec")) == 5


def test_keys_that_two_files_have_are_told_of_the_rest_too(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    out = ("-n", "0", "-o", tmp_path / "fit.rec", "--rest", tmp_path / "val.rec")
    assert "same key" in run("sample", a, a, *out, expect=1).err
    run("sample", a, a, *out, "--keys", "ordinal")
    assert len(entries(tmp_path / "val.rec")) == 20


@pytest.mark.parametrize("fraction", [0, 0.2, 0.25, 0.75, 1])
def test_of_each_label_the_same_part_is_drawn(tmp_path: Path, fraction: float) -> None:
    labels = [1.0] * 40 + [2.0] * 10 + [float("nan")] * 4 + [3.0]
    order = np.random.RandomState(1).permutation(len(labels))
    a = write_labelled(tmp_path / "a.rec", [labels[place] for place in order])
    b = write_numbered(tmp_path / "b.rec", range(100, 120), size=50)  # no image records
    out = ("-o", tmp_path / "fit.rec", "--rest", tmp_path / "val.rec")
    how = ("--fraction", str(fraction), "--by-label", "--seed", "3")
    err = run("sample", a, b, *how, *out).err
    told = "warning: no record is drawn of 1 label: too few have it"
    assert (told in err) == (0 < fraction < 0.5)
    found = entries(tmp_path / "fit.rec")
    with_label = [float(unpack(record)[0].label) for key, record in found if int(key) < 100]
    counts = {number: with_label.count(number) for number in (1.0, 2.0, 3.0)}
    assert counts == {n: int(labels.count(n) * fraction + 0.5) for n in (1.0, 2.0, 3.0)}
    assert sum(math.isnan(one) for one in with_label) == int(4 * fraction + 0.5)
    assert len(found) - len(with_label) == int(20 * fraction + 0.5)
    keys = [int(key) for key, _ in found]
    others = [int(key) for key, _ in entries(tmp_path / "val.rec")]
    assert (keys, others) == (sorted(keys), sorted(others))
    assert sorted(keys + others) == [*range(len(labels)), *range(100, 120)]


def test_a_larger_sample_of_each_label_has_the_smaller_one(tmp_path: Path) -> None:
    a = write_labelled(tmp_path / "a.rec", [float(number % 3) for number in range(60)])
    found = []
    for seed, fraction in [(1, 0.2), (1, 0.6), (2, 0.2)]:
        how = ("--by-label", "--fraction", str(fraction), "--seed", str(seed))
        run("sample", a, *how, "-fo", tmp_path / "out.rec")
        found.append({key for key, _ in entries(tmp_path / "out.rec")})
        assert sorted(labels_of(tmp_path / "out.rec")) == sorted(
            [0.0, 1.0, 2.0] * int(20 * fraction)
        )
    assert found[0] < found[1]
    assert found[0] != found[2]


def test_labels_that_no_record_has_make_no_difference(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    how = ("--fraction", "0.5", "--by-label", "-o", tmp_path / "out.rec")
    assert "warning: no record has a label" in run("sample", a, *how).err
    by_label = drawn(tmp_path / "out.rec")
    run("sample", a, "--fraction", "0.5", "-fo", tmp_path / "out.rec")
    assert drawn(tmp_path / "out.rec") == by_label
    empty = write_numbered(tmp_path / "empty.rec", [])
    run("sample", empty, *how, "-f")
    assert entries(tmp_path / "out.rec") == []
