from __future__ import annotations

import subprocess
import sys

import pytest

from xds_tui.cli import parser

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
