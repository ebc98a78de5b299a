"""`recordio cat` and `recordio get`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Reader, Writer, unpack


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
