"""Batches in forked and spawned processes, in threads that share a reader, and under signals."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isolated import run_python
from recordio_rs import Reader
from recordio_rs._backend import Backend
from recordio_rs.exceptions import ClosedError
from reference import MAGIC, write_files
from ways import BACKENDS, MANY, unpacked

each_backend = pytest.mark.parametrize("backend", BACKENDS)
needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")

COUNT = 1000


def record(number: int) -> bytes:
    """Gives a record that tells its number: short, split, long or longer."""
    tail = (b"", MAGIC * 3, b"long" * 100, b"longer" * 3000 * (number % 3 == 0))[number % 13 % 4]
    return b"%08d" % number + tail + b"end %d" % number


RECORDS = [record(number) for number in range(COUNT)]

# In each, a child that raises, or hangs, fails the test.
HEAD = """
import os, random, signal, sys, threading, time, traceback
from recordio_rs import Reader
signal.alarm(100)
def forked(function):
    pid = os.fork()
    if not pid:
        signal.alarm(50)
        try:
            function()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid
def in_child(function):
    assert os.waitpid(forked(function), 0)[1] == 0
def thread_count():
    return len(os.listdir("/proc/self/task")) if sys.platform == "linux" else None
def check(seed, count=1000, threads=4):
    ordinals = random.Random(seed).choices(range(len(RECORDS)), k=count)
    wanted = [RECORDS[ordinal] for ordinal in ordinals]
    assert reader.read_batch(ordinals, num_threads=threads) == wanted
    assert b"".join(wanted) == bytes(reader.read_packed(ordinals, num_threads=threads))
"""


def check_forks(body: str, rec: Path, backend: Backend) -> None:
    """Runs code in a fresh interpreter, with a reader of the records, and no errors printed."""
    write_files(rec, RECORDS, range(COUNT))
    opened = f"reader = Reader('a.rec', backend={backend!r})\nRECORDS = list(reader)\n"
    run_python(HEAD + opened + body, cwd=rec.parent)


@needs_forks
@each_backend
def test_batches_in_parent_children_and_grandchildren(rec: Path, backend: Backend) -> None:
    check_forks(
        """
def child():
    check(1)
    in_child(lambda: (check(2), check(3, threads=8)))
    check(4)
in_child(child)  # before the parent has any helpers
check(5)
for number in range(8):
    in_child(child if number % 5 == 0 else lambda: check(number))
    check(number)
children = [forked(lambda: check(number)) for number in range(8)]
check(6)
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
""",
        rec,
        backend,
    )


@needs_forks
@each_backend
def test_a_fork_in_the_middle_of_batches_in_other_threads(rec: Path, backend: Backend) -> None:
    check_forks(
        """
stopped, raised, batches = [], [], []
def read(seed):
    try:
        while not stopped:
            check(seed, 600, 2 + seed)
            batches.append(seed)
    except BaseException:
        raised.append(traceback.format_exc())
threads = [threading.Thread(target=read, args=(seed,)) for seed in range(3)]
for thread in threads:
    thread.start()
while len(batches) < 3 and not raised:
    time.sleep(0.001)
for number in range(15):
    in_child(lambda: (check(number, 600), check(number, 600, 8)))
stopped.append(True)
for thread in threads:
    thread.join()
assert not raised, raised[0]
""",
        rec,
        backend,
    )


@needs_forks
def test_packed_records_of_the_parent_stay_as_they_are_in_a_child(rec: Path) -> None:
    check_forks(
        """
held = [reader.read_packed([number, number + 1]) for number in range(5)]
def child():
    for number in range(20):
        check(number, 300)
    for number, packed in enumerate(held):
        assert bytes(packed) == RECORDS[number] + RECORDS[number + 1]
    held.clear()
    check(1)
in_child(child)
child()
""",
        rec,
        "auto",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/task")
def test_helpers_are_kept_and_few_and_made_only_when_needed(rec: Path) -> None:
    check_forks(
        """
before = thread_count()
check(0, threads=1)
assert reader.read_batch([0, 1, 2], num_threads=8) == RECORDS[:3]
assert thread_count() == before, "nothing to do for more than one"
for _ in range(20):
    check(0, threads=4)
assert thread_count() <= before + 4, thread_count()
for threads in range(2, 200, 5):
    check(0, 250, threads=threads)
assert thread_count() <= before + 512, thread_count()
def child():
    assert thread_count() == 1
    check(0)
    assert thread_count() > 1
in_child(child)
""",
        rec,
        "positioned",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/task")
def test_threads_that_make_the_helpers_at_once_make_them_once(rec: Path) -> None:
    check_forks(
        """
def child():
    barrier = threading.Barrier(8)
    def work():
        barrier.wait()
        check(0, 300, threads=5)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(200):  # what was too much ends by itself
        if thread_count() <= 5:
            return
        time.sleep(0.05)
    raise AssertionError(thread_count())
for _ in range(3):
    in_child(child)
""",
        rec,
        "positioned",
    )


def read_elsewhere(reader: Reader, ordinals: list[int]) -> tuple[list[bytes], Any]:
    """Reads in a process of its own; packed records come back by pickle."""
    return reader.read_batch(ordinals), reader.read_packed(ordinals)


@each_backend
def test_readers_go_to_spawned_processes_and_packed_records_come_back(
    rec: Path, backend: Backend
) -> None:
    write_files(rec, RECORDS, range(COUNT))
    ordinals = [5, 0, -1, 5]
    wanted = [RECORDS[ordinal] for ordinal in ordinals]
    with (
        Reader(rec, backend=backend) as reader,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        records, packed = pool.apply(read_elsewhere, (reader, ordinals))
        assert (records, [bytes(each) for each in packed]) == (wanted, wanted)
        records, packed = pool.apply(read_elsewhere, (reader[::-1], ordinals))
        assert records == [RECORDS[::-1][ordinal] for ordinal in ordinals]


def in_threads(threads: int, work: Any) -> None:  # noqa: ANN401
    """Calls a function in several threads at once, with a number each; raises what one raises."""
    barrier = threading.Barrier(threads)

    def run(number: int) -> None:
        barrier.wait()
        work(number)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(run, number) for number in range(threads)]:
            done.result()


@each_backend
@pytest.mark.parametrize("index", [None, False], ids=["index", "no index"])
def test_threads_share_a_reader_in_all_ways_at_once(
    rec: Path, backend: Backend, index: None
) -> None:
    write_files(rec, RECORDS, range(COUNT))
    with Reader(rec, index, backend=backend) as reader:

        def work(seed: int) -> None:
            numbers, held = random.Random(seed), []
            for count in (1, 300):
                for way in MANY.values():
                    ordinals = numbers.choices(range(COUNT), k=count)
                    wanted = [RECORDS[ordinal] for ordinal in ordinals]
                    assert way(reader, ordinals) == wanted
                    held.append((reader.read_packed(np.array(ordinals[:9])), wanted[:9]))
                    assert [reader[ordinal] for ordinal in ordinals[:9]] == wanted[:9]
                    assert way(reader[::-1], [-1 - each for each in ordinals]) == wanted
            for packed, wanted in held:
                assert [bytes(each) for each in packed] == wanted

        in_threads(8, work)


@each_backend
def test_batches_of_a_reader_that_a_thread_closes_are_whole_or_refused(
    rec: Path, backend: Backend
) -> None:
    write_files(rec, RECORDS, range(COUNT))

    def work(number: int, reader: Reader, done: list[int], enough: int) -> None:
        if number == 0:
            while len(done) < enough:
                time.sleep(0.0001)
            reader.close()
            return
        read = (reader.read_batch, partial(unpacked, reader))[number % 2]
        ordinals = random.Random(number).choices(range(COUNT), k=400)
        try:
            while True:
                assert read(ordinals) == [RECORDS[ordinal] for ordinal in ordinals]
                done.append(number)
        except ClosedError:
            assert reader.closed

    for enough in (0, 0, 1, 2, 5, 9):
        reader = Reader(rec, backend=backend)
        in_threads(4, partial(work, reader=reader, done=[], enough=enough))


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@each_backend
@pytest.mark.parametrize("batch", ["read_batch", "read_packed"])
def test_a_large_batch_gives_way_to_signals_and_leaves_the_reader_as_it_was(
    rec: Path, backend: Backend, batch: str
) -> None:
    write_files(rec, [bytes([number]) * 300_000 for number in range(64)], range(64))
    run_python(
        f"""
        import signal
        from recordio_rs import Reader
        reader, seen = Reader("a.rec", backend={backend!r}), []
        # However many signals come during one call, a handler runs once before it, and once after
        # it: the third time is in the middle.
        def handler(number, frame):
            seen.append(number)
            if len(seen) == 3:
                raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        try:
            reader.{batch}(list(range(64)) * 60)  # more than a gigabyte
        except KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            raise AssertionError("it did not give way")
        found = reader.{batch}(range(64))
        assert all(bytes(found[each]) == bytes([each]) * 300_000 for each in range(64))
        """,
        cwd=rec.parent,
    )
