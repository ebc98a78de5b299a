"""Kills writers at random moments, and looks whether what they had acknowledged is there.

A child writes records that say who they are, and tells over a pipe how many there are whenever a
flush has returned. Then it is killed. From the files as they are, whoever reads without the index
gets every record that was told of, in order; whoever writes on has them with their keys, too. Of
files that replace others one is there as a whole. Run as `python tests/crash.py`; the exit code is
0 if no record was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import TruncatedRecordError
from recordio_rs.recovery import RecoveryWarning

_PATTERN = random.Random(0).randbytes(1_000_003) + bytes.fromhex("0a23d7ce") * 9
_LONGEST_LIFE = 0.08
_LIVES_OF_A_FILE = 8


def record(ordinal: int) -> bytes:
    """Gives the record with this ordinal: some are empty but for that, some longer than a block."""
    generator = random.Random(ordinal)
    length = generator.choice([0, 5, 60, 700, 700, 8000, 40_000])
    if ordinal % 97 == 50:
        length = 700_000
    begin = generator.randrange(len(_PATTERN) - length)
    return struct.pack("<Q", ordinal) + _PATTERN[begin : begin + length]


def write_on(rec: Path, acknowledge: Callable[[int], object], seed: int) -> None:
    """Writes records behind those that are there, for ever."""
    generator = random.Random(seed)
    writer = Writer(rec, mode="a")
    for ordinal in _from(len(Reader(rec))):
        writer.write(record(ordinal))
        if generator.random() < 0.2:
            writer.flush(sync=generator.random() < 0.1)
            acknowledge(ordinal + 1)


def write_as_mxnet(rec: Path, acknowledge: Callable[[int], object], seed: int) -> None:
    """Writes records to a new file, for ever."""
    generator = random.Random(seed)
    writer = MXIndexedRecordIO(rec.with_suffix(".idx"), rec, "w")
    assert writer.fidx is not None
    for ordinal in _from(0):
        writer.write_idx(ordinal, record(ordinal))
        if generator.random() < 0.2:
            writer.fidx.flush()
            acknowledge(ordinal + 1)


def replace_again(rec: Path, acknowledge: Callable[[int], object], seed: int) -> None:
    """Writes a file anew as a whole, for ever; all its records are of one number."""
    generator = random.Random(seed)
    for number in _from(1):
        with Writer(rec, atomic=True) as writer:
            for _ in range(generator.randrange(1, 300)):
                writer.write(record(number))
        acknowledge(number)


def _from(begin: int) -> Iterator[int]:
    while True:
        yield begin
        begin += 1


def killed(write: Callable[..., None], rec: Path, seed: int) -> int:
    """Lets a child write until it is killed, and gives the last number that it has told."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            warnings.simplefilter("ignore", RecoveryWarning)
            os.close(told)
            write(rec, lambda count: os.write(tell, struct.pack("<Q", count)), seed)
        except BaseException as error:
            os.write(2, f"the writer failed: {error!r}\n".encode())
        finally:
            os._exit(1)
    os.close(tell)
    time.sleep(random.Random(seed).uniform(0, _LONGEST_LIFE))
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        raise AssertionError("the writer came to an end by itself")
    with open(told, "rb") as pipe:
        numbers = pipe.read()
    return struct.unpack_from("<Q", numbers, len(numbers) - 8)[0] if numbers else 0


@dataclass
class Damage:
    """What was lost, and what had to be mended."""

    lost: int = 0
    torn: int = 0
    added: int = 0
    removed: int = 0


def check(rec: Path, acknowledged: int, damage: Damage, folder: Path) -> None:
    """Looks at a copy of the files that a killed writer has left."""
    copy = folder / "copy.rec"
    for path in (rec, rec.with_suffix(".idx")):
        twin = copy.with_suffix(path.suffix)
        twin.unlink(missing_ok=True)
        if path.exists():
            shutil.copyfile(path, twin)
    if not copy.exists():
        damage.lost += acknowledged
        return
    whole = _read_whole(copy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecoveryWarning)
        writer = Writer(copy, mode="a")
    with writer:
        writer.write(record(len(whole)))
    if writer.recovery is not None:
        damage.torn += writer.recovery.torn is not None
        damage.added += writer.recovery.added
        damage.removed += writer.recovery.removed
    again = Reader(copy)
    keys = list(again.keys)
    assert keys == list(range(len(keys))), "the index has other keys"
    assert list(again) == list(MXRecordIO(copy, "r")), "the index is not in step"
    expected = list(map(record, range(len(keys))))
    assert list(again) == expected, "records are not what was written"
    damage.lost += max(0, acknowledged - len(whole)) + max(0, acknowledged - len(keys) + 1)


def check_replaced(rec: Path, acknowledged: int, damage: Damage) -> None:
    """Looks at files that were replaced by others as a whole."""
    if not rec.exists():
        damage.lost += acknowledged
        return
    records = list(MXRecordIO(rec, "r"))
    number = struct.unpack_from("<Q", records[0])[0]
    assert records == [record(number)] * len(records), "records are not of one writer"
    assert list(Reader(rec)) == records, "the index is not in step"
    damage.lost += max(0, acknowledged - number)


def _read_whole(rec: Path) -> list[bytes]:
    """Reads without the index, up to what a writer has not come to the end of."""
    records: list[bytes] = []
    with suppress(TruncatedRecordError):
        records.extend(MXRecordIO(rec, "r"))
    assert records == list(map(record, range(len(records)))), "records are not what was written"
    return records


def run(rounds: int, seed: int) -> int:
    """Kills so many writers, says what became of their records, and gives the exit code."""
    generator, damage, total = random.Random(seed), Damage(), 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rec, acknowledged, lives = folder / "a.rec", 0, 0
        for number in range(rounds):
            write = generator.choice([write_on, write_on, write_as_mxnet, replace_again])
            if write is not write_on or lives == 0:
                rec = folder / f"{number}.rec"
                acknowledged, lives = 0, _LIVES_OF_A_FILE
            lives = lives - 1 if write is write_on else 0
            before = acknowledged
            acknowledged = max(before, killed(write, rec, generator.randrange(2**32)))
            total += acknowledged - before
            if write is replace_again:
                check_replaced(rec, acknowledged, damage)
            else:
                check(rec, acknowledged, damage, folder)
    print(
        f"{rounds} writers killed in {time.monotonic() - begin:.0f} s: {total:,} records or files "
        f"acknowledged, {damage.lost} lost; {damage.torn} files were torn, "
        f"{damage.added:,} entries added, {damage.removed:,} removed"
    )
    return 1 if damage.lost else 0


def main() -> int:
    """Does what the command line says and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python tests/crash.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="how many writers are killed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return run(options.rounds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
