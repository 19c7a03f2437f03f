"""`--help` of every command: its sections, its width, its language, and examples that are valid."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout

import pytest
from support.cli_runner import runner

from xds_tui import i18n
from xds_tui.cli import command_parser, parser
from xds_tui.cli.command_parser import Parser
from xds_tui.system.exit_codes import DESCRIPTIONS, ExitCode

LANGUAGES = i18n.LANGUAGES


def command_names() -> list[str]:
    """Return the names of the listed commands, and an empty one for the program itself."""
    help_of_all = parser.parser().format_help().partition("Commands:")[2].partition("\nApp:")[0]
    return ["", *re.findall(r"^    ([a-z-]+)", help_of_all, re.MULTILINE)]


COMMANDS = command_names()


@pytest.fixture(autouse=True)
def _english_afterwards() -> object:
    yield
    i18n.choose("en")


def help_of(name: str) -> str:
    """Return the output of `xds-tui NAME --help`."""
    output = io.StringIO()
    with redirect_stdout(output), pytest.raises(SystemExit) as ended:
        parser.parse([*name.split(), "--help"])
    assert ended.value.code == 0
    return output.getvalue()


def test_every_command_is_listed() -> None:
    assert {"hosts", "catalog", "events", "orders", "login", "logout", "doctor", "completion", "simulate"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_80_columns_and_has_every_section(name: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    i18n.choose(language)
    text = help_of(name)
    assert [line for line in text.splitlines() if command_parser.cells(line) > 80] == []
    for section in (i18n._("Examples"), i18n._("Exit codes"), i18n._("General"), i18n._("Manual")):
        assert f"\n{section}:\n" in text
    assert re.search(r"\n  xds-tui manual [a-z-]+\n$", text)
    if language != "en":
        assert not re.search(r"usage|options|positional|show |(?<!--)\blist ", text, re.IGNORECASE), text


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_accepted(name: str) -> None:
    examples = help_of(name).partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert examples
    for example in examples:
        (command,) = re.findall(r"xds-tui[^|>)]*(?:'[^']*'[^|>)]*)*", example)
        words = shlex.split(command)
        assert words[0] == "xds-tui"
        parser.parse(words[1:])  # raises SystemExit for a mistake


def test_every_exit_code_is_described() -> None:
    assert set(DESCRIPTIONS) == set(ExitCode)


@pytest.mark.parametrize(
    ("args", "environ", "word"),
    [
        (["--lang", "zh_CN", "--help"], {}, "用法"),
        (["--lang=zh_CN", "hosts", "--help"], {}, "用法"),
        (["--help"], {"XDS_LANG": "zh_CN"}, "用法"),
        (["--help"], {"LANG": "zh_CN.UTF-8"}, "用法"),
        (["--lang", "en", "--help"], {"LANG": "zh_CN.UTF-8"}, "Usage"),
        (["--lang", "fr", "--help"], {}, "Usage"),
    ],
)
def test_help_is_in_the_chosen_language(args: list[str], environ: dict[str, str], word: str) -> None:
    ended = runner({"PYTHONIOENCODING": "utf-8", **environ})(*args)
    assert word in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("在终端中租用主机。", ["在终端中", "租用主", "机。"]),
        ("终端 terminal", ["终端", "terminal"]),
        ("incomprehensibilities", ["incomprehensibilities"]),
        ("", []),
        ("  an example that is not broken", ["  an example that is not broken"]),
    ],
)
def test_lines_are_broken_between_words_and_wide_characters(text: str, lines: list[str]) -> None:
    assert command_parser.wrap(text, 8) == lines


def test_the_commands_own_options_come_before_the_shared_ones() -> None:
    titles = re.findall(r"^(\w+):$", help_of("catalog"), re.MULTILINE)
    assert titles[:5] == ["Options", "Output", "Service", "Demo", "General"]


def test_a_hidden_command_has_a_parser_without_a_page() -> None:
    assert isinstance(parser.parser(), Parser)
    assert "__complete" not in help_of("")
