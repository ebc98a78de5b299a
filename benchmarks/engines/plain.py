"""What anyone writes in a minute: loops that copy files, or images through OpenCV."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2

from benchmarks import images, whole
from benchmarks.gauge import Figures
from benchmarks.job import Job

PACKAGES = ["opencv-python-headless"]

_MIB = 1 << 20
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]
_SIDE = 128


def write_images(job: Job) -> Figures:
    """Writes the images into folders."""
    return whole.once(job, lambda: images.write_tree(job.folder / job.records.name, job.records))


def copy_file(job: Job) -> Figures:
    """Copies a file, a mebibyte at a time."""

    def work() -> None:
        with (
            open(job.path("rec"), "rb", buffering=0) as source,
            open(job.made("copy.rec"), "wb", buffering=0) as target,
        ):
            while some := source.read(_MIB):
                target.write(some)

    return whole.once(job, work)


def _paths(job: Job) -> list[Path]:
    return sorted((job.folder / job.records.name).rglob("*.jpg"))


def copy_files(job: Job) -> Figures:
    """Copies the images into one file."""

    def work() -> None:
        with open(job.made("copy.bin"), "wb") as target:
            for path in _paths(job):
                target.write(path.read_bytes())

    return whole.once(job, work)


def cp(job: Job) -> Figures:
    """Copies the images with `cp`; what that takes of CPU time and memory is not in the figures."""
    command = ["cp", "-r", str(job.folder / job.records.name), job.made("copy")]
    return whole.once(job, lambda: subprocess.run(command, check=True))


def _encode(path: str) -> int:
    image = cv2.imread(path)
    assert image is not None
    is_encoded, encoded = cv2.imencode(".jpg", image, _QUALITY)
    assert is_encoded
    return len(encoded)


def _encode_resized(path: str) -> int:
    image = cv2.imread(path)
    assert image is not None
    height, width = image.shape[:2]
    scale = _SIDE / min(height, width)
    size = (round(width * scale), round(height * scale))
    is_encoded, encoded = cv2.imencode(".jpg", cv2.resize(image, size), _QUALITY)
    assert is_encoded
    return len(encoded)


def _begin() -> None:
    cv2.setNumThreads(1)  # the other cores have processes of their own


def _through(job: Job, resized: bool) -> Figures:
    cores = len(os.sched_getaffinity(0))
    paths = [str(path) for path in _paths(job)]

    def work() -> int:
        with ProcessPoolExecutor(cores, initializer=_begin) as pool:
            function = _encode_resized if resized else _encode
            return sum(pool.map(function, paths, chunksize=16))

    return whole.once(job, work)


def encode(job: Job) -> Figures:
    """Decodes and encodes the images in a process for each core; nothing is written."""
    return _through(job, resized=False)


def encode_resized(job: Job) -> Figures:
    """Decodes, shrinks and encodes the images in a process for each core; nothing is written."""
    return _through(job, resized=True)
