"""The manual: its pages, the commands and errors that they quote, and `xds-tui manual`."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli_runner import runner
from support.terminal import Terminal
from tools import update_translations
from tools.generate_reference import config_path
from tools.reference_zh import CONFIG_ZH

from xds_tui import manual
from xds_tui.api.errors import BadResponse, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem
from xds_tui.cli import parser
from xds_tui.cli.command_parser import cells
from xds_tui.config.schema import CONFIG_KEYS
from xds_tui.config.settings import Arguments, load
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.filter_query import QueryError
from xds_tui.errors import AppError
from xds_tui.i18n import LANGUAGES
from xds_tui.text import messages
from xds_tui.text.manual_topics import TOPICS, manual_topic
from xds_tui.text.messages import Situation

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "xds_tui"
PAGES = [(topic, language) for language in LANGUAGES for topic in manual.TOPICS]


_COMMAND = r"(?<![\w/.-])(?<!--title )xds-tui"


def code_blocks(page: str, kind: str) -> Iterator[str]:
    """The code blocks of a page in one language."""
    yield from re.findall(rf"^```{kind}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def quoted_commands(page: str) -> Iterator[list[str]]:
    """Every xds-tui command that a page shows, in code blocks and in the text."""
    lines = [line for block in code_blocks(page, "sh") for line in block.splitlines()]
    lines += re.findall(r"`(xds-tui[^`]*)`", page)
    for line in lines:
        for command in re.findall(
            r"(?<![\w/.-])(?<!--title )xds-tui(?: (?:'[^']*'|[^\s|;&>)#\"'（）。，；]+))*(?!\w)", line
        ):
            yield shlex.split(command)[1:]


def test_every_topic_has_a_page_in_each_language_and_no_page_is_unlisted() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in (PACKAGE / "manual" / language).glob("*.md")} == set(manual.TOPICS)


@pytest.mark.parametrize(("topic", "language"), PAGES)
def test_a_page_has_a_title_and_the_sections_of_the_other_language(topic: str, language: str) -> None:
    page, english = manual.read_page(topic, language), manual.read_page(topic, "en")
    assert page.startswith("# ")
    assert "<!--" not in page
    assert page.count("\n## ") == english.count("\n## ")
    assert [re.sub(r" +#.*", "", block) for block in code_blocks(page, "sh")] == [
        re.sub(r" +#.*", "", block) for block in code_blocks(english, "sh")
    ]


@pytest.mark.parametrize(("topic", "language"), PAGES)
def test_lines_of_text_fit_a_terminal(topic: str, language: str) -> None:
    lines = (PACKAGE / "manual" / language / f"{topic}.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("|") and cells(line) > 142] == []


@pytest.mark.parametrize(("topic", "language"), PAGES)
def test_every_command_that_a_page_shows_is_accepted(topic: str, language: str) -> None:
    for words in quoted_commands(manual.read_page(topic, language)):
        if "COMMAND" not in words and "TOPIC" not in words and words != ["completion"]:
            try:
                parser.parse(words)
            except SystemExit as ended:
                assert ended.code == 0, words


def test_commands_are_found_in_the_pages() -> None:
    found = [words for topic in manual.TOPICS for words in quoted_commands(manual.read_page(topic, "en"))]
    assert ["hosts", "--filter", "status:on gpu:4090", "--json"] in found
    assert ["manual", "orders"] in found
    assert ["--debug", "FILE"] not in found
    assert len(found) > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sample_of_the_configuration_has_no_problems(language: str, tmp_path: Path) -> None:
    sample = next(code_blocks(manual.read_page("configuration", language), "toml"))
    config = tmp_path / "config.toml"
    config.write_text(sample)
    assert load(Arguments(), {}, config_path=config).problems == ()
    assert tomllib.loads(sample)


def test_every_setting_is_explained_in_chinese() -> None:
    assert set(CONFIG_ZH) == {config_path(key) for key in CONFIG_KEYS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program_shows_the_errors_that_the_manual_quotes(language: str) -> None:
    section = manual.read_page("troubleshooting", language).partition("\n| --- |")[2].partition("\n\n")[0]
    quoted = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)
    assert len(quoted) > 15
    texts = {text.id if language == "en" else text.string for text in update_translations.translations("zh_CN")}
    assert set(quoted) - texts == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_that_the_manual_names_are_keys(language: str) -> None:
    known = {"enter", "escape", "space", "f1", "shift", "Shift", "ctrl+p", "ctrl+z"}
    table = manual.read_page("keys", "en")
    known |= {key for row in re.findall(r"^\| `[\w.-]+` \| (.*?) \|", table, re.MULTILINE) for key in row.split("`")}
    for topic in manual.TOPICS:
        for key in re.findall(r"(?:Press|press|按) `([^` ]{1,8})`", manual.read_page(topic, language)):
            names = {"?": "question_mark", "+": "plus", "/": "slash", "*": "asterisk"}
            assert names.get(key, key) in known, (topic, key)


ERRORS = [
    (QueryError("x", "y"), "filters"),
    (SettingsError("x", "y"), "configuration"),
    (CredentialStoreError(KeyringProblem.LOCKED, "x"), "getting-started"),
    (SignedOut("x", 401, ""), "getting-started"),
    (OutcomeUnknown("x"), "orders"),
    (Rejected(9001, ""), "troubleshooting"),
    (NotSent("x"), "troubleshooting"),
    (BadResponse("x"), "troubleshooting"),
    (AppError("x"), "troubleshooting"),
]


@pytest.mark.parametrize(("error", "topic"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_names_its_page(error: AppError, topic: str) -> None:
    assert manual_topic(error) == topic
    assert messages.error_lines(error, Situation.COMMAND)[-1] == f"See: xds-tui manual {topic}"


def test_the_pages_of_errors_exist() -> None:
    assert set(TOPICS.values()) <= set(manual.TOPICS)


def test_a_pipe_gets_the_plain_page() -> None:
    run = runner({"PYTHONIOENCODING": "utf-8"})
    assert run("manual", "filters").stdout == manual.read_page("filters", "en")
    assert run("--lang", "zh_CN", "manual", "filters").stdout == manual.read_page("filters", "zh_CN")
    listed = run("manual").stdout
    assert all(topic in listed for topic in manual.TOPICS)
    assert run("manual", "nonsense").returncode == 2


def test_a_terminal_gets_a_pager(tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\nhead -n 1\necho the pager ran\n")
    pager.chmod(0o755)
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8", "PAGER": str(pager)}
    with Terminal([sys.executable, "-m", "xds_tui", "manual", "ssh"], environ=environ) as shown:
        text = shown.wait_for("the pager ran")
    assert "# SSH" in text
