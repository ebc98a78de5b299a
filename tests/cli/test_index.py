"""`recordio index`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, write_images
from oracle.client import TESTS, VARIABLE, interpreter
from recordio_rs import Reader, Writer, pack, verify

VECTORS = TESTS / "vectors"


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    """A file of images whose keys are their ids, from 100 on."""
    return write_images(tmp_path / "a.rec", first=100)


def test_the_new_index_counts_the_records(rec: Path) -> None:
    index = rec.with_suffix(".idx")
    with Reader(rec) as reader:
        offsets = reader.offsets.tolist()
    index.unlink()
    result = run("index", rec)
    assert index.read_text() == "".join(f"{key}\t{at}\n" for key, at in enumerate(offsets))
    assert result.out == b""
    assert "12 records" in result.err


def test_with_keys_id_it_is_the_index_that_the_writer_made(rec: Path, tmp_path: Path) -> None:
    run("index", rec, "--keys", "id", "-o", tmp_path / "new.idx")
    assert (tmp_path / "new.idx").read_bytes() == rec.with_suffix(".idx").read_bytes()


def test_an_index_that_is_there_is_replaced_only_with_force(rec: Path) -> None:
    index = rec.with_suffix(".idx")
    before = index.read_bytes()
    assert "--force" in run("index", rec, expect=1).err
    assert index.read_bytes() == before
    run("index", "--force", rec)
    assert index.read_bytes() != before
    assert verify(rec).ok


def test_several_files_each_get_their_index(rec: Path) -> None:
    names = ["one.rec", "two.rec", "three.rec"]
    for name in names:
        shutil.copy(rec, rec.with_name(name))
    found = json.loads(run("index", "{one,two,three}.rec", "--json", folder=rec.parent).text)
    assert [one["path"] for one in found] == names
    assert {one["records"] for one in found} == {12}
    for name in names:
        assert verify(rec.with_name(name)).ok
        assert rec.with_name(name).with_suffix(".idx").exists()


def test_one_that_is_missing_does_not_keep_others_from_theirs(rec: Path) -> None:
    rec.with_suffix(".idx").unlink()
    result = run("index", "missing.rec", rec, "--json", folder=rec.parent, expect=1)
    missing, made = json.loads(result.text)
    assert "missing.rec: No such file" in missing["error"]
    assert made["records"] == 12
    assert [missing["ok"], made["ok"]] == [False, True]
    assert rec.with_suffix(".idx").exists()
    assert not rec.with_name("missing.idx").exists()


def test_of_a_damaged_file_there_is_no_index(rec: Path, tmp_path: Path) -> None:
    damage(rec, 4)
    result = run("index", rec, "-o", tmp_path / "new.idx", expect=1)
    assert "at byte" in result.err
    assert "--skip-damaged goes on past it, recordio repair writes" in result.err
    assert not (tmp_path / "new.idx").exists()


def test_a_length_that_leads_across_records_is_damage(tmp_path: Path) -> None:
    # In sequence it is read as one record: the heads of those inside it are found by a search.
    rec = tmp_path / "across.rec"
    with Writer(rec, index=False) as writer:
        for number in range(6):
            writer.write(b"%08d" % number)
    data = bytearray(rec.read_bytes())
    data[16 + 4 : 16 + 8] = (8 + 16 + 16).to_bytes(4, "little")
    rec.write_bytes(data)
    assert not verify(rec).ok
    run("index", rec, expect=1)


def test_with_skip_damaged_what_is_intact_gets_an_entry(rec: Path) -> None:
    damage(rec, 4)
    result = run("index", rec, "--force", "--skip-damaged", "--json", expect=3)
    (made,) = json.loads(result.text)
    assert made["records"] == 11
    assert [region["kind"] for region in made["skipped"]] == ["bad-magic"]
    assert "warning: " in result.err
    with Reader(rec, errors="skip") as reader:
        assert list(reader.keys) == list(range(11))


def test_many_damaged_regions_are_counted_not_listed(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", count=60)
    for ordinal in range(1, 60, 2):
        damage(rec, ordinal)
    result = run("index", rec, "--force", "--skip-damaged", expect=3)
    assert len(result.err.splitlines()) < 25
    assert "and 25 more regions" in result.err


def test_equal_ids_are_no_keys(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec", index=False) as writer:
        for _ in range(2):
            writer.write(pack((0, 0.0, 5, 0), b""))
    assert "same id, 5" in run("index", "--keys", "id", tmp_path / "a.rec", expect=1).err
    assert os.listdir(tmp_path) == ["a.rec"]


def test_ids_need_image_records(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec", index=False) as writer:
        writer.write(b"short")
    assert "not an image record" in run("index", "--keys", "id", tmp_path / "a.rec", expect=1).err


def test_an_empty_file_has_an_empty_index(tmp_path: Path) -> None:
    (tmp_path / "a.rec").touch()
    run("index", tmp_path / "a.rec")
    assert (tmp_path / "a.idx").read_bytes() == b""


def test_records_of_standard_input_need_a_place_for_their_index(rec: Path, tmp_path: Path) -> None:
    assert "-o" in run("index", "-", stdin=b"", expect=2).err
    run("index", "-", "-o", tmp_path / "new.idx", stdin=rec.read_bytes())
    assert len((tmp_path / "new.idx").read_bytes().splitlines()) == 12


def test_one_index_is_not_for_two_files(rec: Path, tmp_path: Path) -> None:
    run("index", rec, rec, "-o", tmp_path / "new.idx", expect=2)


def test_two_files_of_one_index_are_an_error(rec: Path) -> None:
    before = rec.with_suffix(".idx").read_bytes()
    shutil.copy(rec, rec.with_suffix(".dat"))
    for other in (rec.with_suffix(".dat"), rec):
        result = run("index", rec, other, "--force", "--keys", "ordinal", expect=1)
        assert "a.idx would be written twice" in result.err
    assert rec.with_suffix(".idx").read_bytes() == before


def test_a_folder_that_takes_no_files_is_told_and_others_get_their_index(
    rec: Path, tmp_path: Path
) -> None:
    # A folder where the new file would be stands for one that may not be written to: root may.
    (tmp_path / "b.idx.partial").mkdir()
    shutil.copy(rec, tmp_path / "b.rec")
    result = run("index", tmp_path / "b.rec", rec, "--force", expect=1)
    assert "b.idx: Is a directory" in result.err
    assert not (tmp_path / "b.idx").exists()
    assert "12 records" in result.err


def test_the_records_are_not_written_over(rec: Path) -> None:
    assert "another output" in run("index", rec, "-o", rec, "--force", expect=1).err


def test_a_writer_that_has_the_file_is_told(rec: Path) -> None:
    with Writer(rec.with_name("busy.rec")) as writer:
        writer.write(b"one")
        writer.flush()
        result = run("index", "--force", rec.with_name("busy.rec"), expect=1)
    assert "another writer" in result.err


@pytest.mark.differential
@pytest.mark.parametrize("name", sorted(path.name for path in VECTORS.glob("*.rec")))
def test_it_has_the_bytes_that_mxnets_tool_writes(name: str, tmp_path: Path) -> None:
    if not interpreter().exists():
        reason = f"no MXNet: {interpreter()} is missing ({VARIABLE} can name another)"
        if os.environ.get("RECORDIO_REQUIRE_ORACLE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    ours, theirs = tmp_path / "ours.idx", tmp_path / "theirs.idx"
    subprocess.run(
        [interpreter(), "-m", "oracle.index_of_records", VECTORS / name, theirs],
        cwd=TESTS,
        check=True,
        timeout=120,
    )
    run("index", VECTORS / name, "--keys", "ordinal", "-o", ours)
    assert ours.read_bytes() == theirs.read_bytes()
