"""What was measured on: the facts of the machine, without its name and paths."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path


def facts() -> dict[str, str]:
    """Returns the facts that figures depend on, by their titles."""
    cpus = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    kib = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": cpus[0] if cpus else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(kib[1]) / 2**20:.0f} GiB" if kib else "unknown",
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
    }
