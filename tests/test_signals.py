"""Signal handlers that use the very file that the main thread is using, and Ctrl-C while it waits.

Also what one thread may ask of a file that another one is using.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stuck import needs_fifos, run_stuck

pytestmark = needs_fifos

HANDLER = """
answered, found = threading.Event(), []
def handler(number, frame):
    if not answered.is_set():
        found.append(caught({use}))
        answered.set()
signal.signal(signal.SIGINT, handler)
"""

each_writer = pytest.mark.parametrize(
    "make", ["MXRecordIO('a.fifo', 'w')", "Writer('a.fifo', index=False)"]
)


@pytest.mark.parametrize("of", ["reader", "reader.handle"])
@pytest.mark.parametrize("method", ["close", "tell", "read"])
def test_a_handler_is_refused_the_reader_that_it_interrupts(
    tmp_path: Path, of: str, method: str
) -> None:
    run_stuck(
        f"""
reader = MXRecordIO("a.fifo", "r")
{HANDLER.format(use=f"{of}.{method}")}
def work():
    feed_start()
    interrupt_main(answered)
    feed_rest()
thread = in_thread(work)
assert reader.read() == LARGE
thread.join()
assert found == [ReentrantError], found
assert issubclass(ReentrantError, RuntimeError)
reader.close()
assert not reader.is_open
""",
        tmp_path,
    )


def test_a_handler_is_refused_the_iterator_that_it_interrupts(tmp_path: Path) -> None:
    run_stuck(
        f"""
records = iter(Reader("a.fifo", index=False))
{HANDLER.format(use="next, records")}
def work():
    feed_start()
    interrupt_main(answered)
    feed_rest()
thread = in_thread(work)
assert next(records) == LARGE
thread.join()
assert found == [ReentrantError], found
""",
        tmp_path,
    )


@each_writer
@pytest.mark.parametrize("use", ["writer.tell", "writer.write, b'x'", "writer.close"])
def test_a_handler_is_refused_the_writer_that_it_interrupts(
    tmp_path: Path, make: str, use: str
) -> None:
    run_stuck(
        f"""
writer, drained = {make}, []
{HANDLER.format(use=use)}
def work():
    wait_for_written()
    interrupt_main(answered)
    drained.append(drain(len(FILE)))
thread = in_thread(work)
writer.write(LARGE)
thread.join()
assert found == [ReentrantError], found
assert drained == [FILE]
""",
        tmp_path,
    )


@each_writer
def test_a_writer_whose_closing_was_refused_goes_on_and_is_closed_later(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
writer = {make}
{HANDLER.format(use="writer.close")}
def work():
    wait_for_written()
    interrupt_main(answered)
    drain(len(FILE))
thread = in_thread(work)
writer.write(LARGE)
thread.join()
assert found == [ReentrantError], found
writer.write(b"more")
writer.close()
assert select.select([end], [], [], 0)[0]
assert drain(12)[8:] == b"more"
""",
        tmp_path,
    )


@pytest.mark.parametrize("method", ["close", "tell", "read"])
def test_waiting_for_a_reader_that_a_thread_is_using_gives_way_to_ctrl_c(
    tmp_path: Path, method: str
) -> None:
    run_stuck(
        f"""
reader, found, answered = MXRecordIO("a.fifo", "r"), [], threading.Event()
reading = in_thread(lambda: found.append(reader.read()))
feed_start()
raise_in({method!r}, answered)
nagging = in_thread(interrupt_main, answered)
assert caught(reader.{method}) is KeyboardInterrupt
nagging.join()
feed_rest()
reading.join()
assert found == [LARGE]
""",
        tmp_path,
    )


@each_writer
@pytest.mark.parametrize("use", ["tell", "close", "write, b'x'"])
def test_waiting_for_a_writer_that_a_thread_is_using_gives_way_to_ctrl_c(
    tmp_path: Path, make: str, use: str
) -> None:
    run_stuck(
        f"""
writer, answered = {make}, threading.Event()
writing = in_thread(writer.write, LARGE)
wait_for_written()
raise_in({use.split(",")[0]!r}, answered)
nagging = in_thread(interrupt_main, answered)
assert caught(writer.{use}) is KeyboardInterrupt
nagging.join()
assert drain(len(FILE)) == FILE
writing.join()
""",
        tmp_path,
    )


def test_a_writer_tells_what_it_is_while_a_thread_is_writing(tmp_path: Path) -> None:
    run_stuck(
        """
writer = Writer("a.fifo", index=False)
thread = in_thread(writer.write, LARGE)
wait_for_written()
assert not writer.closed
assert repr(writer) == "<Writer 'a.fifo'>"
assert drain(len(FILE)) == FILE
thread.join()
writer.close()
assert writer.closed
assert repr(writer) == "<Writer 'a.fifo' closed>"
""",
        tmp_path,
    )


@each_writer
def test_whoever_closes_a_writer_that_is_being_closed_waits_until_all_is_written(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
writer = {make}
for _ in range(20):
    writer.write(bytes(10_000))
assert not select.select([end], [], [], 0)[0], "it should be buffered"
first = in_thread(writer.close)
wait_for_written()
second = in_thread(writer.close)
second.join(0.5)  # it would return at once
assert first.is_alive()
assert second.is_alive()
assert len(drain(20 * 10_008)) == 200_160
first.join()
second.join()
""",
        tmp_path,
    )


@each_writer
def test_a_writer_that_ctrl_c_has_stopped_says_so_when_it_is_closed(
    tmp_path: Path, make: str
) -> None:
    run_stuck(
        f"""
writer, answered = {make}, threading.Event()
raise_in("write", answered)
def work():
    wait_for_written()
    interrupt_main(answered)
thread = in_thread(work)
assert caught(writer.write, LARGE) is KeyboardInterrupt
thread.join()
assert caught(writer.write, b"more") is WriteAfterFailureError
assert caught(writer.close) is WriteAfterFailureError
assert caught(writer.close) is None
""",
        tmp_path,
    )
