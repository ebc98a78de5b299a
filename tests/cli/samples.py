"""A command line for each command, for what is to hold for all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

__all__ = ["SAMPLES", "Sample"]


@dataclass(frozen=True)
class Sample:
    """A command line.

    Attributes:
        arguments: What stands behind `recordio`; `{rec}` is the file to be read, `{out}` the target
            without its suffix.
        kind: Whether damage is told ("looks"), ends it unless skipped ("writes"), or is not there
            to be met, as the source is a folder ("makes").
        target: What it makes, or `None` if it only prints.
        is_binary: Whether what it prints is no text.
        needs_index: Whether it reads one record by the index and does not look at the others.
    """

    arguments: tuple[str, ...]
    kind: Literal["looks", "writes", "makes"]
    target: str | None = None
    is_binary: bool = False

    def filled(self, source: str | os.PathLike[str], out: str | os.PathLike[str]) -> list[str]:
        """Returns the arguments for a source and a target."""
        names = {"{rec}": os.fspath(source), "{out}": os.fspath(out)}
        filled = []
        for argument in self.arguments:
            for name, value in names.items():
                argument = argument.replace(name, value)
            filled.append(argument)
        return filled


SAMPLES = {
    "info": Sample(("info", "{rec}"), "looks"),
    "ls": Sample(("ls", "{rec}"), "looks"),
    "head": Sample(("head", "{rec}"), "looks"),
    "cat": Sample(("cat", "{rec}"), "writes", is_binary=True),
    "view": Sample(("view", "{rec}", "-o", "{out}.png"), "looks", "{out}.png"),
    "view-html": Sample(("view", "{rec}", "-o", "{out}.html"), "looks", "{out}.html"),
    "diff": Sample(("diff", "{rec}", "{rec}"), "looks"),
    "bench": Sample(("bench", "{rec}", "--seconds", "0.05"), "looks"),
    "verify": Sample(("verify", "{rec}"), "looks"),
    "repair": Sample(("repair", "{rec}", "-o", "{out}.rec"), "looks", "{out}.rec"),
    "index": Sample(("index", "{rec}", "-o", "{out}.idx"), "writes", "{out}.idx"),
    "unpack": Sample(("unpack", "{rec}", "-o", "{out}"), "writes", "{out}"),
    "convert-tar": Sample(("convert", "{rec}", "{out}.tar"), "writes", "{out}.tar"),
    "convert-tfrecord": Sample(("convert", "{rec}", "{out}.tfrecord"), "writes", "{out}.tfrecord"),
    "convert-parquet": Sample(("convert", "{rec}", "{out}.parquet"), "writes", "{out}.parquet"),
    "merge": Sample(("merge", "{rec}", "-o", "{out}.rec"), "writes", "{out}.rec"),
    "split": Sample(("split", "{rec}", "-n", "2", "-o", "{out}-{}.rec"), "writes", "{out}-000.rec"),
    "shuffle": Sample(("shuffle", "{rec}", "-o", "{out}.rec"), "writes", "{out}.rec"),
    "sample": Sample(("sample", "{rec}", "-n", "1", "-o", "{out}.rec"), "writes", "{out}.rec"),
    "filter": Sample(("filter", "{rec}", "--label", "1", "-o", "{out}.rec"), "writes", "{out}.rec"),
    "pack": Sample(("pack", "{rec}", "-o", "{out}.rec"), "makes", "{out}.rec"),
}
