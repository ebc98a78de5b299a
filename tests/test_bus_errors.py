"""Files that are cut while they are mapped end no process, and what else SIGBUS means stays so."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from isolated import FORK_IS_MEANT
from reference import write_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/maps")

COUNT = 40
LENGTH = 5000

# `a.rec` has records that tell their ordinal; `check` cuts it and asserts what is left of it.
HEAD = f"""
import faulthandler, os, random, signal, sys, threading, time, traceback
from pathlib import Path
from recordio_rs import MXIndexedRecordIO, Reader
from recordio_rs.exceptions import IndexMismatchError, RecordIOError, TruncatedRecordError
signal.alarm(60)
COUNT, LENGTH = {COUNT}, {LENGTH}
RECORDS = [bytes([65 + number]) * LENGTH for number in range(COUNT)]
WHOLE = Path("a.rec").read_bytes()
def is_mapped():
    return os.path.realpath("a.rec") + "\\n" in Path("/proc/self/maps").read_text()
def outcome(use, *arguments):
    try:
        return use(*arguments)
    except (IndexMismatchError, TruncatedRecordError) as error:
        return type(error)
def expected(ordinal, end):
    begin = ordinal * (LENGTH + 8)
    if begin + LENGTH + 8 <= end:
        return RECORDS[ordinal]
    return TruncatedRecordError if begin < end else IndexMismatchError
def check(reader, end=4096 * 3):
    os.truncate("a.rec", end)
    for ordinal in range(COUNT):
        wanted = expected(ordinal, end)
        assert outcome(lambda: reader[ordinal]) == wanted, ordinal
        assert outcome(lambda: reader.read_batch([ordinal])[0]) == wanted, ordinal
        assert outcome(lambda: bytes(reader.read_packed([ordinal])[0])) == wanted, ordinal
def restore():
    with open("a.rec", "r+b") as file:
        file.write(WHOLE)
def in_child(function):
    pid = os.fork()
    if not pid:
        signal.alarm(60)
        try:
            function()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]
"""


def run(body: str, rec: Path) -> tuple[int, str, str]:
    """Runs code in a fresh interpreter; gives its status and what it prints, errors apart."""
    records = [bytes([65 + number]) * LENGTH for number in range(COUNT)]
    write_files(rec, records, range(COUNT))
    command = [
        sys.executable,
        "-W",
        "error",
        "-W",
        FORK_IS_MEANT,
        "-c",
        HEAD + textwrap.dedent(body),
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, cwd=rec.parent)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(body: str, rec: Path) -> None:
    """Runs code that has to end well, and to print "fine" and nothing else."""
    assert run(body + '\nprint("fine")', rec) == (0, "fine\n", "")


each_backend = pytest.mark.parametrize("backend", ["auto", "mmap"])
BEFORE = {
    "nothing": "",
    "faulthandler": "faulthandler.enable()",
    "ignored": "signal.signal(signal.SIGBUS, signal.SIG_IGN)",
    "a handler": "signal.signal(signal.SIGBUS, lambda *_: print('handled'))",
}


@each_backend
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_a_cut_file_whatever_was_there_before(rec: Path, backend: str, before: str) -> None:
    check(
        f"""
{before}
for end in (0, 1, 4096, 4096 * 3, 5008 * 7 + 100, len(WHOLE) - 1):
    restore()
    for make in (Reader, lambda rec, **options: MXIndexedRecordIO("a.idx", rec, "r", **options)):
        restore()
        reader = make("a.rec", backend={backend!r})
        assert is_mapped()
        if make is Reader:
            check(reader, end)
        else:
            os.truncate("a.rec", end)
            for ordinal in range(COUNT):
                assert outcome(reader.read_idx, ordinal) == expected(ordinal, end)
""",
        rec,
    )


def test_a_cut_before_the_first_read_or_between_two(rec: Path) -> None:
    check(
        """
for end in range(0, len(WHOLE), 4096 * 11 + 7):
    for first in (lambda: None, lambda: reader[COUNT - 1], lambda: reader.read_batch(range(COUNT))):
        restore()
        reader = Reader("a.rec")
        first()
        check(reader, end)
        restore()
        assert reader.read_batch(range(COUNT)) == RECORDS, "it is read, if not through the map"
""",
        rec,
    )


@pytest.mark.parametrize("size", [1000, 5000, 70_000, 2_000_000])
def test_a_cut_while_threads_read(rec: Path, size: int) -> None:
    check(
        f"""
size = {size}
count = min(2000, 6_000_000 // size)
records = [b"%07d" % number + bytes([1 + number % 255]) * (size - 7) for number in range(count)]
def cycle(rounds, backend):
    with Writer("b.rec") as writer:
        offsets = [writer.write(record) for record in records]
    whole = Path("b.rec").stat().st_size
    reader, stopped, started, raised = Reader("b.rec", backend=backend), [], [], []
    end = rounds.randrange(whole)
    def read(seed):
        numbers = random.Random(seed)
        try:
            while not stopped:
                ordinals = [numbers.randrange(count) for _ in range(numbers.choice([1, 5, 300]))]
                ordinals = ordinals[: 1 + 4_000_000 // size]
                use = numbers.choice(["item", "batch", "packed"])
                started.append(seed)
                try:
                    if use == "item":
                        found = [reader[ordinal] for ordinal in ordinals[:50]]
                    elif use == "batch":
                        found = reader.read_batch(ordinals)
                    else:
                        found = [bytes(record) for record in reader.read_packed(ordinals)]
                except (IndexMismatchError, TruncatedRecordError) as error:
                    assert offsets[error.ordinal] + size + 8 > end
                except OSError as error:
                    assert "changed while it was read" in str(error), error
                else:
                    for record, ordinal in zip(found, ordinals):
                        assert record == records[ordinal], (use, ordinal)
        except BaseException:
            raised.append(traceback.format_exc())
    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    while len(started) < 20 and not raised:
        time.sleep(0.001)
    os.truncate("b.rec", end)
    begun = len(started)
    while len(started) < begun + 20 and not raised:
        time.sleep(0.001)
    stopped.append(True)
    for thread in threads:
        thread.join()
    assert not raised, raised[0]
    for ordinal in rounds.choices(range(count), k=5):
        found = outcome(lambda: reader[ordinal])
        is_whole = offsets[ordinal] + len(records[ordinal]) + 8 <= end
        assert (found == records[ordinal]) == is_whole
from recordio_rs import Writer
rounds = random.Random({size})
for number in range(6):
    cycle(rounds, "mmap" if number % 2 else "auto")
""",
        rec,
    )


def test_a_cut_while_one_large_batch_is_read(rec: Path) -> None:
    check(
        """
from recordio_rs import Writer
records = [bytes([1 + number]) * 500_000 for number in range(100)]
for number in range(8):
    with Writer("b.rec") as writer:
        offsets = [writer.write(record) for record in records]
    reader = Reader("b.rec", backend="mmap")
    end = offsets[60] + 9000 * number + 77
    ready = threading.Event()
    def cut():
        ready.wait()
        time.sleep(0.002 * number)
        os.truncate("b.rec", end)
    thread = threading.Thread(target=cut)
    thread.start()
    ready.set()
    try:
        read = reader.read_packed if number % 2 else reader.read_batch
        found = read(list(range(100)) * 2)
    except (IndexMismatchError, TruncatedRecordError) as error:
        assert error.ordinal >= 60
    else:
        assert all(found[place] == records[place % 100] for place in range(200))
    thread.join()
    assert reader.read_batch(range(60)) == records[:60]
    os.unlink("b.rec")
""",
        rec,
    )


@pytest.mark.parametrize("before", ["", "faulthandler.enable(file=open(os.devnull, 'w'))"])
def test_a_signal_from_outside_still_ends_the_process(rec: Path, before: str) -> None:
    body = """
{before}
reader = Reader("a.rec")
assert is_mapped()
check(reader)
print("fine", flush=True)
os.kill(os.getpid(), signal.SIGBUS)
print("alive")
"""
    assert run(body.format(before=before), rec) == (-signal.SIGBUS, "fine\n", "")


def test_a_signal_from_outside_goes_to_the_handler_that_was_there(rec: Path) -> None:
    check(
        """
seen = []
signal.signal(signal.SIGBUS, lambda number, frame: seen.append(number))
reader = Reader("a.rec")
check(reader)
for _ in range(3):
    os.kill(os.getpid(), signal.SIGBUS)
    signal.raise_signal(signal.SIGBUS)
assert seen == [signal.SIGBUS] * 6, seen
restore()
check(Reader("a.rec"))
""",
        rec,
    )


def test_a_signal_that_was_ignored_stays_ignored(rec: Path) -> None:
    check(
        """
signal.signal(signal.SIGBUS, signal.SIG_IGN)
check(Reader("a.rec"))
os.kill(os.getpid(), signal.SIGBUS)
""",
        rec,
    )


def test_a_fault_of_somebody_else_ends_the_process(rec: Path) -> None:
    body = """
import mmap
reader = Reader("a.rec")
check(reader)
with open("other", "w+b") as file:
    file.write(bytes(10_000))
    file.flush()
    other = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    file.truncate(0)
print("fine", flush=True)
print(other[5000])
"""
    assert run(body, rec) == (-signal.SIGBUS, "fine\n", "")


AFTER = {
    "a handler": "signal.signal(signal.SIGBUS, lambda *_: print('handled'))",
    "the default": "signal.signal(signal.SIGBUS, signal.SIG_DFL)",
    "faulthandler": "faulthandler.enable()",
    "no faulthandler any more": "faulthandler.disable()",  # which puts back what was before it
}


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_whoever_handles_the_signal_from_now_on_has_files_that_are_not_mapped(
    rec: Path, after: str
) -> None:
    check(
        f"""
if "disable" in {after!r}:
    faulthandler.enable()
assert Reader("a.rec")[0] == RECORDS[0]
before, by_batches = Reader("a.rec"), Reader("a.rec")
assert is_mapped()
{after}
assert before.read_batch([3]) == [RECORDS[3]], "a batch looks who handles the signal"
for _ in range(32):
    by_batches[0]  # a record alone looks now and then
check(before)
check(by_batches)
restore()
before.close()
by_batches.close()
reader = Reader("a.rec")
assert not is_mapped()
check(reader)
""",
        rec,
    )


def test_a_handler_of_a_forked_child_is_its_own(rec: Path) -> None:
    check(
        """
reader = Reader("a.rec")
assert reader[1] == RECORDS[1]
def child():
    signal.signal(signal.SIGBUS, lambda *_: print("handled"))  # as PyTorch's workers do
    assert reader.read_batch([2]) == [RECORDS[2]]
    check(reader)
assert in_child(child) == 0
check(reader)
restore()
assert Reader("a.rec").read_batch(range(COUNT)) == RECORDS and is_mapped()
""",
        rec,
    )


@pytest.mark.parametrize("who", ["parent", "child"])
def test_parent_and_child_both_outlive_a_cut_by_one_of_them(rec: Path, who: str) -> None:
    check(
        f"""
for number in range(6):
    restore()
    reader = Reader("a.rec", backend="mmap" if number % 2 else "auto")
    assert is_mapped()
    reading, writing = os.pipe()
    def child():
        if {who!r} == "parent":
            os.read(reading, 1)
            end = os.stat("a.rec").st_size
        else:
            end = 4096 * number
        check(reader, end)
    if {who!r} == "parent":
        pid = os.fork()
        if not pid:
            signal.alarm(60)
            try:
                child()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        check(reader, 4096 * number)
        os.write(writing, b"x")
        assert os.waitpid(pid, 0)[1] == 0
    else:
        assert in_child(child) == 0
        check(reader, os.stat("a.rec").st_size)
    os.close(reading), os.close(writing)
""",
        rec,
    )
