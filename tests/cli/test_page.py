"""The help of every command, and the page that is made of it."""

from __future__ import annotations

import click
import pytest

from cli.page import PAGE, commands, render
from recordio_rs.cli.command import Command

ALL = [(name, context) for _, name, context in commands()]

each_command = pytest.mark.parametrize(("name", "context"), ALL, ids=[name for name, _ in ALL])


def test_the_page_is_what_make_cli_docs_makes_of_the_help() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()


@each_command
def test_the_help_of_a_command_has_examples_of_it(name: str, context: click.Context) -> None:
    text = context.command.get_help(context)
    assert f"recordio {name}" in text.partition("Examples:")[2], text


@each_command
def test_every_option_is_explained(name: str, context: click.Context) -> None:
    options = [one for one in context.command.params if isinstance(one, click.Option)]
    assert name
    assert [option.name for option in options if not option.help] == []


@each_command
def test_a_command_has_the_options_that_all_have(name: str, context: click.Context) -> None:
    if not isinstance(context.command, Command):
        pytest.skip(f"{name} has the options of another tool")
    names = {option for one in context.command.params for option in one.opts}
    assert {"--quiet", "--verbose", "--progress"} <= names
