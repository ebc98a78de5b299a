"""What forks and deaths change about who has a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from isolated import run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")

FORK = """
import os, signal, sys
from recordio_rs import *
from recordio_rs.exceptions import *

def fork(in_child):
    pid = os.fork()
    if not pid:
        signal.alarm(60)
        try:
            in_child()
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    return pid

def refused(way):
    try:
        way()
    except LockedError:
        return True
    return False

def join(children):
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
"""


def test_children_that_drop_an_inherited_writer_leave_its_lock(tmp_path: Path) -> None:
    run_python(
        FORK
        + """
writers = [Writer("a.rec"), Writer("b.rec", mode="a"), Writer("c.rec", atomic=True)]
for writer in writers:
    writer.write(b"the parent's")

def drop():
    global writers
    writers[0].close()
    del writers

join([fork(drop) for _ in range(16)])
for name in ("a.rec", "b.rec", "c.rec"):
    assert refused(lambda: Writer(name, atomic=True)), name
for writer in writers:
    writer.write(b"and more")
    writer.close()
for name in ("a.rec", "b.rec", "c.rec"):
    assert list(Reader(name)) == [b"the parent's", b"and more"], name
""",
        cwd=tmp_path,
    )


@pytest.mark.parametrize("end", ["writer.close()", "del writer"])
def test_the_lock_goes_with_the_writer_though_children_live_that_inherited_it(
    tmp_path: Path, end: str
) -> None:
    run_python(
        FORK
        + f"""
waiting, go = os.pipe()

def wait():
    os.close(go)
    os.read(waiting, 1)

writer = Writer("a.rec")
writer.write(b"x")
children = [fork(wait) for _ in range(4)]
{end}
with Writer("a.rec", mode="a") as another:
    another.write(b"y")
os.close(go)
join(children)
assert list(Reader("a.rec")) == [b"x", b"y"]
""",
        cwd=tmp_path,
    )


def test_a_child_does_not_get_the_file_that_its_parent_writes(tmp_path: Path) -> None:
    run_python(
        FORK
        + """
record = MXIndexedRecordIO("a.idx", "a.rec", "w")
record.write_idx(1, b"x")

def try_all():
    assert refused(record.reset)
    assert refused(lambda: MXRecordIO("a.rec", "w"))
    assert refused(lambda: Writer("a.rec", mode="a"))

join([fork(try_all)])
record.write_idx(2, b"y")
record.close()
assert list(Reader("a.rec")) == [b"x", b"y"]
join([fork(lambda: MXRecordIO("a.rec", "w").close())])
""",
        cwd=tmp_path,
    )


def test_a_writer_that_was_killed_has_no_lock_any_more(tmp_path: Path) -> None:
    run_python(
        FORK
        + """
told, tell = os.pipe()

def write():
    writer = Writer("a.rec")
    writer.write(b"kept")
    writer.flush()
    os.write(tell, b"!")
    signal.pause()

child = fork(write)
os.read(told, 1)
assert refused(lambda: Writer("a.rec", mode="a"))
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
with Writer("a.rec", mode="a") as writer:
    writer.write(b"more")
assert list(Reader("a.rec")) == [b"kept", b"more"]
""",
        cwd=tmp_path,
    )
