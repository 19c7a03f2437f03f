from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any, Final

import pytest

from xds_tui.cli import command_parser, parser

HEAVY = {"asyncio", "httpx", "keyring", "msgspec", "rich", "sqlite3", "starlette", "textual", "xds_tui.config.settings"}

LISTING = """
import sys
from xds_tui.cli import main
try:
    main.main(sys.argv[1:])
except SystemExit:
    print("modules", *sys.modules)
"""


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["hosts", "--help"], ["hosts", "--no-such-option"]])
def test_the_parser_imports_nothing_heavy(args: list[str]) -> None:
    command = [sys.executable, "-c", LISTING, *args]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert HEAVY.isdisjoint(output.rpartition("modules")[2].split())


@pytest.mark.parametrize("name", ["hosts", "catalog", "events", "orders", "login", "logout", "doctor"])
def test_shared_options_are_accepted_before_and_after_the_command(name: str) -> None:
    shared = ["--profile", "work", "--base-url", "http://localhost", "--lang", "en", "--insecure-http"]
    for argv in ([*shared, name], [name, *shared]):
        arguments = parser.settings_arguments(parser.parser().parse_args(argv))
        assert (arguments.profile, arguments.base_url, arguments.language) == ("work", "http://localhost", "en")
        assert arguments.insecure_http


def test_options_after_the_command_win() -> None:
    options = parser.parser().parse_args(["--interval", "5", "--profile", "a", "hosts", "--profile", "b"])
    assert (options.profile, options.interval, options.demo_hosts) == ("b", 5.0, 40)


ARGUMENTS: Final[tuple[list[str], ...]] = (
    [],
    ["hosts", "--json", "--filter", "-windows"],
    ["--profile", "stop", "hosts"],
    ["stop", "a", "b", "--yes"],
    ["orders", "--last", "3"],
    ["hosts", "--unknown"],
    ["stop", "--help"],
    ["--help"],
    ["no-such-command"],
)


@pytest.mark.parametrize("args", ARGUMENTS, ids=" ".join)
def test_a_command_line_means_the_same_without_the_other_commands(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def outcome(parse: Callable[[], Namespace]) -> tuple[object, ...]:
        try:
            found: object = parse()
        except SystemExit as end:
            found = end.code
        return found, *capsys.readouterr()

    words = parser._attach_filter(args)
    assert outcome(lambda: parser.parse(args)) == outcome(lambda: parser.parser().parse_args(words))


def test_only_the_command_that_is_named_gets_a_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    create = command_parser.Parser.__init__

    def count(self: command_parser.Parser, *args: Any, **settings: Any) -> None:
        made.append(settings["prog"])
        create(self, *args, **settings)

    monkeypatch.setattr(command_parser.Parser, "__init__", count)
    parser.parse(["hosts", "--json"])
    assert made == ["xds-tui", "xds-tui hosts"]


@pytest.mark.parametrize(
    ("command", "choices"),
    [("hosts", "edit|forget"), ("orders", "retry|forget"), ("completion", "bash|zsh|fish")],
)
def test_an_unknown_word_is_answered_with_the_accepted_ones(
    command: str, choices: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse([command, "wrong"])
    assert f"argument {choices}: invalid choice: 'wrong'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("between", "first"),
    [
        ("hosts edit --name render a b", "hosts edit a b --name render"),
        ("hosts edit a --name render b", "hosts edit a b --name render"),
        ("orders forget --yes a", "orders forget a --yes"),
        ("notify add --run cat desk", "notify add desk --run cat"),
    ],
)
def test_options_may_stand_between_the_arguments(between: str, first: str) -> None:
    assert vars(parser.parse(between.split())) == vars(parser.parse(first.split()))
