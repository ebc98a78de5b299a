"""`recordio info`, `ls` and `head`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import write_images


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve image records of three classes."""
    return write_images(tmp_path / "a.rec")


def test_ls_has_a_line_for_each_record(images: Path) -> None:
    lines = [line.split("\t") for line in run("ls", images).text.splitlines()]
    assert [line[0] for line in lines] == [str(number) for number in range(12)]
    assert [line[4] for line in lines[:4]] == ["jpeg", "jpeg", "jpeg", "png"]


def test_ls_lists_those_that_are_asked_for(images: Path) -> None:
    lines = run("ls", images, "--json", "--ordinals", "3..4").text.splitlines()
    assert [json.loads(line)["key"] for line in lines] in ([3, 4], ["3", "4"])


def test_head_shows_as_many_as_are_asked_for(images: Path) -> None:
    assert len(run("head", images, "-n", "2", "--json").text.splitlines()) == 2


def test_info_counts_records_and_classes(images: Path) -> None:
    text = run("info", images).text
    assert "3 classes of 4 each" in text
    assert "9 jpeg" in text
    assert json.loads(run("info", images, "--json").text)
