"""`recordio convert` and Parquet files: what pyarrow reads and writes, and damage."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_images
from recordio_rs import Reader, RecordIOError, Writer, pack, unpack
from recordio_rs.tools.converting.conversion import Plan, convert

IMAGES = [image_bytes(number) for number in range(4)]


def write(path: Path, **columns: object) -> Path:
    """Writes columns with pyarrow."""
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


def labels(path: Path) -> list[object]:
    """Gives the labels of a file."""
    with Reader(path, key_type=str) as reader:
        found = [unpack(record)[0] for record in reader]
    return [header.label.tolist() if header.flag else header.label for header in found]


def test_the_columns_are_readable(tmp_path: Path) -> None:
    run("convert", write_images(tmp_path / "a.rec", 3), tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["key"].to_pylist() == ["0", "1", "2"]
    assert table["image"].to_pylist() == IMAGES[:3]
    assert table["format"].to_pylist() == ["jpeg"] * 3
    assert table["label"].to_pylist() == [0.0, 1.0, 2.0]
    assert table["labels"].to_pylist() == [None] * 3
    assert table["id"].to_pylist() == [0, 1, 2]
    assert table["record"].null_count == 3


def test_rows_are_in_groups_that_need_little_memory(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for key in range(5):
            writer.write(pack((0, 1.0, key, 0), IMAGES[0] + bytes(5 << 20)), key)
    run("convert", tmp_path / "a.rec", tmp_path / "a.parquet")
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    assert [metadata.row_group(group).num_rows for group in range(3)] == [2, 2, 1]
    run("convert", tmp_path / "a.parquet", tmp_path / "b.rec")
    assert (tmp_path / "b.rec").read_bytes() == (tmp_path / "a.rec").read_bytes()


def test_vectors_and_other_records_have_columns_of_their_own(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(pack((0, [1, 2], 7, 8), IMAGES[0]), "a")
        writer.write(b"no image", "b")
    run("convert", tmp_path / "a.rec", tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["labels"].to_pylist() == [[1.0, 2.0], None]
    assert table["record"].to_pylist() == [None, b"no image"]
    assert table["flag"].to_pylist() == [2, None]


def test_what_pyarrow_writes_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", image=IMAGES, label=[3, 2, 1, 0])
    assert "warning" not in run("convert", tmp_path / "a.parquet", tmp_path / "a.rec").err
    assert labels(tmp_path / "a.rec") == [3, 2, 1, 0]
    with Reader(tmp_path / "a.rec") as reader:
        assert list(reader.keys) == [0, 1, 2, 3]
        assert [unpack(record)[1] for record in reader] == IMAGES
        assert [unpack(record)[0].id for record in reader] == [0, 1, 2, 3]


def test_images_as_hugging_face_has_them(tmp_path: Path) -> None:
    images = [{"bytes": image, "path": f"{place}.jpg"} for place, image in enumerate(IMAGES)]
    write(tmp_path / "a.parquet", image=images, label=[3, 2, 1, 0])
    result = run("convert", tmp_path / "a.parquet", tmp_path / "a.rec", "--json", expect=3)
    assert json.loads(result.text)["lost_fields"] == {"image.path": 4}
    assert "column image.path, 4 times" in result.err
    assert labels(tmp_path / "a.rec") == [3, 2, 1, 0]


def test_columns_that_are_ignored_are_no_loss(tmp_path: Path) -> None:
    images = [{"bytes": image, "path": f"{place}.jpg"} for place, image in enumerate(IMAGES)]
    key = ["a", "b", "c", "d"]
    write(tmp_path / "a.parquet", image=images, label=[3, 2, 1, 0], key=key, caption=key)
    files = (tmp_path / "a.parquet", tmp_path / "a.rec", "--force")
    run("convert", *files, "--ignore", "image.path,caption")
    assert labels(tmp_path / "a.rec") == [3, 2, 1, 0]
    result = run("convert", *files, "--ignore", "image.path, key", "--ignore", "label", expect=3)
    assert "column caption, 4 times" in result.err
    assert "4 samples have no label" in result.err
    with Reader(tmp_path / "a.rec") as reader:
        assert list(reader.keys) == [0, 1, 2, 3]


def test_columns_of_other_names_and_types(tmp_path: Path) -> None:
    boxes = pa.array([[1.5, 2], [], [3], [4, 5]], pa.list_(pa.float64()))
    write(
        tmp_path / "a.parquet", picture=IMAGES, boxes=boxes, key=["a", "b", "c", "d"], more=IMAGES
    )
    files = (tmp_path / "a.parquet", tmp_path / "a.rec")
    assert "there are: picture, boxes, key, more" in run("convert", *files, expect=1).err
    names = ("--image-column", "picture", "--label-column", "boxes")
    assert "column more, 4 times" in run("convert", *files, *names, expect=3).err
    assert labels(tmp_path / "a.rec") == [[1.5, 2.0], 0.0, [3.0], [4.0, 5.0]]
    with Reader(tmp_path / "a.rec", key_type=str) as reader:
        assert list(reader.keys) == ["a", "b", "c", "d"]
    wrong = ("--image-column", "boxes", "--force")
    assert "no encoded images" in run("convert", *files, *wrong, expect=1).err


def test_rows_without_image_are_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", image=[IMAGES[0], None], label=[1, 2])
    files = (tmp_path / "a.parquet", tmp_path / "a.rec")
    assert "no image" in run("convert", *files, expect=1).err
    run("convert", *files, "--skip-damaged", expect=3)
    assert labels(tmp_path / "a.rec") == [1]


def test_labels_that_are_text_are_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", image=IMAGES[:1], label=["dog"])
    err = run("convert", tmp_path / "a.parquet", tmp_path / "a.rec", expect=1).err
    assert "the label is 'dog'" in err


@pytest.mark.parametrize("content", [b"", b"PAR1", b"noise" * 100, b"PAR1" + bytes(100) + b"PAR1"])
def test_garbage_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    err = run("convert", tmp_path / "a.parquet", tmp_path / "a.rec", expect=1).err
    assert "damaged Parquet file" in err
    assert not (tmp_path / "a.rec").exists()
    run("convert", tmp_path / "a.parquet", tmp_path / "a.rec", "--skip-damaged", expect=3)


def test_bits_that_are_flipped_in_images_are_seen_by_the_checksums(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 3)
    run("convert", rec, tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    begin = whole.index(IMAGES[0])
    damaged = tmp_path / "b.parquet"
    for place in range(begin, begin + len(IMAGES[0]), 97):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(RecordIOError):
            convert(Plan([str(damaged)], "parquet", [str(tmp_path / "b.rec")], "rec"))
    result = run("convert", damaged, tmp_path / "b.rec", "--skip-damaged", expect=3)
    assert "rows 0 to 3 are lost" in result.err
