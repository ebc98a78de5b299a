"""What goes into `merge`, `split`, `shuffle`, `sample` and `filter` comes out as promised."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.numbered import write_numbered
from recordio_rs import Reader, Writer, verify
from recordio_rs.tools import shuffling
from recordio_rs.tools.criteria import Criteria, KeyCriteria
from recordio_rs.tools.filtering import filter_records
from recordio_rs.tools.intervals import Interval
from recordio_rs.tools.merging import merge
from recordio_rs.tools.output import Output, creating
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.sampling import draw, sample
from recordio_rs.tools.shuffling import shuffle
from recordio_rs.tools.sources import Sources
from recordio_rs.tools.splitting import bounds_of_count, bounds_of_size, deal, split
from reference import MAGIC

Entries: TypeAlias = list[tuple[str, bytes]]

_RECORDS = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from([MAGIC, MAGIC[:2], b"x", b"abcd"]), max_size=9).map(b"".join),
    st.integers(0, 5000).map(bytes),
)
# Of a number that no other record has.
_FORMS = st.sampled_from(["{}", "-{}", "{:05}", "k{}", "9007199254740993{}", "99999999999999999{}"])


@st.composite
def _files(draw: st.DrawFn) -> list[tuple[Entries, list[int] | None]]:
    """Gives files: keys and records, and the order of their index, which may have one twice."""
    files: list[tuple[Entries, list[int] | None]] = []
    number = 1
    for _ in range(draw(st.integers(1, 3))):
        form, entries = draw(_FORMS), Entries()
        for record in draw(st.lists(_RECORDS, max_size=12)):
            entries.append((form.format(number), record))
            number += 1
        order = draw(st.permutations(range(len(entries))))
        twice = draw(st.lists(st.sampled_from(order), max_size=2)) if order else []
        files.append((entries, [*order, *twice] if draw(st.booleans()) else None))
    return files


class _Made:
    """Files in a folder, what is in them by their indexes, and what is made of them."""

    def __init__(self, folder: Path, files: list[tuple[Entries, list[int] | None]]) -> None:
        self.folder = folder
        self.entries = Entries()
        paths = []
        for name, (entries, order) in enumerate(files):
            path = folder / f"source-{name}.rec"
            paths.append(str(path))
            with Writer(path) as writer:
                writer.write_batch([record for _, record in entries], [key for key, _ in entries])
            if order is not None:
                index = path.with_suffix(".idx")
                lines = index.read_bytes().splitlines(keepends=True)
                index.write_bytes(b"".join(lines[place] for place in order))
            places = range(len(entries)) if order is None else order
            self.entries += [entries[place] for place in places]
        self.sources = Sources(paths)

    def names(self, count: int) -> list[str]:
        """Gives the paths of so many outputs."""
        return [str(self.folder / f"{number}.rec") for number in range(count)]

    def check(self, keys: KeyPolicy, *expected: Entries) -> None:
        """Checks what is in the outputs, and removes them."""
        for name, entries in zip(self.names(len(expected)), expected, strict=True):
            path = Path(name)
            with Reader(path, key_type=str) as reader:
                found = list(zip(reader.keys, reader, strict=True))
            numbered = [(str(key), record) for key, (_, record) in enumerate(entries)]
            assert found == (entries if keys == "keep" else numbered)
            assert verify(path).ok
            path.unlink()
            path.with_suffix(".idx").unlink()
        assert all(path.name.startswith("source") for path in self.folder.iterdir())


@contextmanager
def _made(files: list[tuple[Entries, list[int] | None]]) -> Iterator[_Made]:
    with tempfile.TemporaryDirectory() as folder:
        made = _Made(Path(folder), files)
        with made.sources:
            yield made


each = settings(max_examples=40, deadline=None)
_KEYS = st.sampled_from(["keep", "ordinal"])


@each
@given(files=_files(), keys=_KEYS, count=st.integers(1, 5), size=st.integers(1, 9000))
def test_what_is_merged_and_split_comes_in_its_order(
    files: list[tuple[Entries, list[int] | None]], keys: KeyPolicy, count: int, size: int
) -> None:
    with _made(files) as made:
        sources, entries = made.sources, made.entries
        with creating(made.names(1)) as (output,):
            merge(sources, output, keys=keys)
        made.check(keys, entries)
        with creating(made.names(count)) as outputs:
            split(sources, outputs, bounds_of_count(sources, count), keys=keys)
        bounds = [len(entries) * number // count for number in range(count + 1)]
        made.check(keys, *[entries[begin:end] for begin, end in pairwise(bounds)])
        with creating(made.names(count)) as outputs:
            deal(sources, outputs, keys=keys)
        made.check(keys, *[entries[number::count] for number in range(count)])
        bounds = bounds_of_size(sources, size)
        parts = list(pairwise(bounds))
        with creating(made.names(len(parts))) as outputs:
            split(sources, outputs, bounds, keys=keys)
        sizes = [output.size for output in outputs]
        made.check(keys, *[entries[begin:end] for begin, end in parts])
        for (begin, end), each_size in zip(parts, sizes, strict=True):
            assert each_size <= size or end - begin == 1
        if entries:
            assert all(begin < end for begin, end in parts)


@each
@given(
    files=_files(),
    keys=_KEYS,
    seed=st.integers(0, 2**32 - 1),
    memory=st.sampled_from([4, 1000, 50_000, 1 << 30]),
    part=st.floats(0, 1),
)
def test_what_is_shuffled_and_sampled_is_what_the_seed_says(
    files: list[tuple[Entries, list[int] | None]],
    keys: KeyPolicy,
    seed: int,
    memory: int,
    part: float,
) -> None:
    with _made(files) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shuffling, "_BUFFER", 100)
        entries = made.entries
        order = np.random.RandomState(seed).permutation(len(entries)).tolist()
        with creating(made.names(1)) as (output,):
            shuffle(made.sources, output, seed=seed, memory=memory, keys=keys)
        made.check(keys, [entries[place] for place in order])
        count = int(part * len(entries))
        with creating(made.names(1)) as (output,):
            sample(made.sources, output, draw(len(entries), count, seed), keys=keys)
        drawn = [entries[place] for place in sorted(order[:count])]
        made.check(keys, drawn)
        with creating(made.names(2)) as (output, rest):
            drawn_ones = draw(len(entries), count, seed)
            sample(made.sources, output, drawn_ones, rest=rest, keys=keys)
        made.check(keys, drawn, [entries[place] for place in sorted(order[count:])])


@each
@given(
    files=_files(),
    keys=_KEYS,
    bounds=st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted),
    places=st.lists(st.integers(0, 40), max_size=4),
    invert=st.booleans(),
)
def test_what_is_filtered_is_what_is_wanted(
    files: list[tuple[Entries, list[int] | None]],
    keys: KeyPolicy,
    bounds: list[int],
    places: list[int],
    invert: bool,
) -> None:
    low, high = bounds
    with _made(files) as made:
        entries = made.entries
        texts = [entries[place][0] for place in places if place < len(entries)]

        def has_key(key: str) -> bool:
            return key in texts or (key in map(str, range(low, high + 1)))

        for by_size, by_key in [(True, False), (False, True), (True, True)]:
            criteria = Criteria(sizes=Interval(low, high) if by_size else None)
            key_criteria = KeyCriteria(texts, [Interval(low, high)]) if by_key else KeyCriteria()
            with creating(made.names(1)) as (output,):
                filter_records(
                    made.sources, output, criteria, key_criteria, invert=invert, keys=keys
                )
            expected = [
                (key, record)
                for key, record in entries
                if ((not by_size or low <= len(record) <= high) and (not by_key or has_key(key)))
                != invert
            ]
            made.check(keys, expected)


def test_no_thread_is_left_while_an_error_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullError(Exception):
        pass

    def fail(*_arguments: object) -> None:
        raise FullError

    write_numbered(tmp_path / "a.rec", range(50_000))
    monkeypatch.setattr("recordio_rs.tools.output.Output.write", fail)
    criteria = Criteria(sizes=Interval(0, None))
    with Sources([str(tmp_path / "a.rec")]) as sources:
        ways: list[Callable[[Output], None]] = [
            lambda output: merge(sources, output),
            lambda output: deal(sources, [output]),
            lambda output: filter_records(sources, output, criteria, KeyCriteria()),
            lambda output: shuffle(sources, output, seed=0, memory=1 << 20),
        ]
        for number, work in enumerate(ways):
            before = threading.active_count()
            with creating([str(tmp_path / f"{number}.rec")]) as (output,):
                with pytest.raises(FullError) as held:
                    work(output)
                assert threading.active_count() == before
                assert held.tb  # it has all frames, and what they have
