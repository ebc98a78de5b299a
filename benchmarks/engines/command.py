"""The command `recordio`, called in this process: its interpreter is there already."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from benchmarks import images, whole
from benchmarks.gauge import Figures
from benchmarks.job import Job
from recordio_rs import IRHeader, Reader, Writer, pack
from recordio_rs._recordio_rs import is_debug_build
from recordio_rs.cli import main

if is_debug_build:
    raise SystemExit("this is a debug build, which is not worth measuring: run 'make build'")

# Other engines are imported before time is taken, too; a command is when it is called.
for _name in ("merge", "pack", "shuffle", "split", "unpack"):
    importlib.import_module(f"recordio_rs.cli.commands.{_name}")

PACKAGES = ["recordio_rs", "numpy", "opencv-python-headless"]


def _run(job: Job, *arguments: str) -> Figures:
    """Measures a run, which has to end well."""

    def work() -> None:
        code = main([*arguments, "--quiet"])
        if code:
            raise SystemExit(f"recordio {' '.join(arguments)} has ended with {code}")

    return whole.once(job, work)


def _checked(job: Job, path: str, figures: Figures) -> Figures:
    """Returns figures if as many records were written as were read."""
    with Reader(path) as reader:
        if len(reader) != job.records.count:
            raise SystemExit(f"{path} has {len(reader)} records")
    return figures


def shuffle(job: Job) -> Figures:
    """Runs `recordio shuffle`."""
    out = job.made("out.rec")
    return _checked(job, out, _run(job, "shuffle", job.path("rec"), "-o", out))


def split(job: Job) -> Figures:
    """Runs `recordio split`."""
    return _run(job, "split", job.path("rec"), "-n", "8", "-o", job.made("out-{}.rec"))


def merge(job: Job) -> Figures:
    """Runs `recordio merge`."""
    out = job.made("out.rec")
    return _checked(job, out, _run(job, "merge", job.path("rec"), "-o", out))


def write_packed_images(job: Job) -> Figures:
    """Writes the records that packing the images makes."""
    payloads = images.payloads(job.records.size)

    def work() -> None:
        with Writer(job.path("rec")) as writer:
            for number in range(job.records.count):
                header = IRHeader(0, float(number % 10), number, 0)
                writer.write(pack(header, payloads[number % len(payloads)]), number)

    return whole.once(job, work)


def _pack(job: Job, *options: str) -> Figures:
    out = job.made("out.rec")
    source = str(job.folder / job.records.name)
    jobs = str(len(os.sched_getaffinity(0)))
    return _checked(job, out, _run(job, "pack", source, "-o", out, "-j", jobs, *options))


def pack_through(job: Job) -> Figures:
    """Runs `recordio pack --pass-through`."""
    return _pack(job, "--pass-through")


def pack_anew(job: Job) -> Figures:
    """Runs `recordio pack`, which decodes and encodes."""
    return _pack(job)


def pack_resized(job: Job) -> Figures:
    """Runs `recordio pack --resize`."""
    return _pack(job, "--resize", "128")


def unpack(job: Job) -> Figures:
    """Runs `recordio unpack`."""
    out = job.made("out")
    figures = _run(job, "unpack", job.path("rec"), "-o", out)
    count = sum(path.suffix == ".jpg" for path in Path(out).rglob("*"))
    if count != job.records.count:
        raise SystemExit(f"{count} images were unpacked")
    return figures
