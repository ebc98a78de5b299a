"""`recordio cat` and `recordio get`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from damaged import overwrite
from recordio_rs import Reader, Writer, pack, unpack


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve image records."""
    return write_images(tmp_path / "a.rec")


def test_cat_prints_the_bytes_of_all_records(images: Path) -> None:
    assert run("cat", images).out == b"".join(Reader(images))


def test_cat_prints_those_that_are_asked_for_in_their_order(images: Path) -> None:
    records = list(Reader(images))
    assert run("cat", images, "--ordinals", "5,2..3").out == records[5] + records[2] + records[3]
    assert run("cat", images, "--key", "7").out == records[7]


def test_cat_makes_a_file_of_records(images: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.rec"
    part.write_bytes(run("cat", images, images, "--ordinals", "..1", "--format", "rec").out)
    assert list(Reader(part)) == 2 * list(Reader(images))[:2]


def test_cat_prints_images_alone(images: Path) -> None:
    assert run("cat", images, "--ordinals", "1", "--image").out == image_bytes(1)


def test_cat_prints_nothing_of_a_file_that_is_damaged_at_its_end(images: Path) -> None:
    damage(images, 11)
    assert not run("cat", images, expect=1).out
    assert run("cat", images, "--skip-damaged", expect=3).out == b"".join(
        Reader(images, errors="skip")
    )


def test_get_prints_a_record(images: Path) -> None:
    assert run("get", images, "4").out == Reader(images).get(4)
    assert run("get", images, "--ordinals", "-1").out == Reader(images)[-1]


def test_get_reads_on_although_another_record_is_damaged(images: Path) -> None:
    damage(images, 7)
    assert run("get", images, "4", "--image").out == image_bytes(4)
    assert "error: " in run("get", images, "7", expect=1).err


def test_get_writes_files_named_by_key(images: Path, tmp_path: Path) -> None:
    folder = tmp_path / "found"
    run("get", images, "2..3", "-o", folder, "--image")
    assert sorted(path.name for path in folder.iterdir()) == ["2.jpg", "3.png"]
    assert (folder / "2.jpg").read_bytes() == unpack(Reader(images).get(2))[1]
    assert "--force" in run("get", images, "2", "-o", folder, "--image", expect=1).err
    run("get", images, "2", "-o", folder, "--image", "--force")


def test_keys_that_lead_elsewhere_stay_in_the_folder(tmp_path: Path) -> None:
    rec, folder = tmp_path / "a.rec", tmp_path / "in" / "found"
    with Writer(rec) as writer:
        for key in ("../../out", "/etc/x", ".."):
            writer.write(key, key)
    run("get", rec, "../../out", "/etc/x", "..", "-o", folder)
    written = [path for path in tmp_path.rglob("*.bin")]
    assert len(written) == 3
    assert all(path.parent == folder for path in written)


@pytest.mark.parametrize("asked", [("99",), ("1", "x"), ("--ordinals", "12")])
def test_a_record_that_is_not_there_is_told(images: Path, asked: tuple[str, ...]) -> None:
    assert "there is no" in run("get", images, *asked, expect=1).err


def test_get_needs_a_key(images: Path) -> None:
    run("get", images, expect=2)


def test_what_is_no_image_record_has_no_image(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"short", 1)
    assert "no image record" in run("get", tmp_path / "a.rec", "1", "--image", expect=1).err


def test_cat_prints_lines_of_digits_or_json(images: Path, tmp_path: Path) -> None:
    first = Reader(images)[0]
    assert run("cat", images, "--ordinals", "0", "--format", "hex").text == first.hex() + "\n"
    with Writer(tmp_path / "b.rec") as writer:
        writer.write("Käse", "k")
        writer.write(b"\xff\0", "l")
    lines = run("cat", tmp_path / "b.rec", "--format", "json").text.splitlines()
    text, other = (json.loads(line) for line in lines)
    assert (text["key"], text["ordinal"], text["offset"], text["length"]) == ("k", 0, 0, 5)
    assert text["text"] == "Käse"
    assert other["base64"] == "/wA="


def test_cat_prints_delimiters(tmp_path: Path) -> None:
    with Writer(tmp_path / "b.rec") as writer:
        writer.write(b"one")
        writer.write(b"two")
    assert run("cat", tmp_path / "b.rec", "--delimiter", r"\n").out == b"one\ntwo\n"
    assert run("cat", tmp_path / "b.rec", "-0").out == b"one\0two\0"
    run("cat", tmp_path / "b.rec", "-0", "--format", "rec", expect=2)
    run("cat", tmp_path / "b.rec", "-0", "--delimiter", ",", expect=2)


def test_cat_of_some_records_does_not_mind_the_others(images: Path) -> None:
    damage(images, 11)
    assert run("cat", images, "--ordinals", "0..1").out == b"".join(Reader(images)[:2])
    assert not run("cat", images, "--ordinals", "10..11", expect=1).out


def test_get_prints_nothing_if_one_of_them_is_damaged(images: Path, tmp_path: Path) -> None:
    damage(images, 7)
    assert not run("get", images, "6..7", expect=1).out
    run("get", images, "6..7", "-o", tmp_path / "found", expect=1)
    assert not (tmp_path / "found").exists()


def test_get_of_a_range_of_none_fails(images: Path) -> None:
    assert "100..200" in run("get", images, "100..200", expect=1).err


def test_get_writes_nothing_if_one_of_the_files_is_there(images: Path, tmp_path: Path) -> None:
    folder = tmp_path / "found"
    run("get", images, "3", "-o", folder)
    run("get", images, "2..3", "-o", folder, expect=1)
    assert [path.name for path in folder.iterdir()] == ["3.bin"]


def test_get_finds_records_without_an_index(images: Path) -> None:
    assert run("get", images, "--no-index", "4").out == Reader(images)[4]
    assert "99" in run("get", images, "--no-index", "99", expect=1).err


def test_keys_that_are_alike_have_files_of_their_own(tmp_path: Path) -> None:
    keys = ["a/b", "a_b", "a%2Fb", ".a", "x" * 5000, "x" * 5001, "*?", "-r"]
    with Writer(tmp_path / "a.rec") as writer:
        for key in keys:
            writer.write(key, key)
    run("get", tmp_path / "a.rec", "--ordinals", "0..", "-o", tmp_path / "found")
    written = [path.read_text() for path in (tmp_path / "found").iterdir()]
    assert sorted(written) == sorted(keys)


def test_records_of_labels_alone_have_no_image(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(pack((2, [1.0, 2.0], 0, 0), b""), 0)
    assert "no image" in run("get", tmp_path / "a.rec", "0", "--image", expect=1).err


def test_records_with_the_same_key_get_files_of_their_own(tmp_path: Path) -> None:
    rec, folder = tmp_path / "a.rec", tmp_path / "out"
    with Writer(rec) as writer:
        for number, key in enumerate(["k", "k~1", "z", "k"]):
            writer.write(b"%d" % number, key)
    lines = rec.with_suffix(".idx").read_text().replace("k~1", "k").splitlines(keepends=True)
    rec.with_suffix(".idx").write_text("".join(lines))
    run("get", rec, "--ordinals", "..", "--ordinals", "1", "-o", folder, expect=2)
    run("get", rec, "--ordinals", "0..", "--ordinals", "1", "-o", folder)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == {"k.bin": b"0", "k~1.bin": b"1", "z.bin": b"2", "k~3.bin": b"3"}


def test_keys_lead_to_no_other_folder(tmp_path: Path) -> None:
    rec, folder = tmp_path / "a.rec", tmp_path / "in" / "out"
    folder.parent.mkdir()
    with Writer(rec) as writer:
        for key in ("../../x", "/tmp/x", "..", "a\\b", "-rf", "\x01"):
            writer.write(b"data", key)
    run("get", rec, "--ordinals", "0..", "-o", folder)
    assert len(list(folder.iterdir())) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec", "in"]


def test_without_an_index_ordinals_of_several_ranges_are_given_once(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec, index=False) as writer:
        places = [writer.write(b"%d" % number + bytes(9_000_000)) for number in range(3)]
        covering, _ = writer.write(b"data"), writer.write(b"more")
    overwrite(rec, covering + 4, (16).to_bytes(4, "little"))  # so that it covers the last one
    lines = run("ls", rec, "--ordinals", "0..1", "--ordinals", "2..", expect=3).text.splitlines()
    ordinals = [line.split("\t")[0] for line in lines]
    assert len(ordinals) == len(set(ordinals))
    assert ordinals[: len(places)] == ["0", "1", "2"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize(
    "arguments",
    [["cat", "{}"], ["cat", "--format", "rec", "{}"], ["merge", "{}", "-o", "-"]],
    ids=" ".join,
)
def test_standard_output_is_called_so_where_it_is_full(
    tmp_path: Path, arguments: list[str]
) -> None:
    rec = write_images(tmp_path / "a.rec")
    command = [sys.executable, "-m", "recordio_rs", *(one.format(rec) for one in arguments)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"recordio: error: standard output: No space left on device\n"
