"""Forks at bad moments: what runs in a child before the package knows, and threads at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference import decode
from stuck import needs_fifos, run_stuck

pytestmark = needs_fifos

# Registered before the package is imported, so it runs in a child before the package's own hook.
EARLY = """
import os, signal, traceback
writers = []
def early():
    signal.alarm(60)
    try:
        for each in writers:
            each.close()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
os.register_at_fork(after_in_child=early)
"""

WRITERS = [
    "MXRecordIO('a.rec', 'w')",
    "MXIndexedRecordIO('a.idx', 'a.rec', 'w')",
    "Writer('a.rec')",
]
each_writer = pytest.mark.parametrize("make", WRITERS)


def check(folder: Path, records: list[bytes]) -> None:
    """Asserts what `a.rec` holds, and `a.idx` if it is there and has entries."""
    stored = decode((folder / "a.rec").read_bytes())
    assert [record for _, record in stored] == records


@each_writer
def test_a_writer_that_only_another_thread_holds_is_left_to_the_parent(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
local, written, forked = threading.local(), threading.Event(), threading.Event()
def work():
    local.writer = {make}
    local.writer.write(b"one")
    written.set()
    forked.wait()
    local.writer.write(b"two")
    local.writer.close()
thread = in_thread(work)
written.wait()
fork()
forked.set()
thread.join()
""",
        tmp_path,
    )
    check(tmp_path, [b"one", b"two"])


@each_writer
def test_a_writer_that_an_early_callback_closes_is_left_to_the_parent(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
writer = {make}
writer.write(b"one")
writers.append(writer)
fork()
writer.write(b"two")
writer.close()
""",
        tmp_path,
        first=EARLY,
    )
    check(tmp_path, [b"one", b"two"])


@each_writer
def test_a_writer_that_an_early_callback_forgets_is_left_to_the_parent(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
class Holder:
    def close(self):
        self.writer = None
holder = Holder()
holder.writer = {make}
holder.writer.write(b"one")
writers.append(holder)
fork()
holder.writer.write(b"two")
holder.writer.close()
""",
        tmp_path,
        first=EARLY,
    )
    check(tmp_path, [b"one", b"two"])


def test_an_early_callback_cannot_write_what_is_the_parents(tmp_path: Path) -> None:
    run_stuck(
        """
writer, plain = Writer("a.rec"), MXRecordIO("b.rec", "w")
writer.write(b"one")
plain.write(b"one")
class Writes:
    def close(self):
        for use in (writer.flush, lambda: writer.write(LARGE), lambda: plain.write(LARGE)):
            assert caught(use) is ForkedError
        assert writer.closed
writers.append(Writes())
fork()
writer.close()
plain.close()
""",
        tmp_path,
        first=EARLY,
    )
    check(tmp_path, [b"one"])
    assert (tmp_path / "b.rec").read_bytes() == (tmp_path / "a.rec").read_bytes()


def test_a_child_closes_a_reader_that_a_thread_of_its_parent_was_reading(tmp_path: Path) -> None:
    run_stuck(
        """
reader, found = MXRecordIO("a.fifo", "r"), []
writers.append(reader)
thread = in_thread(lambda: found.append(reader.read()))
feed_start()
fork()
feed_rest()
thread.join()
assert found == [LARGE]
""",
        tmp_path,
        first=EARLY,
    )


@pytest.mark.parametrize("make", ["MXRecordIO('a.fifo', 'w')", "Writer('a.fifo', index=False)"])
def test_a_child_closes_a_writer_that_a_thread_of_its_parent_was_using(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
writer = {make}
writers.append(writer)
thread = in_thread(writer.write, LARGE)
wait_for_written()
fork()
assert drain(len(FILE)) == FILE
thread.join()
writer.write(b"more")
writer.close()
assert drain(12)[8:] == b"more"
""",
        tmp_path,
        first=EARLY,
    )


def test_a_child_leaves_by_exit_while_threads_of_its_parent_read_and_write(tmp_path: Path) -> None:
    run_stuck(
        """
import sys
reader, writer, found = MXRecordIO("a.fifo", "r"), Writer("b.fifo", index=False), []
reading = in_thread(lambda: found.append(reader.read()))
feed_start()
writing = in_thread(writer.write, LARGE)
select.select([other], [], [])
pid = os.fork()
if not pid:
    signal.alarm(60)
    reader.close()
    writer.close()
    del reader, writer
    sys.exit()
assert os.waitpid(pid, 0)[1] == 0
feed_rest()
reading.join()
end = other
assert drain(len(FILE)) == FILE
writing.join()
assert found == [LARGE]
""",
        tmp_path,
        first="import os\nos.mkfifo('b.fifo')\nother = os.open('b.fifo', os.O_RDWR)\n",
    )
