"""The entries of a writer, which the native module keeps until somebody looks at them."""

from __future__ import annotations

import copy
import os
import pickle
import struct
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recordio_rs import MXIndexedRecordIO
from recordio_rs.exceptions import ClosedError, InvalidKeyError
from reference import MAGIC, decode, encode
from stuck import run_stuck

BLOCK = 512 * 1024  # what the writer gives to the system at once

needs_signals = pytest.mark.skipif(os.name != "posix", reason="needs forks and signals")

keys = (
    st.integers(-3, 3)
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(-(2**70), 2**70)
    | st.booleans()
    | st.integers(-9, 9).map(np.int64)
    | st.integers(-9, 9).map(str)
)
# Besides writing: what somebody may do between two records.
between = st.sampled_from(["", "", "", "idx", "keys", "flush", "tell", "edit", "fail"])
on_one_file = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@on_one_file
@given(steps=st.lists(st.tuples(keys, between), max_size=12))
def test_whenever_one_looks_idx_and_keys_are_what_was_written(
    rec: Path, idx: Path, steps: list[tuple[Any, str]]
) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    expected: dict[int, int] = {}
    asked: list[int] = []
    text = ""
    for number, (key, then) in enumerate(steps):
        offset = writer.tell()
        writer.write_idx(key, b"%d" % number)
        asked.append(int(key))
        expected[int(key)] = offset
        text += f"{int(key)}\t{offset}\n"
        if then == "flush":
            writer.handle.flush()  # type: ignore[union-attr]
        elif then == "edit":
            writer.idx["mine"] = 7
            del writer.idx["mine"]
        elif then == "fail":
            with pytest.raises(TypeError):
                writer.write_idx(key, 7)  # type: ignore[arg-type]
        elif then:
            assert (writer.idx, writer.keys) == (expected, asked) or then == "tell"
            assert then != "tell" or writer.tell() == rec_len(number)
    if len(steps) % 2:
        writer.close()
    assert list(writer.idx.items()) == list(expected.items())
    assert writer.keys == asked
    writer.close()
    assert writer.idx == expected
    assert idx.read_text() == text
    with MXIndexedRecordIO(idx, rec, "r") as reader:
        assert reader.idx == expected
        assert reader.keys == asked


def rec_len(last: int) -> int:
    return sum(len(encode(b"%d" % number)) for number in range(last + 1))


lens = st.sampled_from([0, 1, 4, 8, 5000, *range(BLOCK - 17, BLOCK + 2), 2 * BLOCK - 8, 3 * BLOCK])
payloads = st.builds(
    lambda length, byte, split: bytes([byte]) * length + split * MAGIC, lens, st.integers(0, 255),
    st.sampled_from([0, 0, 0, 1, 3]),
)  # fmt: skip


@on_one_file
@given(steps=st.lists(st.tuples(payloads, st.booleans()), max_size=6))
def test_records_around_the_blocks_of_a_writer_stand_where_it_says(
    rec: Path, idx: Path, steps: list[tuple[bytes, bool]]
) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        for number, (payload, flushes) in enumerate(steps):
            writer.write_idx(number, payload)
            if flushes:
                writer.handle.flush()  # type: ignore[union-attr]
                assert rec.stat().st_size == writer.tell()
        offsets = list(writer.idx.values())
    assert decode(rec.read_bytes()) == list(
        zip(offsets, (payload for payload, _ in steps), strict=True)
    )
    with MXIndexedRecordIO(idx, rec, "r") as reader:
        assert list(reader) == [payload for payload, _ in steps]


def test_what_is_refused_leaves_no_entry(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write_idx(1, b"one")
        with pytest.raises(TypeError):
            writer.write_idx(2, None)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="invalid literal"):
            writer.write_idx("x", b"")
        assert (writer.idx, writer.keys) == ({1: 0}, [1])
        writer.close()
        with pytest.raises(ClosedError):
            writer.write_idx(3, b"three")
        assert (writer.idx, writer.keys) == ({1: 0}, [1])


def test_opened_again_it_forgets_what_was_written(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        for looks in (False, True, False):
            writer.write_idx(1, b"one")
            if looks:
                assert writer.keys == [1]
            writer.reset()
            assert (writer.idx, writer.keys) == ({}, [])
            writer.reset()
        writer.write_idx(2, b"two")
    assert idx.read_text() == "2\t0\n"


def test_a_writer_may_become_a_reader_and_a_writer_again(rec: Path, idx: Path) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    writer.write_idx(1, b"one")
    writer.write_idx(2, b"two")
    writer.flag = "r"
    writer.reset()
    with pytest.raises(AssertionError):
        writer.write_idx(3, b"three")
    assert writer.read_idx(2) == b"two"
    assert (writer.idx, writer.keys) == ({1: 0, 2: 12}, [1, 2])
    writer.flag = "w"
    writer.reset()
    with pytest.raises(AssertionError):
        writer.read_idx(1)
    writer.write_idx(4, b"four")
    assert (writer.idx, writer.keys) == ({4: 0}, [4])
    writer.close()


def test_copies_of_a_closed_writer_have_its_entries(rec: Path, idx: Path) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    writer.write_idx(1, b"one")
    writer.close()
    for twin in (copy.copy(writer), pickle.loads(pickle.dumps(writer))):
        assert (twin.idx, twin.keys) == ({1: 0}, [1])
        twin.idx[2] = 3
    assert writer.idx == {1: 0}


def test_subclasses_and_other_keys_have_their_entries_at_once(rec: Path, idx: Path) -> None:
    class Counting(MXIndexedRecordIO):
        count = 0

        def write(self, buf: Any) -> None:  # noqa: ANN401
            self.count += 1
            super().write(buf)

    with Counting(idx, rec, "w") as counting:
        counting.write_idx(1, b"one")
        assert (counting.count, counting.idx, counting.keys) == (1, {1: 0}, [1])
    with MXIndexedRecordIO(idx, rec, "w", key_type=str) as writer:
        writer.write_idx(1, b"one")
        assert (writer.idx, writer.keys) == ({"1": 0}, ["1"])
        with pytest.raises(InvalidKeyError):
            writer.write_idx("a\tb", b"two")
        assert (writer.idx, writer.keys) == ({"1": 0}, ["1"])


def test_threads_may_look_while_others_write(rec: Path, idx: Path) -> None:
    for _ in range(20):
        writer = MXIndexedRecordIO(idx, rec, "w")
        start = threading.Barrier(4)

        def write(first: int, writer: Any = writer, start: threading.Barrier = start) -> None:  # noqa: ANN401
            start.wait()
            for number in range(first, 900, 3):
                writer.write_idx(number, struct.pack("<q", number))

        threads = [threading.Thread(target=write, args=[first]) for first in range(3)]
        for thread in threads:
            thread.start()
        start.wait()
        seen = dict(writer.idx)
        for thread in threads:
            thread.join()
        assert seen.items() <= writer.idx.items()
        assert sorted(writer.keys) == sorted(writer.idx) == list(range(900))
        writer.close()
        with MXIndexedRecordIO(idx, rec, "r") as reader:
            assert reader.idx == writer.idx
            for number in range(0, 900, 7):
                assert reader.read_idx(number) == struct.pack("<q", number)


@needs_signals
def test_who_is_interrupted_while_looking_loses_no_entry(tmp_path: Path) -> None:
    program = """
import sys
COUNT = 100_000
# Where it has been interrupted last, the work was done.
for name, functions in (
    ("idx", ["as_dict", "as_dict", "_take_entries"]),
    ("keys", ["as_dict", "keys", "_take_entries"]),
):
    writer = MXIndexedRecordIO("a.idx", "a.rec", "w")
    for number in range(COUNT):
        writer.write_idx(number, b"")

    # As a signal handler does, but at a known place.
    def raise_at_return(frame, event, argument):
        if event == "return" and frame.f_code.co_name == function:
            sys.setprofile(None)
            raise KeyboardInterrupt

    for function in functions:
        sys.setprofile(raise_at_return)
        try:
            assert caught(getattr, writer, name) is KeyboardInterrupt
        finally:
            sys.setprofile(None)
    writer.write_idx(COUNT, b"")
    assert writer.keys == list(range(COUNT + 1)), len(writer.keys)
    assert list(writer.idx) == writer.keys
    writer.close()
"""
    run_stuck(program, tmp_path)


@needs_signals
def test_a_child_sees_what_its_parent_had_written(tmp_path: Path) -> None:
    program = """
writer = MXIndexedRecordIO("b.idx", "b.rec", "w")
writer.write_idx(1, b"one")

def look():
    assert (writer.idx, writer.keys) == ({1: 0}, [1])
    assert caught(writer.write_idx, 2, b"two") is ForkedError
    assert (writer.idx, writer.keys) == ({1: 0}, [1])

fork(look)
writer.write_idx(2, b"two")
writer.close()
fork(lambda: writer.keys == [1, 2] or os._exit(1))

# A thread is in the middle of a record.
writer = MXIndexedRecordIO("c.idx", "a.fifo", "w")
writer.write_idx(1, b"one")
thread = in_thread(writer.write_idx, 2, LARGE)
wait_for_written()

def look():
    assert caught(getattr, writer, "idx") is ForkedError
    assert caught(getattr, writer, "keys") is ForkedError

fork(look)
draining = in_thread(drain, 12 + 8 + len(LARGE))
thread.join()
assert writer.keys == [1, 2]
writer.close()
draining.join()
"""
    run_stuck(program, tmp_path)
