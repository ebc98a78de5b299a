"""`recordio bench`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage, write_images
from recordio_rs import Reader, Writer
from recordio_rs.tools.benching import bench as benching
from recordio_rs.tools.benching.bench import Bench, Measurement
from recordio_rs.tools.benching.loops import (
    batch_length,
    batches,
    decoded,
    one_by_one,
    sequential,
)
from recordio_rs.tools.benching.page_cache import cached_share, drop
from recordio_rs.tools.glance import Glance

VECTORS = Path(__file__).parents[1] / "vectors"
WARM = ["sequential", "random", "random-batches", "read-ahead"]


def measure(rec: Path, *options: str, expect: int = 0) -> dict[str, Any]:
    arguments = ["bench", str(rec), "--json", "--seconds", "0.1", *options]
    found = json.loads(run(*arguments, expect=expect).text)
    assert isinstance(found, dict)
    return found


def ways(found: dict[str, Any], cache: str) -> list[str]:
    return [one["name"] for one in found["measurements"] if one["cache"] == cache]


def test_every_way_to_read_images_is_measured(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 50)
    found = measure(rec)
    assert (found["records"], found["size"]) == (50, rec.stat().st_size)
    assert (found["cores"], found["warm_records"]) == (os.cpu_count(), 50)
    assert ways(found, "warm") == [*WARM, "decoded"]
    for one in found["measurements"]:
        assert one["records"] > 0
        assert one["records_per_second"] == pytest.approx(one["records"] / one["seconds"])
        assert one["bytes_per_second"] == pytest.approx(one["bytes"] / one["seconds"])
    assert "is the limit" in found["verdict"]
    assert ways(found, "cold") or any(one.startswith("cold: ") for one in found["not_measured"])


def test_it_is_told_in_words(tmp_path: Path) -> None:
    text = run("bench", write_images(tmp_path / "a.rec"), "--seconds", "0.1").text
    assert "12 records" in text
    assert "in random order, decoded" in text
    assert "images/s" in text


def test_records_that_are_no_images_are_not_decoded(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for number in range(1000):
            writer.write(b"record %d" % number, f"key {number}")
    found = measure(tmp_path / "a.rec")
    assert ways(found, "warm") == WARM
    assert "decoded: most records are no images" in found["not_measured"]
    assert found["verdict"].startswith("Reading gives ")
    assert measure(tmp_path / "a.rec", "--no-index")["records"] == 1000


def test_a_file_without_records(tmp_path: Path) -> None:
    Writer(tmp_path / "a.rec").close()
    found = measure(tmp_path / "a.rec")
    assert found["measurements"] == []
    assert found["verdict"] == "There are no records."


def test_what_is_intact_of_a_damaged_file_is_measured(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    found = measure(rec, expect=3)
    assert found["records"] == 11
    assert ways(found, "warm") == [*WARM, "decoded"]
    for index in (b"nonsense\n", b""):
        rec.with_suffix(".idx").write_bytes(index)
        assert ways(measure(rec, expect=3), "warm") == [*WARM, "decoded"]


@pytest.mark.parametrize("name", ["mixed", "keys_text", "image_jpg_colour", "keys_duplicate"])
def test_files_that_mxnet_has_made_are_measured(name: str) -> None:
    assert set(WARM) <= set(ways(measure(VECTORS / f"{name}.rec"), "warm"))


def test_without_opencv_nothing_is_decoded(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    (tmp_path / "cv2.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    arguments = ["bench", rec, "--json", "--seconds", "0.1"]
    found = json.loads(run(*map(str, arguments), env={"PYTHONPATH": path}).text)
    assert "decoded: OpenCV is not installed" in found["not_measured"]


def test_a_file_of_one_record_is_measured_as_soon_as_any(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"one", 0)
    with Glance(str(tmp_path / "a.rec")) as one:
        order = benching._Run(one, None, 0.1, 0, None, None)._warm_order(1)
    assert len(order) == 1_000_000
    assert not order.any()


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_no_time_at_all_is_a_wrong_usage(seconds: str, tmp_path: Path) -> None:
    run("bench", write_images(tmp_path / "a.rec"), "--seconds", seconds, expect=2)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_what_is_read_is_in_memory_and_what_is_dropped_may_not_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1 << 20))
    path.read_bytes()
    assert cached_share(str(path)) == 1
    assert drop(str(path))
    share = cached_share(str(path))  # 1 on a file system that lives in memory
    assert share is not None
    assert 0 <= share <= 1
    (tmp_path / "empty").write_bytes(b"")
    assert cached_share(str(tmp_path / "empty")) is None


def test_a_system_that_cannot_forget_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benching, "drop", lambda _path: False)
    with Glance(str(write_images(tmp_path / "a.rec"))) as one:
        found = benching.bench(one, seconds=0.05)
    assert "cold: this system cannot be asked to forget a file" in found.missing
    monkeypatch.setattr(benching, "drop", lambda _path: True)
    monkeypatch.setattr(benching, "cached_share", lambda _path: 0.75)
    with Glance(str(tmp_path / "a.rec")) as one:
        found = benching.bench(one, seconds=0.05)
    assert "cold: the system keeps 75% of the file in memory" in found.missing


@pytest.mark.parametrize(
    ("disk", "decoded", "expected"),
    [
        (100_000, 2_000, "Decoding is the limit: 2,000 images/s on 2 cores, that is 500 s for all"),
        (500, 2_000, "The disk is the limit: 500 records/s; 2 cores could decode 2,000 images/s"),
        (None, 2_000, "Decoding is the limit"),
        (500, None, "Reading gives 300,000 records/s from memory, 500 from the disk."),
        (None, None, "Reading gives 300,000 records/s from memory."),
    ],
)
def test_what_the_limit_is(disk: int | None, decoded: int | None, expected: str) -> None:
    from recordio_rs.cli.commands.bench import _verdict

    found = [Measurement("read-ahead", "warm", 300_000, 1, 1.0)]
    if disk is not None:
        found.append(Measurement("random", "cold", disk, 1, 1.0))
    if decoded is not None:
        found.append(Measurement("decoded", "warm", decoded, 1, 1.0))
    verdict = _verdict(Bench("a.rec", 1, 1_000_000, 2, 1.0, 1, tuple(found), ()))
    assert verdict.replace("8 min", "500 s").startswith(expected)


def test_between_two_looks_at_the_clock_little_is_done(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 40)
    order = np.arange(40)
    with Reader(rec) as reader:
        assert sequential(reader, 1e-9).records == 1
        assert one_by_one(reader, order, 1e-9).records == 1
        assert batches(reader, order, 1e-9, 7).records == 7
        assert decoded(reader, order, 1e-9, 40).records == 1
        assert sequential(reader, 60).records == 40
        assert decoded(reader, order, 60, 40).records == 40
    lengths = [batch_length(mean) for mean in (0.0, 100.0, 1e6, 1e7, 1e9)]
    assert lengths == [256, 256, 33, 3, 1]
