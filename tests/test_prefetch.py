"""Records read ahead: the same as alone, in order, within bounds, and nothing is left of them."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isolated import run_python
from recordio_rs import Reader
from recordio_rs._backend import Backend
from recordio_rs._recordio_rs import Prefetch
from recordio_rs.exceptions import (
    ClosedError,
    CorruptRecordError,
    IndexMismatchError,
    RecordIOError,
    ReentrantError,
)
from reference import MAGIC, write_files
from stuck import run_stuck
from ways import BACKENDS, outcome, readers_of

COUNT = 600
TIMEOUT = 60  # seconds until a hang is called one

each_backend = pytest.mark.parametrize("backend", BACKENDS)
needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc of Linux")


def record(number: int) -> bytes:
    """Gives a record that tells its number: short, split, long or longer."""
    tail = (b"", MAGIC * 3, b"long" * 100, b"longer" * 20_000 * (number % 5 == 0))[number % 13 % 4]
    return b"" if number % 50 == 49 else b"%08d" % number + tail


RECORDS = [record(number) for number in range(COUNT)]
DAMAGED = (3, 77, 300, COUNT - 1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file and its index."""
    rec = tmp_path_factory.mktemp("whole") / "a.rec"
    write_files(rec, RECORDS, range(COUNT))
    return rec


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with some records that are none."""
    rec = tmp_path_factory.mktemp("damaged") / "a.rec"
    offsets = write_files(rec, RECORDS, range(COUNT))
    with rec.open("r+b") as file:
        for number in DAMAGED:
            file.seek(offsets[number])
            file.write(bytes(4))
    return rec


def threads() -> set[str]:
    """Gives the threads of this process that read ahead."""
    tasks = Path("/proc/self/task").iterdir()
    return {task.name for task in tasks if (task / "comm").read_text().startswith("recordio-ahead")}


def wait_for_threads(count: int) -> None:
    """Returns once there are so many.

    A thread that has ended is listed for a moment more, and a new one has no name yet.
    """
    end = time.monotonic() + TIMEOUT
    while len(threads()) != count:
        assert time.monotonic() < end, threads()
        time.sleep(0.001)


def endless() -> Iterator[int]:
    return (number % COUNT for number in itertools.count())


def outcomes(ahead: Iterator[bytes]) -> list[object]:
    """Gives what comes, records and errors."""
    found = []
    try:
        while True:
            try:
                found.append(outcome(next, ahead))
            except IndexError as error:
                found.append(str(error))
    except StopIteration:
        return found


ordinals = st.lists(st.integers(-COUNT, COUNT - 1), max_size=400)
options = st.fixed_dictionaries(
    {},
    optional={
        "num_threads": st.integers(1, 9),
        "max_bytes": st.integers(1, 1000) | st.integers(1, 1 << 70),
    },
)
on_one_file = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@each_backend
@on_one_file
@given(asked=ordinals, how=options)
def test_what_is_read_ahead_is_what_is_read_alone(
    whole: Path, backend: Backend, asked: list[int], how: dict[str, int]
) -> None:
    with Reader(whole, backend=backend) as reader, reader.prefetch(asked, **how) as ahead:
        assert list(ahead) == [RECORDS[ordinal] for ordinal in asked]


@on_one_file
@given(asked=st.lists(st.integers(-COUNT - 2, COUNT + 1) | st.sampled_from(DAMAGED)), how=options)
def test_errors_come_in_place_of_their_records_and_the_rest_after_them(
    damaged: Path, asked: list[int], how: dict[str, int]
) -> None:
    # An ordinal that is not there is the end; it is told as `read_batch` tells it.
    within = list(itertools.takewhile(lambda ordinal: -COUNT <= ordinal < COUNT, asked))
    for reader in readers_of(damaged).values():
        with reader:
            expected = [outcome(reader.__getitem__, ordinal) for ordinal in within]
            if len(within) < len(asked):
                with pytest.raises(IndexError) as caught:
                    reader.read_batch(asked[len(within) : len(within) + 1])
                expected.append(str(caught.value))
            assert outcomes(reader.prefetch(asked, **how)) == expected


@each_backend
def test_all_kinds_of_ordinals_are_taken(whole: Path, backend: Backend) -> None:
    with Reader(whole, backend=backend) as reader:
        assert list(reader.prefetch()) == RECORDS
        assert list(reader.prefetch(slice(500, 3, -7))) == RECORDS[500:3:-7]
        assert list(reader.prefetch(range(5))) == RECORDS[:5]
        assert list(reader.prefetch(np.arange(9, dtype=np.uint8)[::-2])) == RECORDS[8::-2]
        assert list(reader.prefetch(np.int64(number) for number in (3, 1))) == [
            RECORDS[3],
            RECORDS[1],
        ]
        assert list(reader[10:400:3].prefetch([-1, 0])) == [RECORDS[397], RECORDS[10]]
        assert list(reader.prefetch([])) == list(reader[:0].prefetch()) == []


def test_what_makes_no_sense_is_refused_at_once(whole: Path) -> None:
    reader = Reader(whole)
    with pytest.raises(ValueError, match="max_bytes must be at least 1, not 0"):
        reader.prefetch(max_bytes=0)
    with pytest.raises(ValueError, match="num_threads must be at least 1, not 0"):
        reader.prefetch(num_threads=0)
    with pytest.raises(TypeError):
        reader.prefetch(7)  # type: ignore[arg-type]
    reader.close()
    with pytest.raises(ClosedError):
        reader.prefetch()


def test_an_endless_iterable_is_asked_for_no_more_than_is_read_ahead(whole: Path) -> None:
    asked = 0

    def count() -> Iterator[int]:
        nonlocal asked
        for number in endless():
            asked += 1
            yield number

    with Reader(whole) as reader:
        with reader.prefetch(count(), max_bytes=1) as ahead:
            for given_out in range(1, 50):
                assert next(ahead) == RECORDS[(given_out - 1) % COUNT]
                # A record without any bytes takes eight in the file.
                assert given_out <= asked <= given_out + 1
        asked = 0
        with reader.prefetch(count(), num_threads=2) as ahead:
            next(ahead)
            assert asked <= 12 * 256


def test_an_iterable_may_learn_from_what_was_given(whole: Path) -> None:
    given_out: list[bytes] = []
    walk = (len(given_out) for _ in range(COUNT))
    with Reader(whole) as reader:
        for found in reader.prefetch(walk, max_bytes=1):
            given_out.append(found)
    assert given_out == RECORDS


@needs_proc
def test_large_records_are_not_held_beyond_the_bound(tmp_path: Path) -> None:
    program = """
import sys
from recordio_rs import *

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) >> 10

with Writer("a.rec") as writer:
    for number in range(900):
        writer.write(bytes(4 << 20 if number % 30 == 29 else 10))
with Writer("b.rec") as writer:
    for number in range(20_000):
        writer.write(bytes(100))
before = peak()
with Reader("a.rec", backend="positioned") as reader:
    for asked in (range(900), [899] * 60, range(29, 900, 30)):
        for _ in reader.prefetch(asked, max_bytes=8 << 20, num_threads=4):
            pass
    # At most 8 MiB, one record more, one that is given, and what each thread works on.
    assert peak() - before < 60, peak() - before
before = peak()
with Reader("b.rec", backend="positioned") as reader:
    shuffled = (number * 7919 % 20_000 for number in range(40_000))
    for _ in reader.prefetch(shuffled, max_bytes=1 << 20):
        pass
assert peak() - before < 12, peak() - before
"""
    run_python(program, cwd=tmp_path)


def test_the_reader_may_be_closed(whole: Path) -> None:
    reader = Reader(whole)
    ahead = reader.prefetch()
    reader.close()
    assert list(ahead) == RECORDS


def test_a_file_that_is_cut_meanwhile_gives_errors_for_what_is_gone(
    whole: Path, tmp_path: Path
) -> None:
    for backend in BACKENDS:
        rec = tmp_path / f"{backend}.rec"
        shutil.copy(whole, rec)
        shutil.copy(whole.with_suffix(".idx"), rec.with_suffix(".idx"))
        with Reader(rec, backend=backend) as reader:
            ahead = reader.prefetch(max_bytes=1000)
            found: list[object] = [next(ahead) for _ in range(10)]
            size = int(reader.offsets[COUNT // 2])
            os.truncate(rec, size)
            found += outcomes(ahead)
        assert len(found) == COUNT
        assert found[: COUNT // 2] == RECORDS[: COUNT // 2]
        for gone in found[COUNT // 2 + 8 :]:
            assert isinstance(gone, tuple)
            assert gone[0] is IndexMismatchError


def test_an_exception_of_the_iterable_comes_after_what_it_gave_before(whole: Path) -> None:
    def broken() -> Iterator[int]:
        yield from range(50)
        raise LookupError("no more")

    with Reader(whole) as reader:
        ahead = reader.prefetch(broken())
        assert [next(ahead) for _ in range(50)] == RECORDS[:50]
        with pytest.raises(LookupError, match="no more"):
            next(ahead)
        assert list(ahead) == []
        ahead = reader.prefetch([1, "two", 3])  # type: ignore[list-item]
        assert next(ahead) == RECORDS[1]
        with pytest.raises(TypeError):
            next(ahead)
        assert list(ahead) == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_does_not_wait_for_records(
    whole: Path, kind: type[BaseException]
) -> None:
    def interrupted() -> Iterator[int]:
        yield from range(5)
        raise kind

    with Reader(whole) as reader:
        ahead = reader.prefetch(interrupted())
        with pytest.raises(kind):
            next(ahead)
        assert list(ahead) == RECORDS[:5]


def test_an_iterable_that_uses_its_own_prefetch_is_told_so(whole: Path) -> None:
    for use in (next, Prefetch.close):

        def calling(use: Callable[[Prefetch], object] = use) -> Iterator[int]:
            yield 1
            use(ahead)  # noqa: B023

        with Reader(whole) as reader:
            ahead = reader.prefetch(calling())
            assert next(ahead) == RECORDS[1]
            with pytest.raises(ReentrantError):
                next(ahead)
            assert list(ahead) == []


@needs_proc
def test_no_thread_is_left_behind(whole: Path) -> None:
    with Reader(whole) as reader:
        list(reader.prefetch())
        wait_for_threads(0)
        with reader.prefetch(endless(), num_threads=3) as ahead:
            next(ahead)
            wait_for_threads(3)
        wait_for_threads(0)
        assert list(ahead) == []
        ahead.close()
        ahead = reader.prefetch(endless())
        next(ahead)
        del ahead
        wait_for_threads(0)
        with pytest.raises(ZeroDivisionError), reader.prefetch(1 // 0 for _ in "a") as ahead:
            next(ahead)
        wait_for_threads(0)


@needs_proc
def test_a_prefetch_whose_iterable_knows_it_is_collected(whole: Path) -> None:
    class Loader:
        def __init__(self, reader: Reader) -> None:
            self.ahead = reader.prefetch(self.order())

        def order(self) -> Iterator[int]:
            return (number for number in endless() if self)

    class Failed:
        def __init__(self, reader: Reader) -> None:
            self.ahead = reader.prefetch(self.order())

        def order(self) -> Iterator[int]:
            yield from range(10)
            raise LookupError(self)

    with Reader(whole) as reader:
        for kind in (Loader, Failed):
            loader = kind(reader)
            next(loader.ahead)
            reference = weakref.ref(loader)
            del loader
            gc.collect()
            assert reference() is None
            wait_for_threads(0)


def in_threads(work: Callable[[], object], count: int = 4) -> list[threading.Thread]:
    started = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in started:
        thread.start()
    return started


def joined(started: list[threading.Thread]) -> None:
    for thread in started:
        thread.join(TIMEOUT)
        assert not thread.is_alive()


def test_threads_that_share_one_get_every_record_once(whole: Path) -> None:
    with Reader(whole) as reader:
        for max_bytes in (1, 10_000, 1 << 20):
            ahead = reader.prefetch(max_bytes=max_bytes)
            found: list[bytes] = []
            joined(in_threads(lambda ahead=ahead, found=found: found.extend(ahead)))  # type: ignore[misc]
            assert sorted(found) == sorted(RECORDS)


def test_one_thread_may_close_what_others_read_from_without_end(whole: Path) -> None:
    with Reader(whole) as reader:
        for count in (1, 3) * 3:
            begun, problems = threading.Event(), []
            ahead = reader.prefetch(endless())

            def use(ahead: Prefetch = ahead, begun: threading.Event = begun) -> None:
                try:
                    for _ in ahead:
                        begun.set()
                except BaseException as error:
                    problems.append(error)  # noqa: B023

            started = in_threads(use, count)
            assert begun.wait(TIMEOUT)
            joined(in_threads(ahead.close, 2))
            joined(started)
            assert not problems


@needs_forks
def test_a_child_lets_go_of_what_its_parent_reads_ahead(whole: Path) -> None:
    program = """
import gc, itertools, os, signal, sys, threading
from recordio_rs import Reader
from recordio_rs.exceptions import ForkedError

reader = Reader(sys.argv[1])
shared = reader.prefetch(number % 600 for number in itertools.count())
stop = threading.Event()

def read():
    while not stop.is_set():
        next(shared)

thread = threading.Thread(target=read)
thread.start()
for _ in range(30):
    own = reader.prefetch(range(600))
    first = next(own)
    pid = os.fork()
    if not pid:
        signal.alarm(60)
        for ahead in (shared, own):
            try:
                next(ahead)
            except ForkedError:
                pass
            else:
                os._exit(1)
        shared.close()
        assert next(reader.prefetch()) == first
        del ahead, shared, own
        gc.collect()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert len(list(own)) == 599
stop.set()
thread.join()
"""
    run_python(program, whole)


@needs_forks
def test_an_iterable_may_fork(whole: Path) -> None:
    program = """
import os, signal, sys
from recordio_rs import Reader
from recordio_rs.exceptions import ForkedError

signal.alarm(60)

def forking(at):
    for number in range(300):
        if number == at:
            pids.append(os.fork())
            if not pids[-1]:
                signal.alarm(60)
        yield number

reader = Reader(sys.argv[1])
for at in (0, 1, 5, 100, 299):
    pids = []
    try:
        assert len(list(reader.prefetch(forking(at)))) == 300
    except ForkedError:
        os._exit(0 if pids == [0] else 1)
    assert os.waitpid(pids[0], 0)[1] == 0
"""
    run_python(program, whole)


EXITS = {
    "a module": "kept = reader.prefetch(endless()); next(kept)",
    "another module": "import builtins; builtins.kept = reader.prefetch(endless()); next(kept)",
    "a failing program": """
        kept = reader.prefetch(endless())
        next(kept)
        raise SystemExit(0)
        """,
    "a cycle": """
        class Loader: pass
        loader = Loader()
        loader.ahead = reader.prefetch(n for n in endless() if loader)
        next(loader.ahead)
        """,
    "daemon threads": """
        def use(ahead):
            for _ in ahead:
                begun.set()
        shared = reader.prefetch(endless())
        for ahead in (shared, shared, reader.prefetch(endless())):
            begun = threading.Event()
            threading.Thread(target=use, args=[ahead], daemon=True).start()
            begun.wait()
        """,
    "a daemon thread whose iterable waits": """
        begun = threading.Event()
        def waiting():
            yield 1
            begun.set()
            threading.Event().wait()
        ahead = reader.prefetch(waiting())
        threading.Thread(target=lambda: list(ahead), daemon=True).start()
        begun.wait()
        """,
    "a thread": """
        ahead = reader.prefetch(endless())
        threading.Thread(target=lambda: list(zip(range(10_000), ahead))).start()
        """,
    "a finalizer": """
        import builtins
        class Last:
            def __init__(self): self.ahead = reader.prefetch(endless())
            def __del__(self): next(self.ahead)
        builtins.last = Last()
        """,
}


@pytest.mark.parametrize("holder", EXITS)
def test_the_interpreter_ends_well_while_one_is_read_by(whole: Path, holder: str) -> None:
    head = """
import itertools, sys, threading
from recordio_rs import Reader

reader = Reader(sys.argv[1])

def endless():
    return (number % 600 for number in itertools.count())

"""
    run_python(head + textwrap.dedent(EXITS[holder]), whole)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_is_heard_while_a_thread_waits_for_another(tmp_path: Path, whole: Path) -> None:
    # The other one is in the caller's iterable, and stays there.
    program = f"""
reader = Reader({str(whole)!r})
begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

def waiting():
    begun.set()
    go_on.wait()
    yield 7

ahead = reader.prefetch(waiting())
found = []
thread = in_thread(lambda: found.extend(ahead))
begun.wait()
for use in (ahead.__next__, ahead.close):
    done.clear()
    interrupting = in_thread(interrupt_main, done)
    try:
        assert caught(use) is KeyboardInterrupt
    finally:
        while not done.is_set():
            try:
                done.set()
                interrupting.join()
            except KeyboardInterrupt:
                pass
go_on.set()
thread.join()
assert found == [reader[7]]
"""
    run_stuck(program, tmp_path)


def test_it_is_damage_that_is_told_and_not_its_neighbours(damaged: Path) -> None:
    for reader in readers_of(damaged).values():
        with reader:
            ahead, found = reader.prefetch(), []
            for number in range(COUNT):
                try:
                    assert next(ahead) == RECORDS[number]
                except CorruptRecordError as error:
                    found.append(error.ordinal)
                except RecordIOError:  # the end of the file is near
                    assert number == COUNT - 1
                    found.append(number)
            assert found == list(DAMAGED)
            assert list(ahead) == []
