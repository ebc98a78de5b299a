"""Every command against every source and target: which commands, and what they are given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import write_images, write_list, write_tree
from cli.samples import SAMPLES, Sample

__all__ = [
    "check_is_told",
    "each_command",
    "each_looker",
    "each_printer",
    "each_reader",
    "each_source_reader",
    "each_with_target",
    "each_writer",
    "left",
    "ready",
    "target_of",
    "write_source",
]


def _each(is_meant: Callable[[Sample], bool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [n for n, sample in SAMPLES.items() if is_meant(sample)])


each_command = _each(lambda sample: True)
each_source_reader = _each(lambda sample: sample.kind != "prints")
each_reader = _each(lambda sample: sample.kind in ("looks", "writes", "picks"))
each_looker = _each(lambda sample: sample.kind == "looks")
each_writer = _each(lambda sample: sample.kind == "writes")
each_with_target = _each(lambda sample: sample.target is not None)
each_printer = _each(lambda sample: sample.target is None)


def write_source(sample: Sample, folder: Path, name: str = "source") -> Path:
    """Makes what a sample reads: twelve images of three classes.

    Args:
        sample: The command line.
        folder: Where it goes.
        name: How it is called, without a suffix.
    """
    folder.mkdir(exist_ok=True)
    if sample.source == "folder":
        return write_tree(folder / name)
    rec = write_images(folder / f"{name}.rec")
    if sample.source == "rec":
        return rec
    path = folder / f"{name}.{sample.source}"
    run("convert", rec, path)
    return path


def ready(sample: Sample, source: Path | str, out: Path) -> list[str]:
    """Writes what else a sample needs, and gives its arguments."""
    if sample.has_list:
        write_list(Path(f"{out}.lst"))
    return sample.filled(source, out)


def target_of(sample: Sample, out: Path) -> Path:
    """Gives what a sample makes."""
    assert sample.target is not None
    return Path(sample.target.replace("{out}", str(out)))


def left(sample: Sample, out: Path) -> list[str]:
    """Gives what a command has left in the folder of its target."""
    names = sorted(path.name for path in out.parent.iterdir())
    if sample.has_list:
        names.remove(f"{out.name}.lst")
    return names


def check_is_told(err: str) -> None:
    """Checks that an error is told in words."""
    assert "error: " in err, err
    assert "Traceback" not in err, err
