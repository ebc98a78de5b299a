"""`recordio bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from recordio_rs._counted import counted
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.inputs import expand_one
from recordio_rs.cli.options import (
    FiniteRange,
    index_of,
    index_options,
    input_argument,
    json_option,
)
from recordio_rs.cli.terminal import printable
from recordio_rs.tools.glance import Glance

if TYPE_CHECKING:
    from recordio_rs.tools.benching.bench import Bench

__all__ = ["command"]

_NAMES = {
    "sequential": "from the first record on",
    "random": "in random order, one by one",
    "random-batches": "in random order, in batches",
    "read-ahead": "in random order, read ahead",
    "decoded": "in random order, decoded",
}
_CACHES = {"cold": "from the disk", "warm": "from memory"}
_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("", "left"),
    ("", "left"),
    ("records/s", "right"),
    ("MB/s", "right"),
)


@a_command(
    "bench",
    examples="""
        # How fast this file can be read here, and what the limit is
        recordio bench train.rec

        # Longer, and for a program
        recordio bench --seconds 30 --json train.rec
    """,
)
@input_argument
@click.option(
    "--seconds",
    type=FiniteRange(0, 3600, min_open=True),
    default=5.0,
    metavar="N",
    show_default=True,
    help="About how long it takes, without the look for damage; with large images, until each "
    "core has decoded one.",
)
@index_options
@json_option
def command(
    console: Console,
    file: str,
    seconds: float,
    index: str | None,
    no_index: bool,
    as_json: bool,
) -> None:
    """Measure how fast a file can be read on this machine, and tell what the limit is.

    The system is asked to forget the file, where it can be; what is read then comes from the disk
    (which may have a memory of its own). After that, as many records as can be read in a tenth of
    the time are measured again, from memory; so they are in each of the other ways. Nothing is
    written. Before all that, the file is looked through for damage, at the speed of the disk.
    """
    from recordio_rs.tools.benching.bench import bench
    from recordio_rs.tools.benching.page_cache import cached_share

    path, chosen = expand_one(file), index_of(index, no_index)
    cached = cached_share(path)
    with console.progress("Looking for damage") as progress:
        glance = Glance(path, chosen, progress=progress)
    with glance, console.progress("Measuring", unit="steps") as progress:
        found = bench(glance, chosen, seconds=seconds, cached=cached, progress=progress)
    tell_damage(console, path, glance.report)
    if as_json:
        console.result(_as_dict(found))
        return
    records = counted(found.records, "record")
    console.text(f"{printable(path)}: {records}, {found.size / 1e6:,.1f} MB")
    rows = [
        (
            _NAMES[one.name],
            _CACHES[one.cache],
            f"{one.records_per_second:,.0f}",
            f"{one.bytes_per_second / 1e6:,.0f}",
        )
        for one in found.measurements
    ]
    if rows:
        console.table(_COLUMNS, rows)
    for one in found.missing:
        console.text(f"not measured {one}")
    console.text(_verdict(found))


def _as_dict(found: Bench) -> dict[str, Any]:
    return {
        "path": found.path,
        "size": found.size,
        "records": found.records,
        "cores": found.cores,
        "cached_before": found.cached,
        "warm_records": found.warm_records,
        "measurements": [
            {
                "name": one.name,
                "cache": one.cache,
                "records": one.records,
                "bytes": one.size,
                "seconds": one.seconds,
                "records_per_second": one.records_per_second,
                "bytes_per_second": one.bytes_per_second,
            }
            for one in found.measurements
        ],
        "not_measured": found.missing,
        "verdict": _verdict(found),
    }


def _verdict(found: Bench) -> str:
    """Returns what the limit is, in a sentence or two."""
    read = found.best("warm", "random", "random-batches", "read-ahead")
    if read is None:
        return "There are no records."
    cores = counted(found.cores, "core")
    decode = found.best("warm", "decoded")
    cold = found.best("cold", "sequential", "random", "random-batches")
    if decode is None or not decode.records:
        told = f"Reading gives {read.records_per_second:,.0f} records/s from memory"
        if cold is not None:
            told += f", {cold.records_per_second:,.0f} from the disk"
        return f"{told}."
    rate = decode.records_per_second
    epoch = f"{_time_text(found.records / rate)} for all {counted(found.records, 'record')}"
    if cold is not None and cold.records_per_second < rate:
        return (
            f"The disk is the limit: {cold.records_per_second:,.0f} records/s; "
            f"{cores} could decode {rate:,.0f} images/s. Once the file is in memory, decoding is "
            f"the limit: {epoch}."
        )
    return (
        f"Decoding is the limit: {rate:,.0f} images/s on {cores}, that is {epoch}; reading could "
        f"give {read.records_per_second:,.0f}."
    )


def _time_text(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
