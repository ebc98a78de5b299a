"""Time, CPU time and memory of this process. Linux only: it asks `/proc`."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import ClassVar

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")

Figures = dict[str, float]


def memory() -> dict[str, int]:
    """Returns the bytes that the process has and has had in memory.

    Returns:
        By the names of `/proc/self/status`: `VmRSS` is all, `VmHWM` the most there was of it,
        `RssAnon` what is the process's own, and `RssFile` the pages of files that it has mapped.
    """
    found = re.findall(r"^(VmRSS|VmHWM|RssAnon|RssFile):\s+(\d+) kB", _STATUS.read_text(), re.M)
    return {name: int(kib) * 1024 for name, kib in found}


def _cpu_seconds() -> float:
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


class Gauge:
    """Measures time from the moment when it is made, and memory from when the process was ready.

    The process is ready when its engine is imported and what is read in which order is known.
    """

    _ready: ClassVar[dict[str, int]] = {}

    @classmethod
    def get_ready(cls) -> None:
        """Says that the process is ready."""
        _CLEAR.write_text("5")  # the most memory there was begins anew with what there is
        cls._ready = memory()

    def __init__(self) -> None:
        self._cpu = _cpu_seconds()
        self._begin = time.perf_counter()

    @property
    def seconds(self) -> float:
        """The time since then."""
        return time.perf_counter() - self._begin

    def figures(self, records: int) -> Figures:
        """Returns what was used until now.

        Args:
            records: How many records were read or written meanwhile.

        Returns:
            `records`, `seconds`, `cpu` seconds of all threads and of
            processes that have ended, and bytes of memory beyond what
            there was when the process was ready: at the `peak`, the process's `own` now, and what
            of files it has `mapped` now.
        """
        seconds, cpu = self.seconds, _cpu_seconds() - self._cpu
        now, ready = memory(), self._ready
        return {
            "records": records,
            "seconds": seconds,
            "cpu": cpu,
            "peak": max(0, now["VmHWM"] - ready["VmRSS"]),
            "own": max(0, now["RssAnon"] - ready["RssAnon"]),
            "mapped": max(0, now["RssFile"] - ready["RssFile"]),
        }
