"""How far images are packed, on the disk, for who goes on after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from recordio_rs.tools.named_errors import errors_name

__all__ = ["CannotResumeError", "Journal", "Skipped", "Written"]


class CannotResumeError(Exception):
    """Files cannot be written on; the message says which and why."""


@dataclass(frozen=True)
class Skipped:
    """An image that was left out.

    Attributes:
        ordinal: How many images come before it in the list.
        path: Where it was looked for.
        reason: What is wrong with it.
    """

    ordinal: int
    path: str
    reason: str


@dataclass
class Written:
    """How far files are written.

    Attributes:
        done: How many images are done, packed or left out.
        length: The bytes of the records.
        index_length: The bytes of the index.
        skipped: The images that were left out.
    """

    done: int = 0
    length: int = 0
    index_length: int = 0
    skipped: list[Skipped] = field(default_factory=list)


@dataclass
class Journal:
    """A file of lines of JSON: what is to be written, and then again and again how far that is.

    Attributes:
        path: The file.
        purpose: What is to be written: whatever the bytes depend on, and how many "images" there
            are.
        written: How far that is.
        length: The bytes of the lines that are whole.
    """

    path: str
    purpose: dict[str, Any]
    written: Written = field(default_factory=Written)
    length: int = 0

    @classmethod
    def read(cls, path: str) -> Journal | None:
        """Reads a journal up to the last line that is whole; returns `None` if there is none.

        Raises:
            CannotResumeError: What is there is no journal.
            OSError: It cannot be read.
        """
        try:
            with open(path, "rb") as file:
                lines = file.read().split(b"\n")[:-1]  # a last line without an end was cut
        except FileNotFoundError:
            return None
        if not lines:
            return None
        try:
            purpose = json.loads(lines[0])
            if not isinstance(purpose["images"], int):
                raise ValueError
        except (ValueError, KeyError, TypeError) as error:
            raise CannotResumeError(f"{path} is no journal of what was packed") from error
        journal = cls(path, purpose, length=len(lines[0]) + 1)
        for line in lines[1:]:
            if not journal._takes(line):
                break  # cut where the disk was full: what stands before holds
            journal.length += len(line) + 1
        return journal

    def _takes(self, line: bytes) -> bool:
        """Reads a line, or returns that it is not whole."""
        try:
            told = json.loads(line)
            skipped = [Skipped(**one) for one in told["skipped"]]
            places = int(told["done"]), int(told["length"]), int(told["index_length"])
        except (ValueError, KeyError, TypeError):
            return False
        written = self.written
        written.done, written.length, written.index_length = places
        # Who was interrupted right behind a line may have told the same twice.
        last = written.skipped[-1].ordinal if written.skipped else -1
        written.skipped += [one for one in skipped if one.ordinal > last]
        return True

    def check(self, purpose: Mapping[str, Any]) -> None:
        """Checks that what is to be written is what was to be written.

        Raises:
            CannotResumeError: It is not.
        """
        # As it comes back from a journal.
        new = json.loads(json.dumps(purpose))
        for name in {**self.purpose, **new}:
            was, is_now = self.purpose.get(name), new.get(name)
            if was == is_now:
                continue
            if name in ("list", "images"):
                raise CannotResumeError(f"{self.path} is of another list of images")
            values = f"{name} was {json.dumps(was)}, and is {json.dumps(is_now)}"
            raise CannotResumeError(f"{self.path} is of a run with other options: {values}")

    def begin(self) -> None:
        """Begins a new one in place of what is there; the file stays the same, with its lock.

        Raises:
            StorageError, OSError: It cannot be written.
        """
        with open(self.path, "wb"):
            pass
        self._add(self.purpose)

    def go_on(self) -> None:
        """Cuts off what is no whole line."""
        os.truncate(self.path, self.length)

    def note(self, written: Written) -> None:
        """Adds how far files are; comes back when that is on the disk.

        Args:
            written: How far that is, with what was left out since the last time.

        Raises:
            StorageError: It cannot be written.
        """
        self._add(asdict(written))
        self.written.done, self.written.length = written.done, written.length
        self.written.index_length = written.index_length

    def _add(self, line: Mapping[str, Any]) -> None:
        with errors_name(self.path), open(self.path, "ab") as file:
            file.write(json.dumps(line).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
