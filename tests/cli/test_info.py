"""`recordio info`."""

from __future__ import annotations

import json
import shutil
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import IRHeader, Writer, pack, verify

VECTORS = Path(__file__).parents[1] / "vectors"


def info_of(*paths: Path | str, code: int = 0) -> list[dict[str, Any]]:
    """Runs `info --json`."""
    found: list[dict[str, Any]] = json.loads(run("info", "--json", *paths, expect=code).text)
    return found


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve image records of three classes."""
    return write_images(tmp_path / "a.rec")


def write_vectors(path: Path, labels: list[list[float]], image: bytes) -> Path:
    """Writes image records with vectors of labels."""
    with Writer(path) as writer:
        for number, label in enumerate(labels):
            header = IRHeader(len(label), np.array(label, np.float32), number, 0)
            writer.write(pack(header, image), number)
    return path


def test_people_read_what_is_in_a_file(images: Path) -> None:
    lines = run("info", images).text.splitlines()
    assert lines[0] == str(images)
    said = {line.split()[0]: line.strip() for line in lines[1 : lines.index("")]}
    assert said["Records"].endswith("12")
    assert "9 jpeg, 3 png" in said["Content"]
    assert "32x24x3" in said["Images"]
    assert "3 classes of 4 each, 0 to 2" in said["Labels"]
    assert "0 to 11, unique" in said["Ids"]
    assert "a.idx, whole; 12 entries, integer keys 0 to 11 in order" in said["Index"]
    assert said["Damage"].endswith("none")


def test_programs_read_all_of_it(images: Path) -> None:
    (found,) = info_of(images)
    assert found["path"] == str(images)
    assert (found["records"], found["split"], found["image_records"]) == (12, 0, 12)
    assert found["size"] == images.stat().st_size
    assert found["overhead"] == found["size"] - found["lengths"]["total"]
    assert sum(one["count"] for one in found["lengths"]["histogram"]) == 12
    assert found["labels"]["class_counts"] == {"0": 4, "1": 4, "2": 4}
    assert found["ids"] == {"min": 0, "max": 11, "unique": True, "id2": 0}
    assert found["images"]["formats"] == {"jpeg": 9, "png": 3}
    assert found["images"]["sizes"] == [{"width": 32, "height": 24, "channels": 3, "count": 12}]
    assert found["images"]["width"] == {"min": 32, "median": 32, "max": 32}
    assert found["index"]["is_whole"]
    assert found["damage"] is None
    assert found["identities"] is None


def test_images_are_sampled_the_same_way_each_time(images: Path) -> None:
    first = run("info", "--json", "--sample", "5", images).text
    assert json.loads(first)[0]["images"]["sampled"] == 5
    assert run("info", "--json", "--sample", "5", images).text == first
    assert (
        json.loads(run("info", "--json", "--sample", "0", images).text)[0]["images"]["width"]
        is None
    )


def test_damage_is_told_and_the_rest_is_counted(images: Path) -> None:
    damage(images, 4)
    (found,) = info_of(images, code=3)
    assert found["records"] == 11
    assert found["damage"]["kinds"] == {"bad-magic": 1, "record-lost": 1}
    assert found["damage"]["skipped_regions"] == 1
    assert found["index"]["wrong"] == 1
    assert not found["index"]["is_whole"]


def test_an_index_that_lacks_records_is_told(images: Path) -> None:
    index = images.with_suffix(".idx")
    index.write_bytes(b"".join(index.read_bytes().splitlines(keepends=True)[:-2]) + b"no entry\n")
    (found,) = info_of(images, code=3)
    assert found["index"]["unlisted"] == 2
    assert found["index"]["bad_lines"] == 1
    assert found["records"] == 12


def test_files_are_told_of_one_by_one_and_together(tmp_path: Path) -> None:
    paths = [
        write_images(tmp_path / f"{number}.rec", first=number * 6, count=6) for number in range(3)
    ]
    *each, total = info_of("--total", *paths)
    assert [one["records"] for one in each] == [6, 6, 6]
    assert (total["total"], total["path"], total["files"], total["records"]) == (True, None, 3, 18)
    assert total["ids"] == {"min": 0, "max": 17, "unique": True, "id2": 0}
    assert info_of("--total", paths[0], paths[0])[-1]["ids"]["unique"] is False


def test_a_file_that_is_missing_does_not_hide_the_others(images: Path) -> None:
    missing, found = info_of("missing.rec", images, code=1)
    assert "missing.rec" in missing["error"]
    assert found["records"] == 12


def test_labels_of_objects_are_recognised(tmp_path: Path) -> None:
    objects = [[number % 3, 0.1, 0.1, 0.5, 0.5] for number in range(5)]
    labels = [[4.0, 5.0, 32.0, 24.0, *chain(*objects[: count + 1])] for count in range(5)]
    rec = write_vectors(tmp_path / "a.rec", labels, image_bytes(1))
    found = info_of(rec)[0]["detection"]
    assert found["records"] == 5
    assert (found["header_widths"], found["object_widths"]) == ({"4": 5}, {"5": 5})
    assert found["objects"] == 15
    assert found["class_counts"] == {"0.0": 7, "1.0": 5, "2.0": 3}
    assert "15 objects of 3 classes" in run("info", rec).text


def test_vectors_that_are_no_objects_are_vectors(tmp_path: Path) -> None:
    rec = write_vectors(tmp_path / "a.rec", [[4.0, 5.0, 1.0]] + [[0.5] * 9] * 2, image_bytes(1))
    (found,) = info_of(rec)
    assert found["detection"] is None
    assert found["labels"]["vector"] == {"3": 1, "9": 2}


def test_identities_of_a_face_dataset_are_recognised(tmp_path: Path) -> None:
    rec = tmp_path / "faces.rec"
    with Writer(rec) as writer:
        writer.write(pack(IRHeader(2, np.array([7, 10], np.float32), 0, 0), b""), 0)
        for number in range(1, 7):
            header = IRHeader(0, float((number - 1) // 2), number, 0)
            writer.write(pack(header, image_bytes(number)), number)
        for number in range(3):
            label = np.array([1 + 2 * number, 3 + 2 * number], np.float32)
            writer.write(pack(IRHeader(2, label, 7 + number, 0), b""), 7 + number)
    (found,) = info_of(rec)
    assert found["identities"] == {"images": 6, "first_key": 7, "end_key": 10}
    assert found["labels_alone"] == 4
    assert found["labels"]["classes"] == 3
    assert "3 (InsightFace)" in run("info", rec).text


def test_labels_that_are_no_classes_have_a_range(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        for label in (-1.5, float("nan"), 2.25):
            writer.write(pack(IRHeader(0, label, 1, 0), image_bytes(1)))
    labels = info_of(rec)[0]["labels"]
    assert (labels["classes"], labels["min"], labels["max"]) == (None, -1.5, 2.25)


def test_what_other_records_are_is_told(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        for record in (b"", b"words", b'{"a": 1}', b"\0\1\2", b"\x1f\x8b\x08"):
            writer.write(record)
    (found,) = info_of(rec)
    assert found["contents"] == {"empty": 1, "text": 1, "json": 1, "binary": 1, "gzip": 1}
    assert found["labels"] is None


def test_a_file_without_records_is_well(tmp_path: Path) -> None:
    Writer(tmp_path / "a.rec").close()
    (found,) = info_of(tmp_path / "a.rec")
    assert (found["records"], found["lengths"], found["damage"]) == (0, None, None)


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("keys_text", "keys", "text"),
        ("keys_duplicate", "duplicate_keys", 3),
        ("keys_out_of_order", "is_in_order", True),
        ("keys_sparse", "are_ordinals", False),
        ("deviations/offset_twice", "duplicate_offsets", 1),
        ("keys_negative", "keys", "integer"),
    ],
)
def test_the_index_of_files_made_by_mxnet_is_described(
    name: str, field: str, expected: object
) -> None:
    found = json.loads(run("info", "--json", VECTORS / f"{name}.rec", expect=None).text)
    assert found[0]["index"][field] == expected


def test_split_records_of_mxnet_are_counted() -> None:
    (found,) = info_of(VECTORS / "magic_many.rec")
    assert found["split"] > 0


def test_bars_need_no_more_than_ascii_where_there_is_no_more(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        for length in (1, 5, 5, 9) * 5:
            writer.write(b"x" * length)
    text = run("info", rec, env={"PYTHONIOENCODING": "ascii"}).text
    assert "#" in text
    assert "█" in run("info", rec, env={"PYTHONIOENCODING": "utf-8"}).text
    assert "█" not in run("info", "--no-charts", rec).text


def test_a_copy_without_index_has_none(images: Path, tmp_path: Path) -> None:
    copy = shutil.copy(images, tmp_path / "b.rec")
    assert info_of(copy)[0]["index"] is None
    assert info_of("--no-index", images)[0]["index"] is None


def test_labels_that_are_no_finite_numbers_are_counted(tmp_path: Path) -> None:
    image, rec = image_bytes(0), tmp_path / "a.rec"
    with Writer(rec) as writer:
        for number, label in enumerate([1.5, float("nan"), float("inf"), -float("inf"), 2.5]):
            writer.write(pack((0, label, number, 0), image), number)
    (found,) = info_of(rec)
    labels = found["labels"]
    assert (labels["min"], labels["max"], labels["not_finite"]) == (1.5, 2.5, 3)
    assert "1.5 to 2.5, 3 infinite or NaN" in run("info", rec).text


def test_objects_that_fill_up_a_row_are_no_objects(tmp_path: Path) -> None:
    real, nothing = [3.0, 0.1, 0.1, 0.5, 0.5], [-1.0] * 5
    odd = [[float("nan"), 0.1, 0.1, 0.5, 0.5], [float("inf"), 0.1, 0.1, 0.5, 0.5]]
    rows = [[2.0, 5.0, *real, *nothing], [2.0, 5.0, *real, *real]]
    rows += [[2.0, 5.0, *real, *one] for one in odd]
    (found,) = info_of(write_vectors(tmp_path / "a.rec", rows, image_bytes(0)))
    assert found["detection"]["records"] == 4
    assert found["detection"]["class_counts"] == {"3.0": 5}


def test_vectors_that_are_no_objects_are_told_beside_them(tmp_path: Path) -> None:
    rows = [[2.0, 5.0, 3.0, 0.1, 0.1, 0.5, 0.5], [2.0, 5.0]]
    rec = write_vectors(tmp_path / "a.rec", rows, image_bytes(0))
    text = run("info", rec).text
    assert "1 of objects (header width 2, object width 5): 1 object of 1 class" in text
    assert "; 1 other vector" in text


def test_damage_is_told_by_what_it_is(images: Path) -> None:
    damage(images, 4)
    damage(images, 5)
    damage(images, 9)
    index = images.with_suffix(".idx")
    index.write_bytes(b"".join(index.read_bytes().splitlines(keepends=True)[1:]))
    found = "2 damaged regions (3 records lost), 1 record without an entry"
    result = run("info", images, expect=3)
    assert f"warning: {images}: {found}; " in result.err
    assert f"Damage      {found}; " in result.text
    lines = run("verify", images, "--max-problems", "1", expect=3).text.splitlines()
    assert lines[0] == f"{images}: 9 intact records, {found}"
    region = verify(images).skipped[0]
    assert lines[1].endswith(f"; bytes {region.begin} to {region.end} are lost")
    assert lines[2:] == ["  ... and 5 more"]
    assert json.loads(run("verify", "--json", images, "--max-problems", "1", expect=3).text)[0][
        "omitted"
    ]
