"""The completions, by the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.cli_runner import runner
from support.terminal import Terminal

from xds_tui.cli import parser
from xds_tui.cli.commands import dispatch

ASK_BASH = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_xds_tui
echo "${COMPREPLY[@]}"
"""


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"needs {shell}")


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    for shell in parser.SHELLS:
        (tmp_path / shell).write_text(dispatch.script(parser.parser(), shell))
    return tmp_path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["xds-tui", "ho"], {"hosts"}),
        (["xds-tui", "--profile", "hosts", "lo"], {"login", "logout"}),
        (["xds-tui", "--lang", ""], {"en", "zh_CN"}),
        (["xds-tui", "hosts", "--fi"], {"--filter"}),
        (["xds-tui", "events", "--dem"], set()),
        (["xds-tui", "completion", ""], {"bash", "zsh", "fish", "-h", "--help"}),
        (["xds-tui", "simulate", "--dialect", "l"], {"later"}),
        (["xds-tui", "hosts", "--filter", ""], set()),
    ],
)
def test_bash_completes(scripts: Path, line: list[str], expected: set[str]) -> None:
    command = ["bash", "--norc", "-c", ASK_BASH, "ask", str(scripts / "bash"), *line]
    assert set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()) == expected


@needs("fish")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("xds-tui ho", {"hosts"}),
        ("xds-tui hosts --fi", {"--filter"}),
        ("xds-tui hosts --lang ", {"en", "zh_CN"}),
        ("xds-tui completion ", {"bash", "zsh", "fish"}),
    ],
)
def test_fish_completes(scripts: Path, line: str, expected: set[str]) -> None:
    command = ["fish", "--no-config", "-c", f"source {scripts}/fish; complete -C '{line}'"]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(scripts), "LANG": "C.UTF-8"}
    listed = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {each.partition("\t")[0] for each in listed} == expected


@needs("zsh")
def test_zsh_completes(scripts: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(scripts), "LANG": "C.UTF-8"}
    with Terminal(["zsh", "-f"], environ=environ) as terminal:
        terminal.type(f"autoload -Uz compinit; compinit -u; source {scripts}/zsh; PS1='ready> '; clear\r")
        terminal.wait_for(r"^ready>")
        terminal.type("xds-tui --lang zh_CN cat\t")
        terminal.wait_for("ready> xds-tui --lang zh_CN catalog")
        terminal.type("--ima\t")
        terminal.wait_for("catalog --images")
        terminal.type("--lang \t")
        terminal.wait_for("en +zh_CN")


def test_every_option_of_every_command_is_offered(bare: dict[str, str]) -> None:
    for shell in parser.SHELLS:
        script = runner(bare)("completion", shell).stdout
        for word in ("hosts", "--filter", "--clipboard", "--insecure-http", "--dialect"):
            assert word.lstrip("-") in script
    assert runner(bare)("completion", "tcsh").returncode == 2
