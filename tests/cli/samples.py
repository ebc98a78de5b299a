"""A command line for each command, and for ways of it that differ, for what holds for all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

__all__ = ["SAMPLES", "Sample"]


@dataclass(frozen=True)
class Sample:
    """A command line.

    Attributes:
        arguments: What stands behind `recordio`; `{source}` is what is read, `{out}` the target
            without its suffix.
        kind: What it does with a `.rec` file. "looks": goes on past damage, and tells. "writes":
            damage ends it, unless it is skipped. "picks": damage among the records 0 to 6 ends it,
            of the others it knows nothing. "makes": reads something else. "prints": reads nothing.
        target: What it makes, or `None` if it only prints.
        source: What it reads: a `.rec` file, a folder of images, or a file of another format.
        is_binary: Whether what it prints is no text, or not as JSON.
        has_list: Whether it needs a list of the images, `{out}.lst`.
        replaces: Whether it replaces what is there, without being told to.
        reads_once: Whether standard input can be its source: it is read once, and no name is
            made of its.
    """

    arguments: tuple[str, ...]
    kind: Literal["looks", "writes", "picks", "makes", "prints"]
    target: str | None = None
    source: Literal["rec", "folder", "tar", "tfrecord", "parquet"] = "rec"
    is_binary: bool = False
    has_list: bool = False
    replaces: bool = False
    reads_once: bool = True

    def filled(self, source: str | os.PathLike[str], out: str | os.PathLike[str]) -> list[str]:
        """Returns the arguments for a source and a target."""
        return [
            argument.replace("{source}", os.fspath(source)).replace("{out}", os.fspath(out))
            for argument in self.arguments
        ]


def _looks(*arguments: str, target: str | None = None, reads_once: bool = True) -> Sample:
    return Sample(arguments, "looks", target, reads_once=reads_once)


def _prints(*arguments: str) -> Sample:
    return Sample(arguments, "writes", is_binary=True)


def _writes(*arguments: str, target: str = "{out}.rec", reads_once: bool = True) -> Sample:
    return Sample((*arguments, "-o", target), "writes", target, reads_once=reads_once)


def _converts(target: str) -> Sample:
    return Sample(("convert", "{source}", target), "writes", target.rstrip("/"))


def _converts_from(source: Literal["folder", "tar", "tfrecord", "parquet"]) -> Sample:
    name = "{source}/" if source == "folder" else "{source}"
    return Sample(("convert", name, "{out}.rec"), "makes", "{out}.rec", source)


def _lists(*arguments: str, target: str, replaces: bool = False) -> Sample:
    return Sample(arguments, "makes", target, "folder", replaces=replaces)


SAMPLES = {
    "info": _looks("info", "{source}"),
    "ls": _looks("ls", "{source}"),
    "head": _looks("head", "{source}"),
    "cat": _prints("cat", "{source}"),
    "cat-rec": _prints("cat", "{source}", "--format", "rec"),
    "cat-json": _prints("cat", "{source}", "--format", "json"),
    "get": Sample(("get", "{source}", "0", "4", "11"), "picks", is_binary=True),
    "get-files": Sample(("get", "{source}", "0", "4", "11", "-o", "{out}"), "picks", "{out}"),
    "view": _looks("view", "{source}", "-o", "{out}.png", target="{out}.png"),
    "view-html": _looks("view", "{source}", "-o", "{out}.html", target="{out}.html"),
    "diff": _looks("diff", "{source}", "{source}", reads_once=False),
    "bench": _looks("bench", "{source}", "--seconds", "0.05"),
    "verify": _looks("verify", "{source}"),
    "verify-deep": _looks("verify", "--deep", "{source}"),
    "repair": _looks("repair", "{source}", "-o", "{out}.rec", target="{out}.rec"),
    "repair-into": _looks(
        "repair", "{source}", "--into", "{out}", target="{out}", reads_once=False
    ),
    "index": _writes("index", "{source}", target="{out}.idx"),
    "index-id": _writes("index", "--keys", "id", "{source}", target="{out}.idx"),
    "pack": _lists("pack", "{source}", "-o", "{out}.rec", target="{out}.rec"),
    "pack-list": _lists("pack", "{source}", "--list", "-o", "{out}.lst", target="{out}.lst"),
    "im2rec-list": _lists(
        *("im2rec", "--list", "--recursive", "{out}", "{source}"),
        target="{out}.lst",
        replaces=True,
    ),
    "im2rec": Sample(
        ("im2rec", "{out}", "{source}"),
        "makes",
        "{out}.rec",
        "folder",
        has_list=True,
        replaces=True,
    ),
    "unpack": _writes("unpack", "{source}", target="{out}"),
    "convert-tar": _converts("{out}.tar"),
    "convert-tfrecord": _converts("{out}.tfrecord"),
    "convert-parquet": _converts("{out}.parquet"),
    "convert-folder": _converts("{out}/"),
    "convert-from-folder": _converts_from("folder"),
    "convert-from-tar": _converts_from("tar"),
    "convert-from-tfrecord": _converts_from("tfrecord"),
    "convert-from-parquet": _converts_from("parquet"),
    "merge": _writes("merge", "{source}"),
    "merge-two": _writes("merge", "{source}", "{source}", reads_once=False),
    "merge-stdout": _prints("merge", "{source}", "-o", "-"),
    "split": Sample(
        ("split", "{source}", "-n", "2", "-o", "{out}-{}.rec"), "writes", "{out}-000.rec"
    ),
    "shuffle": _writes("shuffle", "{source}"),
    "sample": _writes("sample", "{source}", "-n", "1"),
    "sample-rest": _writes(
        *("sample", "{source}", "--fraction", "0.5", "--by-label", "--rest", "{out}-rest.rec")
    ),
    "filter": _writes("filter", "{source}", "--label", "1"),
    "completion": Sample(("completion", "bash"), "prints", is_binary=True),
}
