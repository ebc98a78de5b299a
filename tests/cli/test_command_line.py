"""What holds for all commands."""

from __future__ import annotations

from cli.command_line import run


def test_without_a_command_the_help_is_shown_and_it_is_a_wrong_usage() -> None:
    assert "verify" in run(expect=2).err


def test_the_version_is_told() -> None:
    assert run("--version").text.startswith("recordio ")
