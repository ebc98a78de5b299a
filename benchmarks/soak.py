"""Reads millions of records in random order from many threads on one reader, and checks each one.

Children that are forked meanwhile do the same with the reader that they inherit. Run as
`python -m benchmarks.soak`; the exit code is 0 if every record was right and memory stayed flat, 1
if a record was wrong or a thread failed, 2 if memory grew, 3 if a child did not come to its end.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import numpy as np

from benchmarks.content import Content, Ordinals
from benchmarks.gauge import memory
from recordio_rs import Reader, Writer

_WRONG, _GROWN, _STUCK = 1, 2, 3
_PIECE = 512
_CHILD_SHARE = 0.1
_CHILD_PATIENCE = 300


class Crew:
    """Threads that read until so many records are read, or the time is over.

    Args:
        reader: What all of them read.
        content: What is in it.
        reads: How many records they read together.
        seconds: When they stop in any case.
        seed: Makes their orders differ from those of other crews.
    """

    def __init__(
        self, reader: Reader, content: Content, reads: int, seconds: float, seed: int
    ) -> None:
        self._reader = reader
        self._content = content
        self._reads = reads
        self._end = time.monotonic() + seconds
        self._seed = seed
        self._lock = threading.Lock()
        self.done = 0
        self.failure: str | None = None
        self._samples: list[tuple[int, int]] = []

    def run(self, threads: int, meanwhile: threading.Event | None = None) -> int:
        """Reads with so many threads.

        Args:
            threads: How many.
            meanwhile: Is set once they are at work.

        Returns:
            The exit code.
        """
        workers = [threading.Thread(target=self._work, args=(n,)) for n in range(threads)]
        for worker in workers:
            worker.start()
        if meanwhile is not None:
            meanwhile.set()
        while any(worker.is_alive() for worker in workers):
            time.sleep(0.05)
            self._samples.append((self.done, memory()["RssAnon"]))
        return _WRONG if self.failure else 0

    @property
    def growth(self) -> int:
        """By how many bytes memory grew from the second fifth of the reads to the last.

        What is in use at one moment goes up and down with the records in hand, so medians count.
        """
        fifth = self.done / 5
        early = [own for done, own in self._samples if fifth <= done <= 2 * fifth]
        late = [own for done, own in self._samples if done >= 4 * fifth]
        return int(statistics.median(late) - statistics.median(early)) if early and late else 0

    def _work(self, number: int) -> None:
        generator = np.random.default_rng((self._seed, number))
        ways = (self._one_by_one, self._batch, self._packed, self._prefetch)
        try:
            while self._is_wanted():
                ordinals = generator.integers(0, self._content.count, _PIECE)
                ways[generator.integers(len(ways))](ordinals)
                with self._lock:
                    self.done += len(ordinals)
        except BaseException:
            self.failure = traceback.format_exc()

    def _is_wanted(self) -> bool:
        return self.done < self._reads and self.failure is None and time.monotonic() < self._end

    def _one_by_one(self, ordinals: Ordinals) -> None:
        for ordinal in ordinals.tolist():
            self._content.check(ordinal, self._reader[ordinal])

    def _batch(self, ordinals: Ordinals) -> None:
        records = self._reader.read_batch(ordinals)
        for ordinal, record in zip(ordinals.tolist(), records, strict=True):
            self._content.check(ordinal, record)

    def _packed(self, ordinals: Ordinals) -> None:
        self._content.check_packed(ordinals, self._reader.read_packed(ordinals))

    def _prefetch(self, ordinals: Ordinals) -> None:
        with self._reader.prefetch(ordinals) as records:
            for record, ordinal in zip(records, ordinals.tolist(), strict=True):
                self._content.check(ordinal, record)
                if ordinal % 997 == 0:  # now and then it is closed before its end
                    break


def _fork(reader: Reader, content: Content, options: argparse.Namespace, seed: int) -> int:
    """Forks a child that reads, and returns its process number."""
    child = os.fork()
    if child:
        return child
    code = _WRONG
    try:
        crew = Crew(reader, content, int(options.reads * _CHILD_SHARE), options.seconds, seed)
        code = crew.run(options.threads)
        if crew.failure:
            os.write(2, f"in a forked child: {crew.failure}".encode())
        elif crew.growth > options.growth * 1e6:
            os.write(2, f"in a forked child memory grew by {crew.growth} bytes\n".encode())
            code = _GROWN
    finally:
        os._exit(code)


def _await(children: list[int]) -> int:
    """Waits for the children, and returns the worst of their exit codes."""
    end, worst = time.monotonic() + _CHILD_PATIENCE, 0
    for child in children:
        while (found := os.waitpid(child, os.WNOHANG)) == (0, 0):
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                print("a forked child did not come to its end", file=sys.stderr)
                found = (child, _STUCK << 8)
                break
            time.sleep(0.05)
        worst = max(worst, os.waitstatus_to_exitcode(found[1]), key=abs)
    return abs(worst)


def _soak(path: Path, options: argparse.Namespace) -> int:
    content = Content(options.records)
    with Writer(path) as writer:
        for record in content.records():
            writer.write(record)
    reader = Reader(path)
    crew = Crew(reader, content, options.reads, options.seconds, 0)
    children: list[int] = []
    at_work = threading.Event()

    def fork_meanwhile() -> None:
        at_work.wait()
        for seed in range(1, options.forks + 1):
            time.sleep(0.2)
            children.append(_fork(reader, content, options, seed))

    forking = threading.Thread(target=fork_meanwhile)
    forking.start()
    begin = time.monotonic()
    code = crew.run(options.threads, at_work)
    forking.join()
    seconds = time.monotonic() - begin
    code = max(code, _await(children))
    if crew.failure:
        print(crew.failure, file=sys.stderr)
    elif crew.growth > options.growth * 1e6:
        code = max(code, _GROWN)
    print(
        f"{crew.done:,} records read and checked in {seconds:.0f} s by {options.threads} threads, "
        f"{len(children)} forked children meanwhile; memory grew by {crew.growth / 1e6:.1f} MB "
        f"(at most {options.growth} MB); {'well' if code == 0 else 'NOT WELL'}"
    )
    return code


def main() -> int:
    """Does what the command line says and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--reads", type=int, default=10_000_000, help="by this process's threads")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--forks", type=int, default=4, help="children; each reads a tenth as many")
    parser.add_argument("--records", type=int, default=100_000, help="how many the file has")
    parser.add_argument("--seconds", type=float, default=1800, help="when to stop in any case")
    parser.add_argument("--growth", type=float, default=16, help="MB that memory may grow")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _soak(Path(folder) / "soak.rec", options)


if __name__ == "__main__":
    sys.exit(main())
