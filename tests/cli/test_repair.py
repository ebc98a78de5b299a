"""`recordio verify` and `recordio repair`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, write_images
from recordio_rs import Reader

INTACT = [number for number in range(12) if number != 4]


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Twelve image records, one of which is damaged."""
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    return rec


def test_verify_tells_what_is_wrong_and_where(damaged: Path) -> None:
    text = run("verify", damaged, expect=3).text
    assert "11 intact records, 2 problems" in text
    assert "bad-magic: " in text
    assert "record-lost: " in text


def test_verify_tells_programs_the_same(damaged: Path, tmp_path: Path) -> None:
    whole = write_images(tmp_path / "b.rec")
    reports = json.loads(run("verify", "--json", whole, damaged, expect=3).text)
    assert [report["ok"] for report in reports] == [True, False]
    assert [report["records"] for report in reports] == [12, 11]
    assert reports[1]["lost_keys"] == [4]
    assert {problem["kind"] for problem in reports[1]["problems"]} == {"bad-magic", "record-lost"}


def test_verify_goes_on_behind_a_file_that_is_missing(damaged: Path, tmp_path: Path) -> None:
    result = run("verify", tmp_path / "missing.rec", damaged, expect=1)
    assert "missing.rec" in result.err
    assert "11 intact records" in result.text


def test_verify_deep_finds_an_image_that_is_cut(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 1)
    record = Reader(rec)[0]
    rec.write_bytes(rec.read_bytes().replace(record[-2:], b"xx"))  # the end of the JPEG
    run("verify", rec)
    assert "image: " in run("verify", "--deep", rec, expect=3).text


def test_repair_keeps_all_that_is_intact_with_its_keys(damaged: Path, tmp_path: Path) -> None:
    before, out = damaged.read_bytes(), tmp_path / "out.rec"
    report = json.loads(run("repair", "--json", damaged, "-o", out, expect=3).text)
    assert report["lost_keys"] == [4]
    assert report["written"] == str(out)
    assert list(Reader(out).keys) == INTACT
    run("verify", out)
    assert damaged.read_bytes() == before


def test_repair_of_a_whole_file_is_no_loss(tmp_path: Path) -> None:
    rec, out = write_images(tmp_path / "a.rec"), tmp_path / "out.rec"
    run("repair", rec, "-o", out)
    assert out.read_bytes() == rec.read_bytes()


def test_repair_of_several_files_goes_into_a_folder(damaged: Path, tmp_path: Path) -> None:
    whole, into = write_images(tmp_path / "b.rec"), tmp_path / "into"
    run("repair", damaged, whole, "--into", into, expect=3)
    assert [len(Reader(into / name)) for name in ("a.rec", "b.rec")] == [11, 12]


def test_repair_never_writes_over_its_source(damaged: Path) -> None:
    before = damaged.read_bytes()
    assert "error: " in run("repair", damaged, "-o", damaged, "--force", expect=1).err
    assert damaged.read_bytes() == before


def test_repair_has_to_know_where_to(damaged: Path, tmp_path: Path) -> None:
    run("repair", damaged, expect=2)
    run("repair", damaged, damaged, "-o", tmp_path / "out.rec", expect=2)
