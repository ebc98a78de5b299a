"""States of pickles that nobody wrote, and arguments at every limit of what reads damaged files."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damaged import INTACT, KEYS, Collector, write_damaged
from recordio_rs import Problem, Reader, SkippedRegion, rebuild_index, repair, verify
from recordio_rs._recordio_rs import FileReader, IntactIterator, RecordIndex, Salvage
from reference import write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

# What Python code may raise over nonsense; a crash or a panic of the native module is none of it.
REFUSALS = (
    *(TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, OSError),
    *(RuntimeError, MemoryError),
)
EXTREMES = [0, 1, -1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 2**70]
VALUES = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.sampled_from(EXTREMES), st.floats(), st.text(max_size=4)),
        *(st.binary(max_size=4), st.just(range(-5, 9, 2)), st.just(range(2**70)), st.just(int)),
    ),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
STATE_NAMES = ["path", "index_path", "_key_type", "_backend", "_errors", "_ordinals", "closed"]


def outcome(use: Callable[[], object]) -> None:
    """Calls a function, which may refuse."""
    try:
        use()
    except REFUSALS as error:
        str(error)


@given(st.dictionaries(st.sampled_from([*STATE_NAMES, "more"]), VALUES, max_size=3), st.data())
@settings(max_examples=300, deadline=None)
def test_a_state_that_was_tampered_with_is_refused_or_read_in_order(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Anything], data: st.DataObject
) -> None:
    rec = tmp_path_factory.getbasetemp() / "tampered.rec"
    if not rec.exists():
        write_damaged(rec, KEYS)
    state = Reader(rec, errors="skip")[1:4].__getstate__() | changes
    for name in data.draw(st.sets(st.sampled_from(STATE_NAMES), max_size=1)):
        state.pop(name, None)
    # Numbers name open files, which are other ones' here.
    if any(isinstance(state.get(name), int) for name in ("path", "index_path")):
        return

    def use() -> None:
        reader: Reader = object.__new__(Reader)
        reader.__setstate__(state)
        for each in (
            *(lambda: len(reader), lambda: list(reader), lambda: reader[0], lambda: reader[-1]),
            *(lambda: reader.get(10), lambda: reader.read_batch([0]), lambda: repr(reader)),
            *(lambda: list(reader.prefetch()), lambda: reader[::-1][0], lambda: list(reader.keys)),
            *(lambda: reader.offsets, lambda: pickle.dumps(reader), reader.close),
        ):
            outcome(each)

    outcome(use)


@pytest.mark.parametrize("ordinals", [range(9), range(-3, 2), range(2**70), range(5, -2, -1)])
def test_ordinals_that_a_pickle_must_not_have_do_no_harm(rec: Path, ordinals: range) -> None:
    write_damaged(rec, KEYS)
    state = Reader(rec, errors="skip")[1:4].__getstate__() | {"_ordinals": ordinals}

    def use() -> None:
        reader: Reader = object.__new__(Reader)
        reader.__setstate__(state)
        for way in (list, len, lambda reader: reader.read_batch(slice(None)), repr):
            outcome(lambda way=way: way(reader))  # type: ignore[misc]

    outcome(use)


def test_a_reader_that_was_never_made_refuses(rec: Path) -> None:
    reader: Reader = object.__new__(Reader)
    uses: list[Callable[[], object]] = [
        *(lambda: len(reader), lambda: reader[0], lambda: iter(reader), reader.close),
        *(lambda: reader.keys, lambda: reader.get(0), lambda: pickle.dumps(reader)),
    ]
    for use in uses:
        with pytest.raises(AttributeError):
            use()
    assert not rec.exists()


@pytest.mark.parametrize("kind", [Salvage, IntactIterator])
def test_native_objects_that_only_a_file_gives_are_not_made_otherwise(kind: Anything) -> None:
    with pytest.raises(TypeError):
        kind()
    with pytest.raises(TypeError):
        type("Derived", (kind,), {})


def test_native_calls_with_numbers_at_every_limit(rec: Path, idx: Path) -> None:
    write_damaged(rec, KEYS)
    file = FileReader(str(rec), lenient=True)
    index = RecordIndex.parse(str(idx), text_keys=False)
    salvage = file.salvage(index, 100)
    for number in EXTREMES:
        is_size = 0 <= number < 2**64
        uses: list[Callable[[], object]] = [
            *(lambda n=number: salvage.skipped(n, 2), lambda n=number: salvage.skipped(0, n)),
            *(lambda n=number: salvage.is_skipped(n), lambda n=number: salvage.wrong_entries(n)),
            *(lambda n=number: salvage.unlisted_records(n), lambda n=number: file.salvage(None, n)),
        ]
        for use in uses:
            if is_size:
                use()
            else:
                with pytest.raises(OverflowError):
                    use()
    assert len(salvage.skipped(0, 2**64 - 1)) == salvage.skipped_count == 1
    assert salvage.skipped(5, 2) == salvage.skipped(2**63, 2**64 - 1) == []
    assert (salvage.wrong_entries(0), salvage.wrong_entries(9)) == (([], 1), ([3], 1))


@pytest.mark.parametrize("wrong", [None, "x", 1.5, b"x", [], np.zeros(2)], ids=repr)
def test_native_calls_with_what_is_no_number_are_type_errors(rec: Path, wrong: Anything) -> None:
    write_damaged(rec, KEYS)
    file = FileReader(str(rec), lenient=True)
    salvage = file.salvage(None, 100)
    uses: list[Callable[[], object]] = [
        *(lambda: salvage.skipped(wrong, 1), lambda: salvage.skipped(0, wrong)),
        *(lambda: salvage.is_skipped(wrong), lambda: salvage.wrong_entries(wrong)),
        *(lambda: file.salvage(None, wrong), lambda: salvage.unlisted_records(wrong)),
    ]
    for use in uses:
        with pytest.raises(TypeError):
            use()


def test_native_calls_with_other_objects_are_type_errors(rec: Path) -> None:
    write_files(rec, INTACT)
    file = FileReader(str(rec))
    for wrong in (1, "x", file, [0]):
        with pytest.raises(TypeError):
            file.salvage(wrong, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [sys.maxsize, 2**64 - 1, True])
def test_the_largest_limits_are_limits(rec: Path, limit: int) -> None:
    write_damaged(rec, KEYS)
    report = verify(rec, max_problems=limit)
    assert len(report.problems) + report.omitted == 2


@pytest.mark.parametrize("limit", [2**64, 2**70])
def test_a_limit_beyond_all_numbers_is_refused_or_no_limit(rec: Path, limit: int) -> None:
    write_damaged(rec, KEYS)
    outcome(lambda: verify(rec, max_problems=limit))
    outcome(lambda: repair(rec, rec.with_name("b.rec"), max_problems=limit))


@pytest.mark.parametrize("size", [0, 1, 7, 9, 2**20 + 3])
def test_files_of_any_byte_are_gone_through(rec: Path, idx: Path, size: int) -> None:
    generator = np.random.default_rng(size)
    for text in (generator.bytes(size), b"\xff" * size, b"\n" * size, b"\t" * size):
        rec.write_bytes(text)
        idx.write_bytes(text[:10_000])
        report = verify(rec)
        assert report.records == 0
        assert report.ok == (size == 0)
        assert str(report)
        assert repair(rec, rec.with_name("b.rec")).records == 0
        assert rebuild_index(rec, rec.with_name("c.idx"), errors="skip") == 0


@given(st.binary(max_size=60), st.sampled_from([int, str, float]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_may_be_an_index(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, key_type: Anything
) -> None:
    rec = tmp_path_factory.getbasetemp() / "any.rec"
    if not rec.exists():
        write_damaged(rec)
    rec.with_suffix(".idx").write_bytes(text)
    report = verify(rec)
    assert report.records == len(INTACT)
    assert str(report)
    assert pickle.loads(pickle.dumps(report)) == report
    repaired = repair(rec, rec.with_name("any2.rec"))
    assert repaired == replace(report, written=repaired.written)
    assert verify(rec.with_name("any2.rec")).records == len(INTACT)
    outcome(lambda: list(Reader(rec, key_type=key_type, errors=Collector())))


def test_plain_values_are_what_they_say() -> None:
    region, problem = SkippedRegion(1, 2, "why"), Problem("kind", "why")
    assert (region.kind, problem.offset, problem.ordinal, problem.key) == ("", None, None, None)
    for value in (region, problem):
        assert pickle.loads(pickle.dumps(value)) == value
        assert not hasattr(value, "__dict__")
    assert str(problem) == "kind: why"
    assert str(Problem("kind", "why", 1, 2, "k")) == "kind: why [byte 1, record 2, key 'k']"
