"""The completion scripts in the real shells. A shell that is not installed skips its tests; CI installs all three."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import command_server
from support.cli_runner import runner
from support.factories import NOON, a_host, a_package, an_image, catalog_of
from support.terminal import Terminal

from xds_tui.cli import parser
from xds_tui.cli.commands import completion
from xds_tui.domain.model import Snapshot
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

BASH_COMPLETE = """
eval "$(<"$1")"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_xds_tui
printf '%s\\n' "${COMPREPLY[@]}"
"""


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with two profiles, a journal for each, and the completion scripts."""
    home = tmp_path_factory.mktemp("home")
    config = home / ".config" / "xds-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.work]\n[profiles.hosts]\n")
    state = home / ".local" / "state" / "xds-tui"
    state.mkdir(parents=True)
    asyncio.run(save_hosts(state / "journal.db", "default", [("h-1", "render-1"), ("h-2", "渲染二号"), ("h-3", "a b")]))
    asyncio.run(save_hosts(state / "journal.db", "work", [("w-1", "office:1"), ("w-2", "$(touch x)")]))
    for shell in parser.SHELLS:
        (home / shell).write_text(completion.completion_script(parser.parser(), shell))
    (home / "_xds-tui").write_text((home / "zsh").read_text())
    (home / "bin").mkdir()
    (home / "bin" / "xds-tui").write_text(command_server.script())
    (home / "bin" / "xds-tui").chmod(0o755)
    return home


async def save_hosts(path: Path, profile: str, hosts: list[tuple[str, str]]) -> None:
    database = Database(path)
    journal = Journal(database, profile)
    await journal.bind_account("https://example.com", f"account of {profile}")
    await journal.save_snapshot(Snapshot(tuple(a_host(id=id_, name=name) for id_, name in hosts), NOON))
    packages = [a_package(id=f"{profile}-{name}", name=f"4090 ×1: {name}") for name in ("p1", "p2", "a b")]
    await journal.save_offers(catalog_of(*packages, images=(an_image(id="4005"), an_image(id="$(x)"))))
    await database.close()


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["xds-tui", "ho"], {"hosts"}),
        (["xds-tui", "--profile", "hosts", "lo"], {"login", "logout"}),
        (["xds-tui", "--profile", "=", "hosts", "lo"], {"login", "logout"}),
        (["xds-tui", "--profile=hosts", "lo"], {"login", "logout"}),
        (["xds-tui", "--demo", "lo"], {"login", "logout"}),
        (["xds-tui", "--lang", ""], {"en", "zh_CN"}),
        (["xds-tui", "--lang", "="], {"en", "zh_CN"}),
        (["xds-tui", "--lang", "=", "z"], {"zh_CN"}),
        (["xds-tui", "hosts", "--lang", "=", "z"], {"zh_CN"}),
        (["xds-tui", "--lang=z"], {"--lang=zh_CN"}),
        (["xds-tui", "hosts", "--fi"], {"--filter"}),
        (["xds-tui", "events", "--dem"], set()),
        (["xds-tui", "completion", ""], {"bash", "zsh", "fish"}),
        (["xds-tui", "simulate", "--dialect", "l"], {"later"}),
        (["xds-tui", "catalog", "--filter", ""], set()),
        (["xds-tui", "--profile", ""], {"default", "work", "hosts"}),
        (["xds-tui", "hosts", "--profile", "=", "w"], {"work"}),
        (["xds-tui", "hosts", "--filter", ""], {"render-1", "渲染二号", "h-1", "h-2", "h-3"}),
        (["xds-tui", "hosts", "--filter", "渲"], {"渲染二号"}),
        (["xds-tui", "--profile", "work", "hosts", "--filter", ""], {"w-1", "w-2"}),
        (["xds-tui", "--profile", "=", "work", "events", "--filter", ""], {"w-1", "w-2"}),
        (["xds-tui", "orders", "--profile=work", "--filter", ""], {"w-1", "w-2"}),
        (["xds-tui", "--demo", "hosts", "--filter", ""], set()),
        (["xds-tui", "create", "--package", ""], {"default-p1", "default-p2"}),
        (["xds-tui", "--profile", "work", "estimate", "--package", "=", "w"], {"work-p1", "work-p2"}),
        (["xds-tui", "create", "--image", ""], {"4005"}),
        (["xds-tui", "stop", "ren"], {"render-1"}),
        (["xds-tui", "apply", "fi"], {"fish"}),
    ],
)
def test_bash_completes(home: Path, environ: dict[str, str], line: list[str], expected: set[str]) -> None:
    command = ["bash", "--norc", "-c", BASH_COMPLETE, "complete", str(home / "bash"), *line]
    reply = subprocess.run(command, env=environ, cwd=home, capture_output=True, text=True, check=True)
    assert set(reply.stdout.split("\n")) - {""} == expected
    assert reply.stderr == ""
    assert not (home / "x").exists()


def complete_lines(terminal: Terminal, lines: dict[str, str]) -> None:
    """Type each line and the tab in it, wait for the completed line, and clear it."""
    terminal.wait_for(r"^ready>")
    for typed, completed in lines.items():
        terminal.type(typed)
        terminal.wait_for(re.escape(completed))
        terminal.type("\x15")
        terminal.wait_for(re.escape(completed), gone=True)


def test_tab_completes_in_interactive_bash(environ: dict[str, str]) -> None:
    with Terminal(["bash", "--norc", "--noprofile"], environ=environ) as terminal:
        terminal.type("PS1='ready> '; eval \"$(<~/bash)\"; clear\r")
        lines = {
            "xds-tui --lang=z\t": "ready> xds-tui --lang=zh_CN",
            "xds-tui --lang=en cata\t": "ready> xds-tui --lang=en catalog",
            "xds-tui --profile work hosts --filter \t": "work hosts --filter w-",
            "xds-tui hosts --filter ren\t": "ready> xds-tui hosts --filter render-1",
        }
        complete_lines(terminal, lines)


@needs("fish")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("xds-tui ho", {"hosts"}),
        ("xds-tui --profile p ho", {"hosts"}),
        ("xds-tui --profile p lo", {"login", "logout"}),
        ("xds-tui --profile hosts lo", {"login", "logout"}),
        ("xds-tui --profile p hosts --fi", {"--filter"}),
        ("xds-tui hosts --fi", {"--filter"}),
        ("xds-tui hosts --lang ", {"en", "zh_CN"}),
        ("xds-tui --lang=z", {"--lang=zh_CN"}),
        ("xds-tui completion ", {"bash", "zsh", "fish"}),
        ("xds-tui --profile ", {"default", "work", "hosts"}),
        ("xds-tui hosts --filter ", {"render-1", "渲染二号", "h-1", "h-2", "h-3"}),
        ("xds-tui --profile work hosts --filter ", {"w-1", "w-2"}),
        ("xds-tui --profile=work hosts --filter ", {"w-1", "w-2"}),
        ("xds-tui create --package ", {"default-p1", "default-p2"}),
        ("xds-tui create --image 4", {"4005"}),
        ("xds-tui stop ren", {"render-1"}),
    ],
)
def test_fish_completes(home: Path, environ: dict[str, str], line: str, expected: set[str]) -> None:
    command = ["fish", "--no-config", "-c", f"source {home}/fish; complete -C '{line}'"]
    reply = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert {each.partition("\t")[0] for each in reply.stdout.splitlines()} == expected
    assert reply.stderr == ""


ZSH_SETUPS = {
    "after compinit": 'autoload -Uz compinit; compinit -u; eval "$(<~/zsh)"',
    "before compinit": 'eval "$(<~/zsh)"; autoload -Uz compinit; compinit -u',
    "as a file": "autoload -Uz compinit; compinit -u; source ~/zsh",
    "from fpath": "fpath=(~ $fpath); autoload -Uz compinit; compinit -u",
}


@needs("zsh")
@pytest.mark.parametrize("setup", ZSH_SETUPS.values(), ids=ZSH_SETUPS.keys())
def test_zsh_completes(home: Path, environ: dict[str, str], setup: str) -> None:
    with Terminal(["zsh", "-f"], environ=environ) as terminal:
        terminal.type(f"{setup}; PS1='ready> '; clear\r")
        terminal.wait_for(r"^ready>")
        terminal.type("xds-tui --lang zh_CN cat\t")
        terminal.wait_for("ready> xds-tui --lang zh_CN catalog")
        terminal.type("--ima\t")
        terminal.wait_for("catalog --images")
        terminal.type("--lang \t")
        terminal.wait_for("en +zh_CN")


@needs("zsh")
def test_zsh_completes_values(environ: dict[str, str]) -> None:
    with Terminal(["zsh", "-f"], environ=environ) as terminal:
        terminal.type("autoload -Uz compinit; compinit -u; eval \"$(<~/zsh)\"; PS1='ready> '; clear\r")
        lines = {
            "xds-tui --lang=z\t": "ready> xds-tui --lang=zh_CN",
            "xds-tui --profile=work cata\t": "ready> xds-tui --profile=work catalog",
            "xds-tui --profile hosts cata\t": "ready> xds-tui --profile hosts catalog",
            "xds-tui hosts --lang=z\t": "ready> xds-tui hosts --lang=zh_CN",
            "xds-tui --profile wo\t": "ready> xds-tui --profile work",
            "xds-tui hosts --filter ren\t": "ready> xds-tui hosts --filter render-1",
            "xds-tui --profile=work hosts --filter \t": "work hosts --filter w-",
            "xds-tui --profile work orders --filter \t": "work orders --filter w-",
            "xds-tui create --package default-p\t1 --image 4\t": "create --package default-p1 --image 4005",
            "xds-tui stop ren\t": "ready> xds-tui stop render-1",
        }
        complete_lines(terminal, lines)


@needs("zsh")
def test_zsh_without_compinit_prints_no_error(home: Path, environ: dict[str, str]) -> None:
    command = ["zsh", "-f", "-c", 'eval "$(<~/zsh)"']
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_every_command_and_option_is_in_every_script(bare: dict[str, str]) -> None:
    for shell in parser.SHELLS:
        script = runner(bare)("completion", shell).stdout
        for word in ("hosts", "--filter", "--clipboard", "--insecure-http", "--dialect"):
            assert word.lstrip("-") in script
    assert runner(bare)("completion", "tcsh").returncode == 2


def test_the_hidden_command_is_not_in_the_help(bare: dict[str, str]) -> None:
    assert "__complete" not in runner(bare)("--help").stdout


def test_a_completion_without_a_journal_prints_nothing_and_creates_nothing(bare: dict[str, str]) -> None:
    ended = runner(bare)("__complete", "hosts", "--", "xds-tui", "--profile", "p")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(Path(bare["HOME"]).iterdir()) == []


def test_names_that_need_quotes_are_omitted() -> None:
    names = ["ok-1", "a b", "a;b", "$(x)", "a\tb", "-x", "a:b", "渲染", "", "a\x1b[2J", "a'b", "gpu>1", "a\u200bb"]
    values = completion.host_values(a_host(id=f"h{number}", name=name) for number, name in enumerate(names))
    assert {value for value in values if not value.startswith("h")} == {"ok-1", "渲染"}
    assert {value for value in values if value.startswith("h")} == {f"h{number}" for number in range(len(names))}
