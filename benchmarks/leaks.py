"""Makes objects of every class again and again, and looks whether memory grows. Linux only.

Run as `python -m benchmarks.leaks`; the exit code is 0 if memory stayed flat, 2 if it grew.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.gauge import memory
from recordio_rs import (
    MXIndexedRecordIO,
    MXRecordIO,
    Reader,
    RecordIOError,
    Writer,
    pack,
    recordio,
    unpack,
    verify,
)
from recordio_rs._recordio_rs import FileReader, RecordIndex

_GROWN = 2
_RECORDS = [b"record %d" % number * (number + 1) for number in range(8)]

_Make = Callable[[], object]


def _pass_over(_region: object) -> None:
    pass


def _refused(use: Callable[..., object], *arguments: object) -> _Make:
    """Returns what calls a function that raises."""

    def call() -> None:
        with contextlib.suppress(RecordIOError, IndexError, KeyError, TypeError, ValueError):
            use(*arguments)

    return call


def makers(folder: Path) -> dict[str, _Make]:
    """Returns for each class what makes an object of it, uses it and drops it.

    Args:
        folder: Where files may be.
    """
    rec, idx, bad = folder / "a.rec", folder / "a.idx", folder / "bad.rec"
    with Writer(rec) as writer:
        offsets = [writer.write(record) for record in _RECORDS]
    bad.write_bytes(rec.read_bytes())
    with bad.open("r+b") as file:
        file.seek(offsets[3])
        file.write(b"????")
    bad_idx = folder / "bad.idx"
    bad_idx.write_text("0\t0\nbad\n")
    reader = Reader(rec)
    damaged = Reader(bad, idx)
    lenient = Reader(bad, index=False, errors=_pass_over)
    native = FileReader(str(bad), lenient=True)
    asked = np.arange(8)
    image_record = pack((0, [1.0, 2.0], 0, 0), b"image")

    def close(opened: Reader | Writer | MXRecordIO) -> None:
        opened.close()

    def read_packed() -> None:
        packed = reader.read_packed(asked)
        packed[2], packed.offsets, memoryview(packed)[:4]

    def prefetch() -> None:
        with reader.prefetch(asked, num_threads=1) as records:
            next(records)

    def write() -> None:
        with Writer("/dev/null", index=False) as writer:
            writer.write(b"record")

    def write_indexed() -> None:
        with Writer("/dev/null", folder / "written.idx") as writer:
            writer.write(b"record", 7)

    def mxnet_write() -> None:
        plain = MXRecordIO("/dev/null", "w")
        plain.write(b"record")

    def mxnet_write_indexed() -> None:
        keyed = MXIndexedRecordIO(folder / "mxnet.idx", "/dev/null", "w")
        keyed.write_idx(1, b"record")

    def mxnet_read_indexed() -> None:
        keyed = MXIndexedRecordIO(idx, rec, "r")
        keyed.read_idx(3), keyed.read(), keyed.keys

    return {
        "Reader, closed": lambda: close(Reader(rec)),
        "Reader, dropped": lambda: Reader(rec)[2],
        "Reader without index": lambda: len(Reader(rec, index=False)),
        "Reader, mapped": lambda: Reader(rec, backend="mmap")[2],
        "Reader, lenient": lambda: len(Reader(bad, index=False, errors=_pass_over)),
        "Reader, pickled": lambda: pickle.loads(pickle.dumps(reader))[1],
        "slice": lambda: reader[1::2][1],
        "bytes": lambda: (reader[7], reader.get(3)),
        "batch": lambda: reader.read_batch(asked),
        "keys and offsets": lambda: (list(reader.keys), reader.offsets.tolist()),
        "RecordIterator": lambda: next(iter(reader)),
        "RecordIterator to its end": lambda: list(iter(reader)),
        "IntactIterator": lambda: next(iter(lenient)),
        "IntactIterator to its end": lambda: list(iter(lenient)),
        "Salvage": lambda: native.salvage(None, 100).skipped(0, 9),
        "Report": lambda: str(verify(bad, idx)),
        "PackedRecords": read_packed,
        "Prefetch": prefetch,
        "Writer": write,
        "Writer with index": write_indexed,
        "MXRecordIO to read": lambda: MXRecordIO(rec, "r").read(),
        "MXRecordIO to write": mxnet_write,
        "MXIndexedRecordIO to read": mxnet_read_indexed,
        "MXIndexedRecordIO to write": mxnet_write_indexed,
        "RecordIndex": lambda: RecordIndex.parse(str(idx), text_keys=False).keys(),
        "RecordIndex of text": lambda: RecordIndex.parse(str(idx), text_keys=True).find("3"),
        "image record": lambda: unpack(image_record),
        "recordio.IRHeader": lambda: recordio.pack(recordio.IRHeader(0, 1.0, 2, 0), b"x"),
        "CorruptRecordError": _refused(lambda: damaged[3]),
        "CorruptRecordError of an iterator": _refused(lambda: list(iter(damaged))),
        "StorageNotFoundError": _refused(Reader, folder / "missing.rec"),
        "IndexFormatError": _refused(Reader, rec, bad_idx),
        "IndexError": _refused(lambda: reader[8]),
        "KeyError": _refused(lambda: reader.get(8)),
        "TypeError": _refused(lambda: reader.read_batch(["x"])),  # type: ignore[list-item]
    }


def grown(make: _Make, count: int, seconds: float) -> tuple[int, int]:
    """Makes and drops objects.

    A tenth as many are made before: what is kept for good is there then.

    Args:
        make: Makes one.
        count: How many.
        seconds: After which time it is enough in any case.

    Returns:
        How many were made, and by how many bytes memory grew meanwhile.
    """
    end, made = time.monotonic() + seconds, 0
    for _ in range(min(max(count // 10, 1000), 10_000)):
        make()
    gc.collect()
    before = memory()["RssAnon"]
    while made < count and time.monotonic() < end:
        step = min(1000, count - made)
        for _ in range(step):
            make()
        made += step
    gc.collect()
    return made, memory()["RssAnon"] - before


def main() -> int:
    """Does what the command line says and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leaks", description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000, help="of each class")
    parser.add_argument("--seconds", type=float, default=600, help="for each class at most")
    parser.add_argument("--growth", type=float, default=4, help="MB that memory may grow by each")
    parser.add_argument("--only", default="", help="classes that have this in their names")
    options = parser.parse_args()
    code = 0
    in_memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=in_memory) as folder:
        for name, make in makers(Path(folder)).items():
            if options.only not in name:
                continue
            descriptors = len(os.listdir("/proc/self/fd"))
            made, growth = grown(make, options.objects, options.seconds)
            left = len(os.listdir("/proc/self/fd")) - descriptors
            is_well = growth <= options.growth * 1e6 and left == 0
            code = code if is_well else _GROWN
            print(
                f"{name}: {made:,}, memory {growth / 1e6:+.2f} MB, open files {left:+d}"
                + ("" if is_well else ", NOT WELL"),
                flush=True,
            )
    return code


if __name__ == "__main__":
    sys.exit(main())
