"""The bars of `recordio info`."""

from __future__ import annotations

import json
from pathlib import Path

from cli.command_line import run
from cli.datasets import image_bytes
from recordio_rs import IRHeader, Writer, pack


def write_classes(path: Path, counts: list[int]) -> Path:
    """Writes so many records of each class."""
    with Writer(path) as writer:
        for label, count in enumerate(counts):
            for number in range(count):
                header = IRHeader(0, float(label), number, 0)
                writer.write(pack(header, image_bytes(number % 5)), writer.tell())
    return path


def test_a_few_classes_have_a_bar_each_with_their_names(tmp_path: Path) -> None:
    rec = write_classes(tmp_path / "a.rec", [3 + label % 2 for label in range(19)])
    names = tmp_path / "names.txt"
    names.write_text("".join(f"name{label}\n" for label in range(18)))
    bars = run("info", "--names", names, rec).text.partition("Records by class\n")[2].splitlines()
    assert [line.split()[:2] for line in bars[:18]] == [[str(n), f"name{n}"] for n in range(18)]
    assert [line.split()[-1] for line in bars] == ["3", "4"] * 9 + ["3"]
    assert bars[18].split()[0] == "18"
    (found,) = json.loads(run("info", "--json", "--names", names, rec).text)
    assert found["class_names"]["17"] == "name17"
    assert len(run("info", rec).text.partition("Records by class\n")[2].splitlines()) == 19


def test_of_many_classes_the_most_and_the_least_frequent_ones_are_shown(tmp_path: Path) -> None:
    rec = write_classes(tmp_path / "a.rec", [1 + label % 4 for label in range(40)])
    text = run("info", rec).text
    most = text.partition("Records of the 8 most frequent classes\n")[2].splitlines()
    least = text.partition("Records of the 8 least frequent classes\n")[2].splitlines()
    assert [line.split()[0] for line in most[:3]] == ["3", "7", "11"]
    assert [line.split()[0] for line in least[7:5:-1]] == ["36", "32"]
    sizes = text.partition("How many classes have how many records\n")[2].splitlines()
    assert [line.split()[:2] + line.split()[-1:] for line in sizes] == [
        [str(size), "records", "10"] for size in range(1, 5)
    ]


def test_of_few_records_there_is_no_histogram(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"x")
        writer.write(b"x" * 9)
    assert "by length" not in run("info", tmp_path / "a.rec").text
