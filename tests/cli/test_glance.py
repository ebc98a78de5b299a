"""A few records of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.datasets import damage, write_images
from recordio_rs import Reader, Writer
from recordio_rs.tools.glance import Glance
from recordio_rs.tools.intervals import Interval
from recordio_rs.tools.viewing.choosing import choose, sample_of
from recordio_rs.tools.viewing.view import Wanted, view


def test_records_are_found_by_ordinal_and_begin_as_they_do(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", first=100)
    with Glance(str(rec)) as one, Reader(rec) as reader:
        assert one.report.ok
        assert (len(one), one.key(3), one.record(3)) == (12, "103", reader[3])
        assert one.start(3, 24) == reader[3][:24]
        assert one.start(3, 1 << 20) == reader[3]


def test_keys_may_be_any_text(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(b"data", "a key")
    with Glance(str(tmp_path / "a.rec")) as one:
        assert one.key(0) == "a key"


@pytest.mark.parametrize("text", [b"", b"nonsense\n", b"0\t0\n1\t999999\n", b"0\t0\n"])
def test_an_index_that_is_damaged_or_ends_too_soon_hides_no_record(
    text: bytes, tmp_path: Path
) -> None:
    rec = write_images(tmp_path / "a.rec")
    rec.with_suffix(".idx").write_bytes(text)
    with Glance(str(rec)) as one:
        assert not one.report.ok
        assert len(one) == 12


def test_damage_is_told_wherever_it_is_and_the_rest_is_shown(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    with Glance(str(rec)) as one:
        assert not one.report.ok
        viewed = view([one], str(tmp_path / "a.png"), Wanted(count=1, seed=None))
    assert (viewed.records, viewed.shown, viewed.images) == (11, 1, 1)


def test_the_magic_in_a_header_does_not_hide_it(tmp_path: Path) -> None:
    record = bytes(4) + (0xCED7230A).to_bytes(4, "little") + bytes(40)
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(record, 0)
    with Glance(str(tmp_path / "a.rec")) as one:
        assert one.start(0, 24) == record[:24]


def test_labels_are_found_in_any_file_by_a_sample_as_good_as_any(tmp_path: Path) -> None:
    recs = [write_images(tmp_path / f"{n}.rec", 30, classes=3, first=30 * n) for n in range(2)]
    with Glance(str(recs[0])) as one, Glance(str(recs[1])) as two:
        wanted = [Interval(2, 2)]
        everything = choose([one, two], 99, labels=wanted)
        assert everything == [(place, at) for place in (0, 1) for at in range(2, 30, 3)]
        some = choose([one, two], 7, labels=wanted, seed=4)
        assert len(some) == 7
        assert set(some) <= set(everything)
        assert some == sorted(some) == choose([one, two], 7, labels=wanted, seed=4)
        assert choose([one, two], 3, labels=wanted, seed=None) == everything[:3]


@pytest.mark.parametrize("count", [0, 1, 10, 60, 99, 100, 1000])
def test_a_sample_has_so_many_different_numbers(count: int) -> None:
    sample = sample_of(100, count, 5).tolist()
    assert len(sample) == min(count, 100) == len(set(sample))
    assert sample == sorted(sample)
    assert set(sample) <= set(range(100))
