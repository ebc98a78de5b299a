"""Records through named pipes."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from errors import check_error
from recordio_rs import MXRecordIO, Reader
from recordio_rs.exceptions import StorageError, TruncatedRecordError
from reference import MAGIC, decode, encode

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")


def sent(fifo: Path, data: bytes, piece: int) -> threading.Thread:
    """Starts a thread that writes data to a FIFO in pieces, until nobody reads any more."""

    def send() -> None:
        with suppress(BrokenPipeError), fifo.open("wb", buffering=0) as file:
            for begin in range(0, len(data), piece):
                file.write(data[begin : begin + piece])

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_reading_from_a_fifo(tmp_path: Path, piece: int) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    records = [b"one", b"", MAGIC * 3, b"x" * (500 if piece < 100 else 1_000_000), b"last"]
    data = b"".join(encode(record) for record in records)
    thread = sent(fifo, data, piece)
    with MXRecordIO(fifo, "r") as reader:
        assert [reader.read() for _ in range(5)] == records
        assert reader.tell() == len(data)
        assert reader.read() is None
    thread.join()
    thread = sent(fifo, data, piece)
    with Reader(fifo, index=False) as native:
        assert list(iter(native)) == records  # without `iter` it would ask for the length
    thread.join()


def test_a_fifo_that_ends_inside_a_record(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    thread = sent(fifo, encode(b"whole") + encode(b"cut off here")[:-5], 1)
    with MXRecordIO(fifo, "r") as reader:
        assert reader.read() == b"whole"
        with pytest.raises(TruncatedRecordError) as caught:
            reader.read()
    check_error(caught.value, path=str(fifo), offset=16, ordinal=1, expected=12, found=7)
    thread.join()


def test_a_fifo_is_not_read_by_ordinal(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    thread = sent(fifo, encode(b"one"), 100)
    with Reader(fifo, index=False) as native:
        with pytest.raises(StorageError) as caught:
            native[0]
        assert list(iter(native)) == [b"one"]
    thread.join()
    check_error(caught.value, path=str(fifo), errno=errno.ESPIPE)


def test_writing_to_a_fifo(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.rec"
    os.mkfifo(fifo)
    large = bytes(1_000_000)
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(fifo.read_bytes()))
    thread.start()
    with MXRecordIO(fifo, "w") as writer:
        writer.write(b"one")
        writer.write(large)
    thread.join()
    assert [payload for _, payload in decode(found[0])] == [b"one", large]
