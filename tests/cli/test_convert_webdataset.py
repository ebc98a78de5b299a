"""`recordio convert` and tar files of WebDataset: what its library reads and writes."""

from __future__ import annotations

import gc
import gzip
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset  # type: ignore[import-untyped]

from cli.command_line import run
from cli.datasets import image_bytes, write_images
from recordio_rs import Reader, Writer, pack, unpack
from recordio_rs.tools.converting.webdataset_names import Names

# The library leaves files to be closed by whoever collects them.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Lets files be closed where that is no warning."""
    yield
    gc.collect()


def read(path: Path) -> list[dict[str, Any]]:
    """Gives the samples that the library reads."""
    return list(webdataset.WebDataset(str(path), shardshuffle=False, empty_check=False))


def write(path: Path, samples: list[dict[str, object]]) -> Path:
    """Writes samples with the library."""
    with webdataset.TarWriter(str(path)) as tar:
        for sample in samples:
            tar.write(sample)
    return path


def photos(path: Path, count: int = 4, **more: object) -> Path:
    """Writes images with the numbers of their classes."""
    return write(
        path,
        [
            {"__key__": f"photo/{number:03}", "jpg": image_bytes(number), "cls": number, **more}
            for number in range(count)
        ],
    )


def test_its_library_gives_images_and_classes_at_once(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 6)
    run("convert", rec, tmp_path / "a.tar")
    loaded = webdataset.WebDataset(str(tmp_path / "a.tar"), shardshuffle=False)
    pairs = list(loaded.decode("rgb8").to_tuple("jpg;png", "cls"))
    assert [number for _, number in pairs] == [0, 1, 2, 0, 1, 2]
    assert all(image.shape == (24, 32, 3) for image, _ in pairs)
    assert [sample["__key__"] for sample in read(tmp_path / "a.tar")] == list("012345")


def test_a_plain_sample_has_no_json_and_others_tell_all(tmp_path: Path) -> None:
    image = image_bytes(0)
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(pack((0, 3.0, 5, 0), image), 5)
        writer.write(pack((0, 2.5, 7, 8), image), "dog.photo")
        writer.write(pack((0, [1, float("nan")], 9, 0), image), 9)
        writer.write(pack((0, [4, 5], 0, 0), b""), 0)
        writer.write(b"no image", 1)
    run("convert", tmp_path / "a.rec", tmp_path / "a.tar")
    samples = read(tmp_path / "a.tar")
    assert [sorted(name for name in one if name[0] != "_") for one in samples] == [
        ["cls", "jpg"],
        ["jpg", "json"],
        ["jpg", "json"],
        ["json"],
        ["bin"],
    ]
    assert [one["__key__"] for one in samples] == ["5", "dog_photo~1", "9", "0", "1"]
    told = json.loads(samples[1]["json"])
    assert (told["key"], told["label"], told["id"], told["id2"]) == ("dog.photo", 2.5, 7, 8)
    assert json.loads(samples[2]["json"])["label"] == [1.0, None]


def test_the_library_writes_what_is_read(tmp_path: Path) -> None:
    photos(tmp_path / "a.tar")
    result = run("convert", tmp_path / "a.tar", tmp_path / "a.rec")
    assert "4 keys are no integers" in result.err
    with Reader(tmp_path / "a.rec", key_type=str) as reader:
        assert list(reader.keys) == [f"photo/{number:03}" for number in range(4)]
        for number, record in enumerate(reader):
            header, image = unpack(record)
            assert (header.flag, header.label, header.id, header.id2) == (0, number, 0, 0)
            assert image == image_bytes(number)
    result = run("convert", tmp_path / "a.tar", tmp_path / "b.rec", "--keys", "ordinal")
    assert "warning" not in result.err
    with Reader(tmp_path / "b.rec") as reader:
        assert list(reader.keys) == [0, 1, 2, 3]


def test_labels_are_where_the_user_says(tmp_path: Path) -> None:
    write(
        tmp_path / "a.tar",
        [
            {
                "__key__": "a",
                "png": image_bytes(0, ".png"),
                "txt": "7\n",
                "json": {"box": [1, 2.5]},
            },
            {"__key__": "b", "png": image_bytes(1, ".png"), "txt": "1 2", "json": {"box": [3]}},
        ],
    )
    first = run("convert", tmp_path / "a.tar", tmp_path / "a.rec", "--label-field", "txt", expect=3)
    assert "member .json, 2 times" in first.err
    second = run(
        "convert", tmp_path / "a.tar", tmp_path / "b.rec", "--label-field", "box", expect=3
    )
    assert "member .txt, 2 times" in second.err
    found = []
    for name in ("a.rec", "b.rec"):
        with Reader(tmp_path / name, key_type=str) as reader:
            found.append([np.atleast_1d(unpack(record)[0].label).tolist() for record in reader])
    assert found == [[[7.0], [1.0, 2.0]], [[1.0, 2.5], [3.0]]]
    missing = run("convert", tmp_path / "a.tar", tmp_path / "c.rec", "--label-field", "x", expect=1)
    assert "no label .x" in missing.err


def test_what_a_record_has_no_place_for_is_told(tmp_path: Path) -> None:
    photos(tmp_path / "a.tar", 3, txt="a caption")
    result = run("convert", "--json", tmp_path / "a.tar", tmp_path / "a.rec", expect=3)
    assert json.loads(result.text)["lost_fields"] == {".txt": 3}
    assert "member .txt, 3 times" in result.err


def test_a_json_that_has_the_label_is_not_left_out_but_its_other_names_are(tmp_path: Path) -> None:
    photos(tmp_path / "a.tar", 3, json={"class_id": 5})
    photos(tmp_path / "b.tar", 3, json={"class_id": 5, "width": 8, "by": "me"})
    rec, label = tmp_path / "a.rec", ("--label-field", "class_id", "--force")
    for name, more in (
        ("a.tar", ["--ignore", "cls"]),
        ("b.tar", ["--ignore", ".cls,.json"]),
        ("b.tar", ["--ignore", "cls,json.by,json.width"]),
    ):
        assert "left out" not in run("convert", tmp_path / name, rec, *label, *more).err
        with Reader(rec, key_type=str) as reader:
            assert [unpack(record)[0].label for record in reader] == [5.0] * 3
    result = run("convert", "--json", tmp_path / "b.tar", rec, *label, expect=3)
    assert json.loads(result.text)["lost_fields"] == {".cls": 3, ".json.by": 3, ".json.width": 3}


def test_members_that_are_ignored_are_no_loss(tmp_path: Path) -> None:
    photos(tmp_path / "a.tar", 2, txt="a caption", json={"width": 8})
    with tarfile.open(tmp_path / "a.tar", "a") as tar:
        tar.addfile(tarfile.TarInfo("README"))
    files = (tmp_path / "a.tar", tmp_path / "a.rec", "--force")
    err = run("convert", *files, expect=3).err
    for name in (".txt, 2 times", ".json, 2 times", "README, 1 time\n"):
        assert f"member {name}" in err
    assert "left out" not in run("convert", *files, "--ignore", "txt,json,README").err
    run("convert", tmp_path / "a.rec", tmp_path / "b.tar")
    run("convert", tmp_path / "b.tar", tmp_path / "b.rec", "--ignore", "json")
    assert (tmp_path / "b.rec").read_bytes() == (tmp_path / "a.rec").read_bytes()


def test_samples_without_a_label_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", [{"__key__": "a", "jpg": image_bytes(0)}])
    assert (
        "1 sample has no label; its record"
        in run("convert", tmp_path / "a.tar", tmp_path / "a.rec").err
    )


@pytest.mark.parametrize("label", ["dog", ""])
def test_a_label_that_is_no_number_is_an_error(label: str, tmp_path: Path) -> None:
    write(
        tmp_path / "a.tar",
        [
            {"__key__": "a", "jpg": image_bytes(0), "cls": label.encode()},
            {"__key__": "b", "jpg": image_bytes(1), "cls": 3},
        ],
    )
    assert "key 'a'" in run("convert", tmp_path / "a.tar", tmp_path / "a.rec", expect=1).err
    assert not (tmp_path / "a.rec").exists()
    run("convert", tmp_path / "a.tar", tmp_path / "a.rec", "--skip-damaged", expect=3)
    with Reader(tmp_path / "a.rec", key_type=str) as reader:
        assert list(reader.keys) == ["b"]


def test_classes_that_float32_does_not_have_are_a_loss(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", [{"__key__": "a", "jpg": image_bytes(0), "cls": 2**24 + 1}])
    assert "float32" in run("convert", tmp_path / "a.tar", tmp_path / "a.rec", expect=3).err


def test_a_sample_without_an_image_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", [{"__key__": "a", "txt": "text", "cls": 1}])
    err = run("convert", tmp_path / "a.tar", tmp_path / "a.rec", expect=1).err
    assert "no image .jpg; it has .cls, .txt" in err
    run("convert", tmp_path / "a.tar", tmp_path / "a.rec", "--image-field", "txt")


def test_a_json_that_only_looks_like_ours_is_an_error(tmp_path: Path) -> None:
    for told in ({"recordio": 1}, {"recordio": 1, "key": "a", "data": "png", "flag": 0}):
        write(tmp_path / "a.tar", [{"__key__": "a", "jpg": image_bytes(0), "json": told}])
        err = run("convert", tmp_path / "a.tar", tmp_path / "a.rec", expect=1).err
        assert "not as recordio writes it" in err


def test_gzip_is_read(tmp_path: Path) -> None:
    plain = photos(tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(plain))
    for name in ("a.tar", "a.tar.gz"):
        run("convert", tmp_path / name, tmp_path / "a.rec", "--force")
        with Reader(tmp_path / "a.rec", key_type=str) as reader:
            assert len(reader) == 4
    damaged = bytearray(gzip.compress(plain, compresslevel=0))
    damaged[2000] ^= 1  # in an image, where only the checksum shows it
    (tmp_path / "a.tar.gz").write_bytes(damaged)
    assert "CRC" in run("convert", tmp_path / "a.tar.gz", tmp_path / "b.rec", expect=1).err
    assert not (tmp_path / "b.rec").exists()


def test_a_tar_file_that_is_cut_anywhere_is_never_well(tmp_path: Path) -> None:
    from recordio_rs import RecordIOError
    from recordio_rs.tools.converting.conversion import Plan, convert

    whole = photos(tmp_path / "a.tar").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as tar:
        end = tar.getmembers()[-1].offset_data + 512
    cut, made = tmp_path / "cut.tar", tmp_path / "cut.rec"
    for length in [*range(0, end, 256), end]:
        cut.write_bytes(whole[:length])
        plan = Plan([str(cut)], "webdataset", [str(made)], "rec")
        with pytest.raises(RecordIOError):
            convert(plan)
        assert sorted(tmp_path.iterdir()) == [tmp_path / "a.tar", cut]


def test_a_damaged_header_is_seen_and_what_is_before_it_can_be_had(tmp_path: Path) -> None:
    damaged = bytearray(photos(tmp_path / "a.tar").read_bytes())
    with tarfile.open(tmp_path / "a.tar") as tar:
        offset = tar.getmembers()[5].offset
    damaged[offset + 100] ^= 0xFF
    (tmp_path / "a.tar").write_bytes(damaged)
    result = run("convert", tmp_path / "a.tar", tmp_path / "a.rec", expect=1)
    assert "damaged tar file" in result.err
    result = run("convert", tmp_path / "a.tar", tmp_path / "a.rec", "--skip-damaged", expect=3)
    with Reader(tmp_path / "a.rec", key_type=str) as reader:
        assert list(reader.keys) == ["photo/000", "photo/001"]


def test_what_stands_behind_the_end_is_not_lost_in_silence(tmp_path: Path) -> None:
    one = photos(tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(one + one)
    assert "behind the end" in run("convert", tmp_path / "a.tar", tmp_path / "a.rec", expect=1).err


def test_no_two_samples_have_one_name() -> None:
    keys = ["5", "7", "5", "6", "6", "7", "007", "a", "a", "a~7", "é", "../a", "a/b", "a/__b", "-1"]
    names = Names()
    given = [names.name(key) for key in keys]
    assert len(set(given)) == len(keys)
    assert given == [
        *("5", "7", "5~2", "6", "6~4", "7~5", "007", "a", "a~8"),
        *("a_7~9", "_~10", "_a~11", "a/b", "a___b~13", "-1"),
    ]
    assert len(names.name("x" * 1000)) < 90
