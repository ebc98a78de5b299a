"""`recordio info`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from recordio_rs._progress import Progress
from recordio_rs.cli.bars import bars
from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import text_of
from recordio_rs.cli.info_text import charts as charts_of
from recordio_rs.cli.info_text import damage_text, rows
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.options import (
    any_payload_option,
    check_one_index,
    index_of,
    index_options,
    inputs_argument,
    jobs_option,
    json_option,
    names_option,
    seed_option,
)
from recordio_rs.cli.several import each
from recordio_rs.cli.terminal import printable, width
from recordio_rs.tools.class_names import NO_NAMES, read_class_names
from recordio_rs.tools.gathering import Gathered, gather
from recordio_rs.tools.info import Info, info_of

__all__ = ["command"]

_LABEL_WIDTH = 12


@a_command(
    "info",
    examples="""
        # What is in a file, and whether file and index are whole
        recordio info train.rec

        # A hundred files, each and all together
        recordio info --total 'train-{000..099}.rec'

        # How many records each class has, by its name
        recordio info --names classes.txt train.rec

        # The number of records, for a script
        recordio info --json train.rec | jq '.[0].records'
    """,
)
@inputs_argument
@click.option("--total", is_flag=True, help="Tell of all files together, too.")
@click.option(
    "--sample",
    type=click.IntRange(0),
    default=1000,
    metavar="N",
    show_default=True,
    help="Look into N records of a file for what their contents are and how large their images.",
)
@seed_option
@any_payload_option
@names_option
@click.option("--charts/--no-charts", default=True, help="Show lengths and classes as bars.")
@index_options
@jobs_option
@json_option
def command(
    console: Console,
    files: tuple[str, ...],
    total: bool,
    sample: int,
    seed: int,
    any_payload: bool,
    names: str | None,
    charts: bool,
    index: str | None,
    no_index: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Tell what is in files: records, images, labels, ids, index and damage.

    Every record is read once. Sizes of images are read from the heads of a sample of them, nothing
    is decoded. The exit code is 3 if a file or its index is damaged.
    """
    paths, chosen = expand(files), index_of(index, no_index)
    check_one_index(chosen, paths)
    class_names = NO_NAMES if names is None else read_class_names(names)

    def look(path: str, progress: Progress | None) -> tuple[Info, Gathered | None]:
        found = gather(
            path, chosen, sample=sample, seed=seed, any_payload=any_payload, progress=progress
        )
        return info_of([found]), found if total else None

    documents: list[dict[str, Any]] = []
    shown: list[tuple[str, Info]] = []
    all_found: list[Gathered] = []
    for path, result in each(look, paths, jobs=jobs, console=console, label="Reading"):
        if isinstance(result, Exception):
            documents.append({"path": path, "error": text_of(result)})
            continue
        info, found = result
        if found is not None:
            all_found.append(found)
        documents.append(_as_dict(info, class_names))
        shown.append((path, info))
    for path, info in shown:
        if info.damage is not None:
            console.lossy(f"{path}: {damage_text(info.damage)}")
    if total and all_found:
        info = info_of(all_found)
        documents.append({**_as_dict(info, class_names), "path": None, "total": True})
        shown.append(("Total", info))
    if as_json:
        console.result(documents)
        return
    for number, (title, info) in enumerate(shown):
        if number:
            console.text()
        _show(console, title, info)
        if charts:
            _show_charts(console, info, class_names)


def _as_dict(info: Info, names: Mapping[int, str]) -> dict[str, Any]:
    document = asdict(info)
    return {**document, "class_names": dict(names)} if names else document


def _show(console: Console, title: str, info: Info) -> None:
    if sys.stdout.isatty():
        _show_on_terminal(console, title, info)
    else:
        console.text(printable(title))
        for name, text in rows(info):
            console.text(f"  {name:<{_LABEL_WIDTH}}{printable(text)}")


def _show_on_terminal(console: Console, title: str, info: Info) -> None:
    from rich.table import Table
    from rich.text import Text

    console.show(Text(printable(title), style="bold"))
    table = Table.grid(padding=(0, 1))
    table.add_column(min_width=_LABEL_WIDTH + 1, no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for name, text in rows(info):
        is_bad = (name == "Damage" and info.damage is not None) or "NOT WHOLE" in text
        table.add_row(f"  {name}", Text(printable(text), style="red" if is_bad else ""))
    console.show(table)


def _show_charts(console: Console, info: Info, names: Mapping[int, str]) -> None:
    for title, numbers in charts_of(info, names):
        console.text()
        console.text(f"  {title}")
        widest = max(len(name) for name, _ in numbers)
        room = width() - widest - max(len(f"{count:,}") for _, count in numbers) - 8
        for line in bars(numbers, min(max(room, 10), 50)):
            console.text(f"    {line}")
