"""`recordio convert` and TFRecord files: what its library reads and writes, and damage."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tfrecord.reader import tfrecord_loader  # type: ignore[import-untyped]
from tfrecord.writer import TFRecordWriter  # type: ignore[import-untyped]

from cli.command_line import run
from cli.datasets import image_bytes, write_images
from recordio_rs import Reader, RecordIOError, unpack
from recordio_rs.tools.converting.conversion import Plan, convert


def write(path: Path, examples: list[dict[str, tuple[object, str]]]) -> Path:
    """Writes examples with the library."""
    writer = TFRecordWriter(str(path))
    for example in examples:
        writer.write(example)
    writer.close()
    return path


def photos(path: Path, count: int = 3) -> Path:
    """Writes images as TensorFlow's own scripts name them."""
    return write(
        path,
        [
            {
                "image/encoded": (image_bytes(number), "byte"),
                "image/class/label": (number + 1, "int"),
                "image/format": (b"jpeg", "byte"),
            }
            for number in range(count)
        ],
    )


def test_its_library_reads_images_and_classes(tmp_path: Path) -> None:
    run("convert", write_images(tmp_path / "a.rec", 4), tmp_path / "a.tfrecord")
    wanted = {"image/encoded": "byte", "image/class/label": "int", "image/format": "byte"}
    read = list(tfrecord_loader(str(tmp_path / "a.tfrecord"), None, wanted))
    assert [bytes(one["image/encoded"]) for one in read] == [
        image_bytes(number, ".png" if number == 3 else ".jpg") for number in range(4)
    ]
    assert [int(one["image/class/label"][0]) for one in read] == [0, 1, 2, 0]
    assert [bytes(one["image/format"]) for one in read] == [b"jpeg", b"jpeg", b"jpeg", b"png"]


def test_the_library_writes_what_is_read(tmp_path: Path) -> None:
    photos(tmp_path / "a.tfrecord")
    photos(tmp_path / "b.tfrecord")
    result = run("convert", tmp_path / "a.tfrecord", tmp_path / "b.tfrecord", tmp_path / "a.rec")
    assert "warning" not in result.err
    with Reader(tmp_path / "a.rec") as reader:
        assert list(reader.keys) == list(range(6))
        found = [unpack(record) for record in reader]
    assert [header.label for header, _ in found] == [1, 2, 3, 1, 2, 3]
    assert [header.id for header, _ in found] == list(range(6))
    assert [image for _, image in found] == [image_bytes(number) for number in (0, 1, 2, 0, 1, 2)]


def test_features_of_other_names(tmp_path: Path) -> None:
    write(
        tmp_path / "a.tfrecord",
        [{"picture": (image_bytes(0), "byte"), "boxes": ([0.5, 1.5], "float"), "id": (1, "int")}],
    )
    files = (tmp_path / "a.tfrecord", tmp_path / "a.rec")
    assert "there are: boxes, id, picture" in run("convert", *files, expect=1).err
    names = ("--image-feature", "picture", "--label-feature", "boxes")
    result = run("convert", *files, *names, "--json", expect=3)
    assert json.loads(result.text)["lost_fields"] == {"id": 1}
    run("convert", *files, *names, "--ignore", "id", "--force")
    with Reader(tmp_path / "a.rec") as reader:
        assert unpack(reader[0])[0].label.tolist() == [0.5, 1.5]
    names = ("--image-feature", "picture", "--label-feature", "missing")
    assert "no feature missing" in run("convert", *files, *names, "--force", expect=1).err


@pytest.mark.parametrize("value", [(b"dog", "byte"), ([b"a", b"b"], "byte")])
def test_a_label_that_is_no_number_is_an_error(value: tuple[object, str], tmp_path: Path) -> None:
    write(tmp_path / "a.tfrecord", [{"image": (image_bytes(0), "byte"), "label": value}])
    err = run("convert", tmp_path / "a.tfrecord", tmp_path / "a.rec", expect=1).err
    assert "the label is" in err


def test_any_bit_that_is_flipped_and_any_cut_is_seen(tmp_path: Path) -> None:
    write(tmp_path / "a.tfrecord", [{"image": (b"image", "byte"), "label": (1, "int")}] * 2)
    whole = (tmp_path / "a.tfrecord").read_bytes()
    damaged, made = tmp_path / "b.tfrecord", tmp_path / "b.rec"
    flipped = [
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(len(whole))
    ]
    cut = [whole[:length] for length in range(1, len(whole)) if length != len(whole) // 2]
    for content in flipped + cut:
        damaged.write_bytes(content)
        with pytest.raises(RecordIOError):
            convert(Plan([str(damaged)], "tfrecord", [str(made)], "rec"))
        assert not made.exists()


def test_damage_that_is_skipped_is_told(tmp_path: Path) -> None:
    content = bytearray(photos(tmp_path / "a.tfrecord").read_bytes())
    content[60] ^= 1
    (tmp_path / "a.tfrecord").write_bytes(content)
    files = (tmp_path / "a.tfrecord", tmp_path / "a.rec")
    assert "checksum" in run("convert", *files, expect=1).err
    result = run("convert", *files, "--skip-damaged", "--json", expect=3)
    assert json.loads(result.text)["records"] == 2
    assert json.loads(result.text)["damage_count"] == 1


def test_records_that_are_no_examples_are_an_error(tmp_path: Path) -> None:
    from recordio_rs.tools.converting.tfrecord_framing import frame

    (tmp_path / "a.tfrecord").write_bytes(frame(b"\xff\xff no message"))
    err = run("convert", tmp_path / "a.tfrecord", tmp_path / "a.rec", expect=1).err
    assert "no tf.train.Example" in err


def test_gzip_is_read(tmp_path: Path) -> None:
    plain = photos(tmp_path / "a.tfrecord").read_bytes()
    (tmp_path / "b.tfrecord.gz").write_bytes(gzip.compress(plain))
    for name in ("a.tfrecord", "b.tfrecord.gz"):
        run("convert", tmp_path / name, tmp_path / f"{name[0]}.rec")
    assert (tmp_path / "a.rec").read_bytes() == (tmp_path / "b.rec").read_bytes()
    (tmp_path / "b.tfrecord.gz").write_bytes(gzip.compress(plain)[:-9])
    err = run("convert", tmp_path / "b.tfrecord.gz", tmp_path / "c.rec", expect=1).err
    assert "damaged gzip file" in err
