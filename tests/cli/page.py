"""The page docs/cli.md, made of the help of every command.

Run as `python tests/cli/page.py` it writes the page; `test_page.py` checks that it is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from recordio_rs.cli.app import SECTIONS, recordio

__all__ = ["PAGE", "commands", "render"]

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"

_WIDTH = 100
_HEAD = """\
# The command `recordio`

Made of the help of each command by `make cli-docs`; a test compares them. `python -m recordio_rs`
is the same command. `recordio completion` tells how a shell completes its names and options. What
commands print for programs is in [json.md](json.md).
"""


def commands() -> Iterator[tuple[str, str, click.Context]]:
    """Gives section, name and context of every command, in the order of the help."""
    with _context(recordio, "recordio") as parent:
        for section, names in SECTIONS.items():
            for name in names:
                command = recordio.get_command(parent, name)
                assert command is not None, name
                yield section, name, _context(command, name, parent)


def render() -> str:
    """Returns the page."""
    with _context(recordio, "recordio") as context:
        parts = [_HEAD, _block(recordio.get_help(context))]
    last = None
    for section, name, context in commands():
        if section != last:
            parts.append(f"## {section}\n")
            last = section
        parts += [f"### recordio {name}\n", _block(context.command.get_help(context))]
    return "\n".join(parts)


def _context(
    command: click.Command, name: str, parent: click.Context | None = None
) -> click.Context:
    """Returns what the help of a command needs; nothing is parsed."""
    names = command.context_settings["help_option_names"]
    return click.Context(
        command,
        parent,
        info_name=name,
        help_option_names=names,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
    )


def _block(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
