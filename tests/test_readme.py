"""Both READMEs: their length, links, pictures, commands, keys and samples."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from xds_tui.cli import parser
from xds_tui.cli.command_parser import VARIABLES
from xds_tui.config.settings import Arguments, load
from xds_tui.domain import filtering
from xds_tui.manual import TOPICS
from xds_tui.tui.commands import COMMANDS, key_name

ROOT = Path(__file__).parents[1]
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")}
MAX_WORDS = 900
DEMO_COMMAND = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/xds-tui --demo"
TEST_COMMAND = (
    "python3 -m venv .venv && .venv/bin/pip install -c tests/constraints.txt '.[test]' && .venv/bin/python -m pytest"
)

each_readme = pytest.mark.parametrize("text", READMES.values(), ids=READMES)


def code_blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def keys_table(text: str) -> list[str]:
    """The first cells of the table of keys."""
    section = re.split(r"\n## (?:Keys|快捷键)\n", text)[1].partition("\n## ")[0]
    return re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)


def test_the_readme_is_short() -> None:
    assert len(READMES["README.md"].split()) <= MAX_WORDS


def test_demo_and_tests_are_the_first_commands() -> None:
    for text in READMES.values():
        assert [block.strip() for block in code_blocks(text, "sh")[:2]] == [DEMO_COMMAND, TEST_COMMAND]
    assert f"<!-- test-command -->\n```sh\n{TEST_COMMAND}\n```" in READMES["README.md"]


def test_both_have_the_same_content() -> None:
    english, chinese = READMES.values()
    assert english.count("\n## ") == chinese.count("\n## ")
    assert english.count("\n- **") == chinese.count("\n- **") == 6
    assert code_blocks(english, "sh") == code_blocks(chinese, "sh")
    samples = [re.sub(r" +#.*", "", text) for readme in (english, chinese) for text in code_blocks(readme, "toml")]
    assert samples[0] == samples[1]
    assert keys_table(english) == keys_table(chinese)
    targets = [re.findall(r"\]\(([^)]+)\)", text) for text in (english, chinese)]
    assert [len(target) for target in targets] == [len(targets[0])] * 2


@each_readme
def test_every_link_and_picture_is_there(text: str) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert [target for target in targets if not (ROOT / target).is_file()] == []
    assert len([target for target in targets if target.startswith("screenshots/")]) == 5
    language = "zh_CN" if "渲大师云主机。" in text else "en"
    assert [target for target in targets if "/manual/" in target] == [
        f"xds_tui/manual/{language}/{topic}.md" for topic in TOPICS
    ]


@each_readme
def test_every_key_is_one(text: str) -> None:
    known = {key for command in COMMANDS.values() for key in command.keys.split(",")}
    cells = keys_table(text)
    assert len(cells) == 12
    keys = [key for cell in cells for key in re.findall(r"`([^`]+)`", cell)]
    assert [key for key in keys if key_name(key) not in known] == []


@each_readme
def test_every_command_option_and_variable_exists(text: str) -> None:
    commands = [
        line[: len(line) - len(line.partition(" > ")[2] or line.partition(" | ")[2])]
        for block in code_blocks(text, "sh")
        for line in block.splitlines()
        if line.startswith("xds-tui ")
    ]
    commands += re.findall(r"`(xds-tui [a-z]+)`", text)
    assert len(commands) >= 5
    for command in commands:
        parser.parse(shlex.split(command.rstrip(" >|"))[1:])
    variables = {name for names in VARIABLES for name in names.split(", ")}
    assert set(re.findall(r"XDS_[A-Z]+", text)) <= variables
    help_text = parser.parser().format_help()
    assert all(option in help_text for option in re.findall(r"`(--[a-z-]+)`", text))


@each_readme
def test_the_sample_of_the_configuration_has_no_problems(text: str, tmp_path: Path) -> None:
    (sample,) = code_blocks(text, "toml")
    config = tmp_path / "config.toml"
    config.write_text(sample, encoding="utf-8")
    assert load(Arguments(), {}, config_path=config).problems == ()


@each_readme
def test_the_filter_that_is_shown_is_one(text: str) -> None:
    (shown,) = re.findall(r"`(status:on gpu:4090 expires[^`]+)`", text)
    assert len(filtering.parse_for(filtering.HOSTS, shown)) == 4
