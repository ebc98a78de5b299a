"""What holds for every command whatever its source is: empty, damaged, missing, huge, read-only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, write_images
from cli.matrix import (
    check_is_told,
    each_looker,
    each_reader,
    each_source_reader,
    each_writer,
    left,
    ready,
)
from cli.samples import SAMPLES
from recordio_rs import Writer

EMPTY = {"rec": b"", "tar": bytes(10240), "tfrecord": b"", "parquet": b""}


@each_source_reader
def test_a_source_without_records(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    source = tmp_path / f"empty.{sample.source}"
    if sample.source == "folder":
        source.mkdir()
    elif sample.source == "rec":
        Writer(source).close()
    else:
        source.write_bytes(EMPTY[sample.source])
    result = run(*ready(sample, source, out), expect=None)
    assert result.code in (0, 1, 3)
    assert "Traceback" not in result.err
    if result.code == 1:
        check_is_told(result.err)
        assert left(sample, out) == []


@each_looker
def test_who_only_looks_goes_on_past_damage_and_tells(name: str, tmp_path: Path, out: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run(*SAMPLES[name].filled(rec, out), expect=3)
    assert result.out + result.err.encode()


@each_reader
def test_damage_ends_who_writes_and_leaves_no_target(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    if sample.kind == "looks":
        pytest.skip("goes on")
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run(*sample.filled(rec, out), expect=1)
    check_is_told(result.err)
    assert str(rec) in result.err
    # Once: a command may have another one do its work.
    assert result.err.count("recordio repair writes") == 1
    assert result.err.count("--skip-damaged goes on") == (sample.kind == "writes")
    assert left(sample, out) == []
    assert not result.out


@each_writer
def test_damage_that_is_skipped_is_told_and_is_a_loss(name: str, tmp_path: Path, out: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run(*SAMPLES[name].filled(rec, out), "--skip-damaged", expect=3)
    assert "warning: " in result.err
    assert left(SAMPLES[name], out) or result.out


@each_reader
def test_an_index_that_lacks_records_is_never_well(name: str, tmp_path: Path, out: Path) -> None:
    if name.startswith("index"):
        pytest.skip("makes a new one")
    rec = write_images(tmp_path / "a.rec")
    index = rec.with_suffix(".idx")
    index.write_bytes(b"".join(index.read_bytes().splitlines(keepends=True)[:-2]))
    assert run(*SAMPLES[name].filled(rec, out), expect=None).code in (1, 3)


@each_source_reader
def test_a_source_that_is_missing(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    suffix = "" if sample.source == "folder" else f".{sample.source}"
    missing = tmp_path / f"missing{suffix}"
    result = run(*ready(sample, missing, out), expect=1)
    check_is_told(result.err)
    assert missing.name in result.err
    assert left(sample, out) == []


@each_source_reader
def test_a_folder_where_a_file_should_be(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    if sample.source == "folder":
        pytest.skip("reads a folder")
    folder = tmp_path / f"folder.{sample.source}"
    folder.mkdir()
    result = run(*ready(sample, folder, out), expect=1)
    check_is_told(result.err)
    assert left(sample, out) == []


@each_source_reader
def test_a_file_of_something_else(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    suffix = "rec" if sample.source == "folder" else sample.source
    noise = tmp_path / f"noise.{suffix}"
    noise.write_bytes(b"this is no RecordIO" * 100)
    result = run(*ready(sample, noise, out), expect=None)
    assert result.code in (1, 3)
    assert "Traceback" not in result.err


@each_reader
def test_a_huge_index(name: str, out: Path, huge: Path) -> None:
    if SAMPLES[name].target in ("{out}", "{out}.tar", "{out}.tfrecord") and name != "get-files":
        pytest.skip("makes something of each record")
    result = run(*SAMPLES[name].filled(huge, out), timeout=60, expect=None)
    if name in ("index-id", "verify-deep", "view", "view-html"):
        assert result.code in (0, 1, 3)  # what has no image
        assert "Traceback" not in result.err
    else:
        assert result.code == 0, result.err


@each_source_reader
@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_to_nowhere_is_told(name: str, tmp_path: Path, out: Path) -> None:
    sample = SAMPLES[name]
    link = tmp_path / f"link.{sample.source}"
    link.symlink_to(tmp_path / "nowhere")
    result = run(*ready(sample, link, out), expect=1)
    check_is_told(result.err)
    assert left(sample, out) == []
