"""`recordio shuffle`: all records in random order."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage
from cli.numbered import entries, record, write_numbered
from recordio_rs import Reader, Writer, verify
from recordio_rs.tools import shuffling
from recordio_rs.tools.open_files import allow_open_files
from recordio_rs.tools.output import creating
from recordio_rs.tools.shuffling import shuffle
from recordio_rs.tools.sources import Sources

MEMORY = 1 << 30


def order_of(seed: int, count: int) -> list[int]:
    """Gives the order of a seed."""
    return [int(place) for place in np.random.RandomState(seed).permutation(count)]


def test_the_order_is_the_same_everywhere(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("shuffle", a, "--keys", "keep", "--seed", "0", "-o", tmp_path / "out.rec")
    keys = [int(key) for key, _ in entries(tmp_path / "out.rec")]
    assert keys == [2, 8, 4, 9, 1, 6, 7, 3, 0, 5]


def test_the_order_is_that_of_the_seed(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(50))
    for seed in (0, 7):
        out = tmp_path / f"{seed}.rec"
        run("shuffle", a, "-o", out, "--seed", str(seed))
        expected = [(str(n), record(o)) for n, o in enumerate(order_of(seed, 50))]
        assert entries(out) == expected
        assert verify(out).ok
    run("shuffle", a, "-o", tmp_path / "default.rec")
    assert (tmp_path / "default.rec").read_bytes() == (tmp_path / "0.rec").read_bytes()


def test_several_files_are_shuffled_as_one_and_keep_their_keys(tmp_path: Path) -> None:
    numbers = [range(10), range(10, 10), range(20, 45), range(50, 53)]
    paths = [write_numbered(tmp_path / f"a{n}.rec", some) for n, some in enumerate(numbers)]
    run("shuffle", *paths, "--keys", "keep", "-o", tmp_path / "out.rec")
    everything = [number for some in numbers for number in some]
    shuffled = [everything[place] for place in order_of(0, len(everything))]
    assert entries(tmp_path / "out.rec") == [(str(n), record(n)) for n in shuffled]
    err = run("shuffle", paths[0], paths[0], "--keys", "keep", "-fo", tmp_path / "x.rec", expect=1)
    assert "same key" in err.err


def write_mixed(folder: Path, count: int) -> list[Path]:
    """Writes records of all lengths to two files, the index of one in another order."""
    random = np.random.RandomState(1)
    lengths = random.randint(0, 600, count)
    lengths[::97] = 70_000
    paths = [folder / "one.rec", folder / "two.rec"]
    for path, some in zip(paths, np.array_split(np.arange(count), 2), strict=True):
        with Writer(path) as writer:
            writer.write_batch([random.bytes(int(lengths[n])) for n in some], some)
    index = paths[1].with_suffix(".idx")
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join(lines[place] for place in random.permutation(len(lines))))
    return paths


@pytest.mark.parametrize("keys", ["keep", "ordinal"])
def test_the_result_is_the_same_whatever_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    paths = [str(path) for path in write_mixed(tmp_path, 3000)]
    size = sum(Path(path).stat().st_size for path in paths)

    def shuffled(name: str, memory: int) -> list[bytes]:
        out = tmp_path / f"{name}.rec"
        with Sources(paths) as sources, creating([str(out)]) as (output,):
            shuffle(sources, output, seed=3, memory=memory, keys=keys)  # type: ignore[arg-type]
        assert verify(out).ok
        assert [left.name for left in tmp_path.glob("recordio-*")] == []
        return [out.read_bytes(), out.with_suffix(".idx").read_bytes()]

    expected = shuffled("where they lie", MEMORY)
    assert shuffled("just so", size) == expected
    assert shuffled("some buckets", size - 1) == expected
    assert shuffled("too little memory", 4) == expected
    monkeypatch.setattr(shuffling, "_BUFFER", 100)
    assert shuffled("many buckets", 40_000) == expected
    with Sources(paths) as sources, Reader(tmp_path / "many buckets.rec") as reader:
        order = np.random.RandomState(3).permutation(len(sources)).tolist()
        files = [list(source) for source in sources.files]
        assert list(reader) == [[*files[0], *files[1]][place] for place in order]


def test_the_command_needs_no_more_memory_than_it_is_given(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(150_000), size=150)
    out, scratch = tmp_path / "out.rec", tmp_path / "scratch"
    scratch.mkdir()
    run("shuffle", a, "-o", tmp_path / "expected.rec")
    run("shuffle", a, "-o", out, "--memory", "16M", "--temp-dir", scratch)
    assert out.read_bytes() == (tmp_path / "expected.rec").read_bytes()
    assert list(scratch.iterdir()) == []
    assert run("shuffle", a, "-o", out, "-f", "--memory", "1K", expect=2).err
    assert run("shuffle", a, "-o", out, "-f", "--temp-dir", a, expect=2).err


@pytest.mark.parametrize("size", [1 << 20, 1 << 30, 1 << 34, 1 << 40])
@pytest.mark.parametrize("memory", [16 << 20, 64 << 20, 1 << 30, 64 << 30])
def test_of_too_little_memory_no_more_is_taken_than_it_needs(size: int, memory: int) -> None:
    count = shuffling._bucket_count(size, memory)
    needed = max(memory, 2 * math.isqrt(size << 20))
    assert count <= max(2, needed >> 20)  # a mebibyte for each while they are written
    assert 4 * size / count <= 1.01 * needed or count == shuffling._MAX_BUCKETS


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
@pytest.mark.parametrize("limit", [24, 30, 40])
def test_there_are_no_more_buckets_than_files_may_be_open(tmp_path: Path, limit: int) -> None:
    a = write_numbered(tmp_path / "a.rec", range(150_000), size=300)
    out = tmp_path / "out.rec"
    run("shuffle", a, "-o", tmp_path / "expected.rec")
    program = (
        "import resource, runpy\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    command = ["shuffle", str(a), "-o", str(out), "--memory", "16M"]
    subprocess.run([sys.executable, "-c", program, *command], timeout=120, check=True)
    assert out.read_bytes() == (tmp_path / "expected.rec").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
def test_files_are_allowed_as_far_as_the_system_lets_it() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert allow_open_files(1) == 1
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
    assert allow_open_files(1 << 40) < 1 << 40
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_is_temporary_goes_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = write_numbered(tmp_path / "a.rec", range(1000))

    class FullError(Exception):
        pass

    def fail(*_arguments: object) -> None:
        raise FullError

    out = str(tmp_path / "out.rec")
    monkeypatch.setattr("recordio_rs.tools.output.Output.write", fail)
    with Sources([str(a)]) as sources, pytest.raises(FullError), creating([out]) as (output,):
        shuffle(sources, output, seed=0, memory=1000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec"]


def test_standard_output_takes_the_records(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(20))
    run("shuffle", a, "-o", tmp_path / "out.rec")
    assert run("shuffle", a, "-o", "-").out == (tmp_path / "out.rec").read_bytes()


def test_what_is_intact_of_a_damaged_file_is_shuffled(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(20))
    damage(a, 5)
    run("shuffle", a, "-o", tmp_path / "out.rec", expect=1)
    run("shuffle", a, "--keys", "keep", "-o", tmp_path / "out.rec", "--skip-damaged", expect=3)
    keys = sorted(int(key) for key, _ in entries(tmp_path / "out.rec"))
    assert keys == [number for number in range(20) if number != 5]


def test_threads_end_with_the_files(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(100))
    with Sources([str(a)]) as sources, creating([str(tmp_path / "b.rec")]) as (output,):
        shuffle(sources, output, seed=0, memory=MEMORY)
    assert [thread.name for thread in threading.enumerate() if "recordio" in thread.name] == []
