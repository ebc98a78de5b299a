"""Commands on a file system of their own: one that is full, or that cannot be written.

The file system lives in memory and is seen by the command alone: whoever may not mount one, may do
so in a namespace of the own, where the system has those. Permissions would not do: root has all.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Left", "needs_mounts", "run_on_full_disk", "run_on_read_only"]

_FULL = """
mount -t tmpfs -o size={size} disk "$1" && cp -R "$2/." "$1" || exit 99
cat /dev/zero > "$1/filler" 2> /dev/null
{free}
out=$1; listing=$3; shift 3
"$@"
code=$?
rm "$out/filler"
find "$out" -mindepth 1 -printf '%P\\n' > "$listing"
exit $code
"""

_READ_ONLY = """
mount -t tmpfs disk "$1" && cp -R "$2/." "$1" && mount -o remount,ro "$1" || exit 99
shift 3
exec "$@"
"""


@dataclass(frozen=True)
class Left:
    """How a command has ended.

    Attributes:
        code: The exit code.
        err: What it told.
        files: What is on the disk then.
    """

    code: int
    err: str
    files: list[str]


@functools.cache
def _may_mount() -> bool:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs disk /mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(
    not _may_mount(), reason="neither root nor a user namespace may mount a file system here"
)


def _run(
    script: str,
    arguments: Sequence[str],
    disk: Path,
    given: Path,
    env: Mapping[str, str],
    stdin: bytes,
) -> Left:
    listing = disk.with_name(f"{disk.name}.listing")
    done = subprocess.run(
        [
            *("unshare", "-rm", "sh", "-c", script, "sh", disk, given, listing),
            *(sys.executable, "-m", "recordio_rs", *arguments),
        ],
        input=stdin,
        capture_output=True,
        env={**os.environ, **env},
        timeout=120,
        check=False,
    )
    assert done.returncode != 99, done.stderr.decode()
    files = sorted(listing.read_text().splitlines()) if listing.exists() else []
    return Left(done.returncode, done.stderr.decode("utf-8", "replace"), files)


def run_on_full_disk(
    arguments: Sequence[str],
    disk: Path,
    given: Path,
    *,
    pages: int = 0,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Left:
    """Runs `recordio` where a disk is full.

    Args:
        arguments: What stands behind its name.
        disk: The folder where the disk is mounted.
        given: What is on it, besides what fills it.
        pages: For how many pages of 4096 bytes there is room.
        env: What is added to the environment.
        stdin: What comes on standard input.
    """
    free = f'truncate -s -{pages * 4096} "$1/filler"' if pages else ""
    script = _FULL.format(size="1m", free=free)
    return _run(script, arguments, disk, given, env or {}, stdin)


def run_on_read_only(arguments: Sequence[str], disk: Path, given: Path) -> Left:
    """Runs `recordio` where a file system can only be read; `given` is what is on it."""
    return _run(_READ_ONLY, arguments, disk, given, {}, b"")
