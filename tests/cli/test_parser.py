from __future__ import annotations

import subprocess
import sys

import pytest

from xds_tui.cli import parser

HEAVY = {"asyncio", "httpx", "keyring", "msgspec", "rich", "sqlite3", "starlette", "textual", "xds_tui.config.settings"}

LISTING = """
import sys
from xds_tui.main import main
try:
    main.main(sys.argv[1:])
except SystemExit:
    print("modules", *sys.modules)
"""


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["hosts", "--help"], ["hosts", "--no-such-option"]])
def test_what_the_parser_answers_imports_the_parser_alone(args: list[str]) -> None:
    command = [sys.executable, "-c", LISTING, *args]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert HEAVY.isdisjoint(told.rpartition("modules")[2].split())


@pytest.mark.parametrize("name", ["hosts", "catalog", "events", "orders", "login", "logout", "doctor"])
def test_shared_options_may_stand_before_the_command_or_behind_it(name: str) -> None:
    given = ["--profile", "work", "--base-url", "http://localhost", "--lang", "en", "--insecure-http"]
    for argv in ([*given, name], [name, *given]):
        chosen = parser.chosen(parser.parser().parse_args(argv))
        assert (chosen.profile, chosen.base_url, chosen.language) == ("work", "http://localhost", "en")
        assert chosen.insecure_http


def test_what_is_said_behind_the_command_counts() -> None:
    options = parser.parser().parse_args(["--interval", "5", "--profile", "a", "hosts", "--profile", "b"])
    assert (options.profile, options.interval, options.demo_hosts) == ("b", 5.0, 40)
