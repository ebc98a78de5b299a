"""`recordio im2rec`; that it does what MXNet's does is in `test_im2rec_differential.py`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_tree
from recordio_rs import IRHeader, Reader, pack, unpack


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four images in each of three folders."""
    return write_tree(tmp_path / "tree")


def ids(rec: Path) -> list[int]:
    """Gives the ids of the records, which are their keys."""
    with Reader(rec) as reader:
        found = [unpack(record)[0].id for record in reader]
        assert found == list(reader.keys)
    return found


def test_a_list_is_made_and_packed(tree: Path, tmp_path: Path) -> None:
    listed = run("im2rec", "--list", "--recursive", tmp_path / "a", tree)
    assert listed.text == "class 0 0\nclass 1 1\nclass 2 2\n"
    lines = (tmp_path / "a.lst").read_text().splitlines()
    assert len(lines) == 12
    made = run("im2rec", "--pass-through", tmp_path / "a", tree)
    assert made.text == ""
    assert "a.rec: 12 records" in made.err
    assert ids(tmp_path / "a.rec") == [int(line.split("\t")[0]) for line in lines]
    assert ids(tmp_path / "a.rec") != sorted(ids(tmp_path / "a.rec"))
    with Reader(tmp_path / "a.rec") as reader:
        image = (tree / "class 2" / "image-2.jpg").read_bytes()
        assert reader[list(reader.keys).index(9)] == pack(IRHeader(0, 2.0, 9, 0), image)
    assert sorted(os.listdir(tmp_path)) == ["a.idx", "a.lst", "a.rec", "tree"]


def test_options_may_be_shortened_and_extensions_have_no_commas(tree: Path, tmp_path: Path) -> None:
    (tree / "a.bmp").write_bytes(image_bytes(1, ".bmp"))
    (tree / "b.png").write_bytes(image_bytes(1, ".png"))
    options = ["--li", "--rec", "--no-s", "--ex", ".bmp", ".png", "--train=0.5"]
    run("im2rec", tmp_path / "a", tree, *options)
    assert (tmp_path / "a_train.lst").read_text() == "0\t0.000000\ta.bmp\n"
    assert (tmp_path / "a_val.lst").read_text() == "1\t0.000000\tb.png\n"
    run("im2rec", "--qual", "80", "--res=16", "--num", "2", "--enc", ".png", tmp_path / "a", tree)
    assert ids(tmp_path / "a_train.rec") == [0]
    run("im2rec", "--list", "--exts", ".bmp", "--", tmp_path / "c", tree)
    assert (tmp_path / "c.lst").read_text() == "0\t0.000000\ta.bmp\n"


@pytest.mark.parametrize(
    "options",
    [
        ["--p"],
        ["--list", "--train-ratio", "nan"],
        ["--list", "--train-ratio", "0.5", "--test-ratio", "inf"],
        ["--list", "--train-ratio", "-0.5"],
        ["--re", "9"],
        ["--list", "--exts", ".jpg"],
        ["--exts"],
        ["--color", "3"],
    ],
)
def test_what_is_not_clear_is_a_wrong_usage(options: list[str], tree: Path, tmp_path: Path) -> None:
    result = run("im2rec", *options, tmp_path / "a", tree, expect=2)
    assert "Error: " in result.err
    assert os.listdir(tmp_path) == ["tree"]


def test_what_is_there_is_replaced_when_the_new_one_is_whole(tree: Path, tmp_path: Path) -> None:
    for _ in range(2):
        run("im2rec", "--list", "--recursive", tmp_path / "a", tree)
        run("im2rec", tmp_path / "a", tree)
    before = (tmp_path / "a.rec").read_bytes()
    for path in tree.rglob("*.jpg"):
        path.unlink()
    result = run("im2rec", tmp_path / "a", tree, expect=1)
    assert "none of 12 images can be packed" in result.err
    assert (tmp_path / "a.rec").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.idx", "a.lst", "a.rec", "tree"]


def test_what_is_left_out_is_told_for_people_and_programs(tree: Path, tmp_path: Path) -> None:
    (tree / "class 0" / "image-0.jpg").write_bytes(b"")
    run("im2rec", "--list", "--recursive", "--no-shuffle", tmp_path / "a", tree)
    with open(tmp_path / "a.lst", "ab") as file:
        file.write(b"nonsense\n")
    result = run("im2rec", "--json", tmp_path / "a", tree, expect=3)
    report = json.loads(result.text)
    assert [Path(one["path"]).name for one in report["skipped"]] == [
        "a.lst, line 13",
        "image-0.jpg",
    ]
    assert report["files"][0]["records"] == 11
    assert "image-0.jpg: the file is empty" in result.err
    assert ids(tmp_path / "a.rec") == list(range(1, 12))


def test_ids_that_are_there_twice_are_told(tree: Path, tmp_path: Path) -> None:
    name = "class 0/image-0.jpg"
    (tmp_path / "a.lst").write_text(f"1\t0\t{name}\n1\t2\t{name}\n")
    result = run("im2rec", tmp_path / "a", tree, expect=3)
    assert "have the same id, 1" in result.err
    with Reader(tmp_path / "a.rec", index=False) as reader:
        assert len(reader) == 2


def test_a_folder_without_images_gives_an_empty_list_and_a_warning(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = run("im2rec", "--list", tmp_path / "a", tmp_path / "in", expect=3)
    assert "warning: " in result.err
    assert "--recursive looks into" in result.err
    assert (tmp_path / "a.lst").read_bytes() == b""
    result = run("im2rec", tmp_path / "a", tmp_path / "in", expect=3)
    assert "a.lst: there is no image in it" in result.err
    assert (tmp_path / "a.rec").read_bytes() == b""


def test_ratios_that_mean_nothing_are_told(tree: Path, tmp_path: Path) -> None:
    made: list[str | Path] = ["im2rec", "--list", "--recursive", tmp_path / "a", tree]
    assert "warning: --test-ratio needs a --train-ratio" in run(*made, "--test-ratio", "0.2").err
    assert [path.name for path in tmp_path.glob("*.lst")] == ["a.lst"]
    result = run(*made, "--train-ratio", "0.9", "--test-ratio", "0.4")
    assert "warning: --train-ratio 0.9 and --test-ratio 0.4 are more than 1" in result.err


@pytest.mark.parametrize("arguments", [["--exts", ".jpg", "a", "in"], ["a", "--ex", ".jpg", "in"]])
def test_extensions_that_take_all_that_follows_are_told(arguments: list[str]) -> None:
    told = " ".join(run("im2rec", "--list", *arguments, expect=2).err.split())
    assert "All that follows --exts is taken for its values: put it last, or --" in told


def test_names_are_told_as_they_are_given(tree: Path, tmp_path: Path) -> None:
    (tree / "class 0" / "image-0.jpg").write_bytes(b"")
    run("im2rec", "--list", "--recursive", "./lists/../a", "tree", folder=tmp_path)
    result = run("im2rec", "a", "tree", "--json", folder=tmp_path, expect=3)
    report = json.loads(result.text)
    assert report["files"][0]["list"] == "a.lst"
    assert report["files"][0]["path"] == "a.rec"
    assert [one["path"] for one in report["skipped"]] == ["tree/class 0/image-0.jpg"]
    assert "\na.rec: 11 records, " in result.err
    (tmp_path / "in").mkdir()
    run("im2rec", "--list", ".", "../tree", folder=tmp_path / "in", expect=3)
    assert (tmp_path / "in.lst").exists()  # as im2rec.py calls it


def test_a_list_of_which_nothing_can_be_read_does_not_end_the_others(
    tree: Path, tmp_path: Path
) -> None:
    name = "class 0/image-0.jpg"
    (tmp_path / "a_1.lst").write_text("0\t0\tnowhere.jpg\n")
    (tmp_path / "a_2.lst").write_text(f"0\t0\t{name}\n1\t0\tnowhere.jpg\n")
    (tmp_path / "a_3.lst").write_text(f"0\t0\t{name}\n")
    result = run("im2rec", "a", "tree", "--json", folder=tmp_path, expect=1)
    assert sorted(path.name for path in tmp_path.glob("*.rec")) == ["a_2.rec", "a_3.rec"]
    files = json.loads(result.text)["files"]
    assert [one.get("records") for one in files] == [None, 1, 1]
    assert "none of 1 image can be packed" in files[0]["error"]
    assert "error: a_1.rec is not written" in result.err
    assert "a_2.rec: 1 record, " in result.err
    assert result.err.count("; 1 left out") == 1


def test_no_list_is_an_error(tree: Path, tmp_path: Path) -> None:
    result = run("im2rec", tmp_path / "a", tree, expect=1)
    assert f"no list is there whose path begins with {tmp_path / 'a'}" in result.err
    assert "nowhere" in run("im2rec", "--list", tmp_path / "a", "nowhere", expect=1).err
    assert "no-folder" in run("im2rec", tmp_path / "no-folder" / "a", tree, expect=1).err


def test_the_help_tells_all_options_of_mxnet() -> None:
    text = run("im2rec", "--help").text
    for option in ("--list", "--exts", "--chunks", "--num-thread", "--pass-through", "--color"):
        assert option in text
