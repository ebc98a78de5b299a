"""From records to another format and back: nothing is different."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.command_line import run
from cli.datasets import image_bytes, write_images
from recordio_rs import Writer, pack
from recordio_rs.tools.converting.conversion import Plan, convert
from recordio_rs.tools.source import Source

SUFFIXES = {"webdataset": ".tar", "tfrecord": ".tfrecord", "parquet": ".parquet"}
VECTORS = Path(__file__).parents[1] / "vectors"

# Those whose index lists all records.
_WHOLE = [
    path
    for path in sorted(VECTORS.glob("*.rec"))
    if path.stem not in ("keys_absent", "keys_partial")
]

each_format = pytest.mark.parametrize("name", SUFFIXES)

_IMAGES = [image_bytes(1), image_bytes(2, ".png"), b"GIF89a" + bytes(20), b"\x93NUMPY" + bytes(9)]
_UINT64 = st.integers(0, 2**64 - 1)
_BITS = st.binary(min_size=4, max_size=4)  # any float32: NaN with a payload, -0.0, infinity
_ODD_BITS = st.sampled_from(
    [np.float32(one).tobytes() for one in (0.0, -0.0, 1.0, 0.1, np.inf, -np.inf, np.nan, 2.0**31)]
    + [b"\x01\x00\x80\x7f"]
)


@st.composite
def image_records(draw: st.DrawFn) -> bytes:
    """Records with any header, mostly with an image behind it."""
    bits = st.one_of(_BITS, _ODD_BITS)
    count = draw(st.integers(0, 5))
    header = count.to_bytes(4, "little") + draw(bits)
    ids = draw(_UINT64).to_bytes(8, "little") + draw(_UINT64).to_bytes(8, "little")
    labels = b"".join(draw(st.lists(bits, min_size=count, max_size=count)))
    data = draw(st.one_of(st.sampled_from(_IMAGES), st.just(b""), st.binary(max_size=40)))
    return header + ids + labels + data


@st.composite
def plain_records(draw: st.DrawFn) -> bytes:
    """Records as most data sets have them."""
    number = draw(st.integers(0, 9))
    image = draw(st.sampled_from(_IMAGES))
    return pack((0, float(draw(st.integers(-5, 5))), number, 0), image)


_KEYS = st.one_of(
    st.integers(-(2**63), 2**70).map(str),
    st.integers(0, 9).map(str),  # of some records the same
    st.sampled_from(
        ["a/b.c", "../x", "/x", "猫.jpg", "a b", "__x__/y", "a~1", "A", "a", "x" * 300]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12),
)
_RECORDS = st.lists(
    st.tuples(_KEYS, st.one_of(image_records(), plain_records(), st.binary(max_size=60))),
    max_size=8,
)


def contents(path: Path) -> list[tuple[str, bytes]]:
    """Gives keys and records of a file."""
    with Source(path) as source:
        return [(source.key(ordinal), record) for ordinal, record in enumerate(source)]


@each_format
@settings(max_examples=150, deadline=None)
@given(records=_RECORDS, shards=st.integers(1, 3))
def test_any_records_come_back_as_they_were(
    name: str, records: list[tuple[str, bytes]], shards: int
) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with Writer(folder / "a.rec") as writer:
            for key, record in records:
                writer.write(record, key)
        before = contents(folder / "a.rec")
        there = [str(folder / f"{number}{SUFFIXES[name]}") for number in range(shards)]
        done = convert(Plan([str(folder / "a.rec")], "rec", there, name))
        assert sum(done.counts) == len(records)
        assert max(done.counts) - min(done.counts) <= 1
        convert(Plan(there, name, [str(folder / "b.rec")], "rec"))
        assert contents(folder / "b.rec") == before
        assert (folder / "b.rec").read_bytes() == (folder / "a.rec").read_bytes()


@each_format
def test_the_same_records_make_the_same_bytes(name: str, tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    for target in ("b", "c"):
        run("convert", rec, tmp_path / f"{target}{SUFFIXES[name]}")
    made = [(tmp_path / f"{target}{SUFFIXES[name]}").read_bytes() for target in ("b", "c")]
    assert made[0] == made[1]


@each_format
@pytest.mark.parametrize("rec", _WHOLE, ids=lambda path: path.stem)
def test_files_of_mxnet_come_back_as_they_were(name: str, rec: Path, tmp_path: Path) -> None:
    there, back = tmp_path / f"a{SUFFIXES[name]}", tmp_path / "b.rec"
    convert(Plan([str(rec)], "rec", [str(there)], name))
    convert(Plan([str(there)], name, [str(back)], "rec"))
    assert contents(back) == contents(rec)


@each_format
def test_several_files_to_several_and_back(name: str, tmp_path: Path) -> None:
    for number in range(3):
        write_images(tmp_path / f"a-{number}.rec", 5, first=number * 5)
    suffix = SUFFIXES[name]
    run("convert", "a-{0..2}.rec", f"b-{{00..03}}{suffix}", folder=tmp_path)
    assert len(list(tmp_path.glob(f"b-*{suffix}"))) == 4
    run("convert", f"b-*{suffix}", "c.rec", "--shards", "3", folder=tmp_path)
    for number in range(3):
        assert contents(tmp_path / f"c-{number:03}.rec") == contents(tmp_path / f"a-{number}.rec")


@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("target", SUFFIXES)
def test_from_any_format_to_any(source: str, target: str, tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    steps = [
        rec,
        *(tmp_path / f"{place}{SUFFIXES[name]}" for place, name in enumerate([source, target])),
        tmp_path / "back.rec",
    ]
    for begin, end in pairwise(steps):
        run("convert", begin, end)
    assert contents(steps[-1]) == contents(rec)
