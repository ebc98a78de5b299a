"""`recordio completion`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_line import run

BASH = shutil.which("bash")

# What bash does when somebody presses the tab key behind these words.
PRESS_TAB = """
source completion.sh
COMP_WORDS=({words}) COMP_CWORD={place}
_recordio_completion recordio
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the completion of bash, and a `recordio` to be found."""
    (tmp_path / "completion.sh").write_bytes(run("completion", "bash").out)
    program = tmp_path / "recordio"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recordio_rs "$@"\n', "utf-8")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("recordio ver", {"verify"}),
        ("recordio verify --de", {"--deep"}),
        ("recordio split --rou", {"--round-robin"}),
        ("recordio completion z", {"zsh"}),
    ],
)
def test_bash_completes_commands_options_and_choices(
    folder: Path, words: str, expected: set[str]
) -> None:
    assert BASH is not None
    script = PRESS_TAB.format(words=words, place=len(words.split()) - 1)
    done = subprocess.run(
        [BASH, "-c", script],
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) == expected, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shell: str) -> None:
    assert "_RECORDIO_COMPLETE" in run("completion", shell).text


def test_another_shell_is_a_wrong_usage() -> None:
    run("completion", "csh", expect=2)


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize(
    "words",
    [
        "convert tr",
        "convert train.rec ph",
        "diff train.rec tr",
        "pack ph",
        "im2rec tr",
        "repair train.rec --into fo",
        "split train.rec -o tr",
    ],
)
def test_names_of_files_are_left_to_the_shell(folder: Path, words: str) -> None:
    done = subprocess.run(
        [folder / "recordio"],
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "_RECORDIO_COMPLETE": "bash_complete",
            "COMP_WORDS": "\n".join(["recordio", *words.split()]),
            "COMP_CWORD": str(len(words.split())),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == f"file,{words.split()[-1]}\n", done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_takes_its_script(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"needs {shell}")
    script = tmp_path / "script"
    script.write_bytes(run("completion", shell).out)
    subprocess.run([program, "-n", script], check=True, capture_output=True, timeout=60)
