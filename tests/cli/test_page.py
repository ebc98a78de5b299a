"""The help of every command, and the page that is made of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

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


def examples_of(context: click.Context) -> Iterator[list[str]]:
    """Gives the arguments of each call in the examples of a command."""
    examples = context.command.get_help(context).partition("Examples:")[2].replace("\\\n", " ")
    for line in examples.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        call = list[str]()
        for token in [*lexer, "|"]:
            if token[0] not in "|&;>":
                call.append(token)
                continue
            if call[:1] == ["recordio"]:
                yield call[1:]
            call = []


@each_command
def test_the_examples_of_a_command_are_taken_by_it(name: str, context: click.Context) -> None:
    calls = [call[1:] for call in examples_of(context) if call[0] == name]
    assert calls
    for call in calls:
        try:
            context.command.make_context(name, list(call))
        except click.BadParameter as error:
            if "does not exist" not in str(error):  # a folder that nobody has here
                raise
