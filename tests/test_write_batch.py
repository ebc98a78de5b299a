"""`Writer.write_batch`: many records in one call are what `write` makes of each of them."""

from __future__ import annotations

import array
import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolated import run_python
from recordio_rs import Reader, Writer
from recordio_rs._recordio_rs import FileWriter, RecordIndex
from recordio_rs.exceptions import (
    ClosedError,
    ForkedError,
    InvalidKeyError,
    RecordTooLargeError,
    StorageError,
    WriteAfterFailureError,
)
from reference import MAGIC, decode, encode

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"first", b"", MAGIC * 2, b"last"]


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


def test_it_writes_what_write_does(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        offsets = writer.write_batch(RECORDS)
    assert rec.read_bytes() == b"".join(encode(record) for record in RECORDS)
    assert (str(offsets.dtype), offsets.tolist()) == ("uint64", [0, 16, 24, 48])
    assert idx.read_bytes() == b"0\t0\n1\t16\n2\t24\n3\t48\n"


PAYLOADS = st.lists(st.sampled_from([MAGIC, MAGIC[:2], b"x", bytes(5)]), max_size=6).map(b"".join)
KEYS = st.one_of(st.integers(-(2**70), 2**70), st.sampled_from(["a", "b c", "鍵", "-1", "007"]))


@settings(max_examples=60, deadline=None)
@given(
    batches=st.lists(st.lists(st.tuples(PAYLOADS, KEYS), max_size=8), max_size=4),
    has_keys=st.booleans(),
    is_packed=st.booleans(),
)
def test_any_batches_are_as_their_records_one_by_one(
    batches: list[list[tuple[bytes, int | str]]], has_keys: bool, is_packed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, many, source = (Path(folder) / f"{name}.rec" for name in ("one", "many", "source"))
        everything = [record for batch in batches for record, _ in batch]
        with Writer(source) as writer:
            for record in everything:
                writer.write(record)
        with Writer(one) as writer:
            expected = [
                [writer.write(record, key if has_keys else None) for record, key in batch]
                for batch in batches
            ]
        found, begin = [], 0
        with Writer(many) as writer, Reader(source) as reader:
            for batch in batches:
                keys = [key for _, key in batch] if has_keys else None
                records: Anything = [record for record, _ in batch]
                if is_packed:
                    records = reader.read_packed(range(begin, begin + len(batch)))
                found.append(writer.write_batch(records, keys).tolist())
                begin += len(batch)
        assert found == expected
        for suffix in (".rec", ".idx"):
            same = [path.with_suffix(suffix).read_bytes() for path in (one, many)]
            assert same[0] == same[1]


@pytest.mark.parametrize(
    "keys",
    [
        np.array([5, -3, 2**40]),
        np.array([5, 3, 7], np.uint8),
        np.array([5, 3, 2**64 - 1], np.uint64),
        array.array("q", [5, 3, 7]),
        range(5, 8),
        iter([5, "three", 10**30]),
        (np.int64(5), np.str_("x"), True),
    ],
)
def test_keys_are_any_integers_or_texts(rec: Path, idx: Path, keys: Anything) -> None:
    expected = list(keys)
    with Writer(rec) as writer:
        writer.write_batch(
            [b"a", b"b", b"c"], iter(expected) if hasattr(keys, "__next__") else keys
        )
    found = [line.split("\t")[0] for line in idx.read_text(encoding="utf-8").splitlines()]
    assert found == [key if isinstance(key, str) else str(int(key)) for key in expected]


def test_records_are_anything_that_write_takes(rec: Path) -> None:
    rows = np.arange(6, dtype=np.uint8).reshape(2, 3)
    with Writer(rec) as writer:
        writer.write_batch([b"bytes", bytearray(b"array"), "text ü", memoryview(b"abcd")[::2]])
        writer.write_batch(rows)
        writer.write_batch(record for record in [b"from", b"generator"])
        writer.write_batch([])
    assert payloads(rec) == [
        *[b"bytes", b"array", "text ü".encode(), b"ac"],
        *[b"\0\1\2", b"\3\4\5", b"from", b"generator"],
    ]


def test_the_keys_count_on_over_single_records_and_batches_and_behind_an_old_end(
    rec: Path, idx: Path
) -> None:
    with Writer(rec) as writer:
        writer.write(b"a", 100)
        writer.write_batch([b"b", b"c"])
        writer.write(b"d")
    with Writer(rec, mode="a") as writer:
        writer.write_batch([b"e", b"f"])
    assert [line.split("\t")[0] for line in idx.read_text().splitlines()] == [
        *["100", "1", "2", "3", "101", "102"]
    ]


@pytest.mark.parametrize(
    ("records", "keys", "error"),
    [
        ([b"a", b"b"], ["fine", "with\ttab"], InvalidKeyError),
        ([b"a", b"b"], ["fine", ""], InvalidKeyError),
        ([b"a", b"b"], [1], ValueError),
        ([b"a"], np.array([1, 2]), ValueError),
        ([b"a", 7], None, TypeError),
        ([b"a", b"b"], [1, 2.0], TypeError),
        ([b"a", b"b"], np.array([1.0, 2.0]), TypeError),
        (b"one record", None, TypeError),
        ("one record", None, TypeError),
        (7, None, TypeError),
        ([b"a", bytes(1 << 29)], None, RecordTooLargeError),
        ([b"a", bytearray(1 << 29)], None, RecordTooLargeError),
    ],
)
def test_of_a_batch_that_is_refused_nothing_is_written(
    rec: Path, idx: Path, records: Anything, keys: Anything, error: type[Exception]
) -> None:
    with Writer(rec) as writer:
        with pytest.raises(error):
            writer.write_batch(records, keys)
        assert writer.tell() == 0
        writer.write(b"goes on")
    assert (payloads(rec), idx.read_text()) == ([b"goes on"], "0\t0\n")


def test_without_an_index_there_are_no_keys(rec: Path) -> None:
    with Writer(rec, index=False) as writer:
        assert writer.write_batch([b"a", b"b"]).tolist() == [0, 12]
        with pytest.raises(ValueError, match="nowhere to go"):
            writer.write_batch([b"c"], [1])
    assert payloads(rec) == [b"a", b"b"]


def test_a_closed_writer_refuses(rec: Path) -> None:
    writer = Writer(rec)
    writer.close()
    with pytest.raises(ClosedError):
        writer.write_batch([b"a"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told_and_nothing_more_taken() -> None:
    writer = Writer("/dev/full", index=False)
    with pytest.raises(StorageError, match="No space left"):
        writer.write_batch([bytes(1 << 20)] * 3)
    with pytest.raises(WriteAfterFailureError):
        writer.write_batch([b"a"])
    with pytest.raises(StorageError, match="No space left"):
        writer.close()


def test_batches_of_several_threads_do_not_mix(rec: Path) -> None:
    batches = [[b"%d" % number] * 500 for number in range(8)]

    def write(writer: Writer, batch: Sequence[bytes]) -> None:
        for _ in range(10):
            writer.write_batch(batch)

    with Writer(rec) as writer:
        threads = [threading.Thread(target=write, args=(writer, batch)) for batch in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = payloads(rec)
    assert len(found) == 8 * 10 * 500
    assert all(len(set(found[at : at + 500])) == 1 for at in range(0, len(found), 500))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_cannot_write(rec: Path) -> None:
    with Writer(rec) as writer:
        writer.write_batch([b"parent's"])
        if (child := os.fork()) == 0:
            try:
                writer.write_batch([b"child's"])
            except ForkedError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert payloads(rec) == [b"parent's"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a timer")
def test_ctrl_c_comes_between_two_records(rec: Path) -> None:
    code = """
        import signal, sys
        from recordio_rs import Writer

        def interrupt(number, frame):
            raise KeyboardInterrupt

        signal.signal(signal.SIGALRM, interrupt)
        records = [b"x"] * 4_000_000
        with Writer(sys.argv[1]) as writer:
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            try:
                writer.write_batch(records)
            except KeyboardInterrupt:
                print(writer.tell() // 12, flush=True)
            writer.write(b"goes on")
    """
    count = int(run_python(code, rec))
    assert 0 < count < 4_000_000
    with Reader(rec) as reader:
        assert (len(reader), reader[count - 1], reader[count]) == (count + 1, b"x", b"goes on")


def test_packed_records_are_picked_out_of_several_parts(rec: Path, tmp_path: Path) -> None:
    with Writer(rec) as writer:
        writer.write_batch([b"%d" % number for number in range(10)])
    with Reader(rec) as reader:
        parts = [reader.read_packed([3, 1]), reader.read_packed([]), reader.read_packed([7, 8, 9])]
    out = FileWriter(str(tmp_path / "out.rec"), str(tmp_path / "out.idx"))
    offsets = out.write_packed(parts, np.array([4, 0, 0, 2]), ["a", "b", "c", "d"])
    out.write_packed(parts)
    for picks in ([5], [-1]):
        with pytest.raises(IndexError, match="there are 5 records"):
            out.write_packed(parts, np.array(picks))
    out.close()
    assert np.frombuffer(offsets, np.uint64).tolist() == [0, 12, 24, 36]
    expected = [b"9", b"3", b"3", b"7", b"3", b"1", b"7", b"8", b"9"]
    assert payloads(tmp_path / "out.rec") == expected
    index = RecordIndex.parse(str(tmp_path / "out.idx"), text_keys=True)
    assert index.keys() == ["a", "b", "c", "d", "4", "5", "6", "7", "8"]
    assert index.integer_keys() is None


@pytest.mark.parametrize("keys", [[], [0, 1, 2], [5, -3, 2**62], [-(2**63), 2**63 - 1]])
def test_an_index_gives_integer_keys_as_an_array(idx: Path, keys: list[int]) -> None:
    idx.write_text("".join(f"{key}\t{12 * place}\n" for place, key in enumerate(keys)))
    found = RecordIndex.parse(str(idx), text_keys=False).integer_keys()
    assert found is not None
    assert np.frombuffer(found, np.int64).tolist() == keys
