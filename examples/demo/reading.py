"""Reading the records back, in three ways, and checking every one of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import cv2
import numpy as np
from recordio_rs import MXIndexedRecordIO, MXNetError, MXRecordIO, Reader

from checking import Fidelity, check_likeness, check_record
from crops import cut
from mismatch import MismatchError
from output import Output
from packing import Packed
from photographs import Library
from steps import Step, Stopwatch

BATCH = 256


@dataclass(slots=True)
class ReadBack:
    """Reads and checks the records of a run.

    Attributes:
        packed: What the file has to hold, in its order.
        library: The photographs the records were cut from.
        size: Side of the stored images.
        output: Where the files are.
        advance: Called with the number of records each time some are checked.
        fidelity: The worst JPEG so far.
        checking: Time spent on checking, all passes together.
    """

    packed: Sequence[Packed]
    library: Library
    size: int
    output: Output
    advance: Callable[[int], None]
    fidelity: Fidelity = field(default_factory=Fidelity)
    checking: Stopwatch = field(default_factory=Stopwatch)

    def in_sequence(self) -> Step:
        """Read with `MXRecordIO.read`; compare the images with the photographs as well."""
        with closing(MXRecordIO(str(self.output.rec), "r")) as reader:
            return self._read(
                "read: MXRecordIO.read", iter(reader.read, None), self.packed, likeness=True
            )

    def with_reader(self) -> Step:
        """Read by iterating over the native `Reader`."""
        with Reader(self.output.rec) as reader:
            return self._read("read: for record in Reader", iter(reader), self.packed)

    def by_key(self, seed: int) -> Step:
        """Read with `read_idx`, in an order shuffled with `seed`.

        Raises:
            MismatchError: The index lists other keys than were written, or a record differs.
        """
        with closing(MXIndexedRecordIO(str(self.output.idx), str(self.output.rec), "r")) as reader:
            for position, one in enumerate(self.packed):
                found = reader.keys[position] if position < len(reader.keys) else "the end"
                if found != one.crop.key:
                    raise MismatchError(one.crop.key, "index", "key", one.crop.key, found)
            if len(reader.keys) > len(self.packed):
                extra = reader.keys[len(self.packed)]
                raise MismatchError(
                    extra, "index", "number of keys", len(self.packed), len(reader.keys)
                )
            order = np.random.default_rng(seed).permutation(len(self.packed))
            shuffled = [self.packed[position] for position in order]
            records = map(reader.read_idx, [one.crop.key for one in shuffled])
            return self._read("read shuffled: read_idx", records, shuffled)

    def _read(
        self,
        name: str,
        records: Iterator[bytes | None],
        expected: Sequence[Packed],
        *,
        likeness: bool = False,
    ) -> Step:
        """Take records in batches, timing that alone, and check them against `expected`."""
        watch, done = Stopwatch(), 0
        while True:
            batch: list[bytes | None] = []
            try:
                with watch:
                    batch.extend(islice(records, BATCH))
            except MXNetError as error:
                # What came before the failure is in the batch already: this is the one after it.
                key = expected[min(done + len(batch), len(expected) - 1)].crop.key
                raise MismatchError(
                    key, name, "reading", "a record", f"the error {error}"
                ) from error
            if not batch:
                break
            if done + len(batch) > len(expected):
                last = expected[-1].crop.key
                raise MismatchError(
                    last, name, "end of file", "no further record", "one more record"
                )
            with self.checking:
                for one, record in zip(expected[done : done + len(batch)], batch, strict=True):
                    self._check(one, record, name, likeness=likeness)
            done += len(batch)
            self.advance(len(batch))
        if done < len(expected):
            raise MismatchError(
                expected[done].crop.key, name, "record", "to be there", "end of file"
            )
        return Step(name, done, sum(one.size for one in expected), watch.seconds)

    def _check(self, one: Packed, record: bytes | None, step: str, *, likeness: bool) -> None:
        try:
            image = check_record(one, record, self.size, step)
        except (MXNetError, cv2.error) as error:
            raise MismatchError(
                one.crop.key, step, "unpacking", "an image", f"the error {error}"
            ) from error
        if likeness and not one.crop.is_lossless:
            source = cut(one.crop, self.library.pixels(one.crop.photograph), self.size)
            check_likeness(one.crop, source, image, self.fidelity)
