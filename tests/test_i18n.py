from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from tools import update_translations as words

from xds_tui import i18n

TRANSLATED = [language for language in i18n.LANGUAGES if language != "en"]


def messages(language: str) -> Iterator[Message]:
    return (message for message in words.translations(language) if message.id)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_no_translation_is_unused(language: str) -> None:
    wanted = {message.id for message in words.texts_in_source() if message.id}
    there = {message.id for message in messages(language)}
    untranslated = {message.id for message in messages(language) if not words.is_translated(message)}
    assert wanted - there == set(), "run: python -m tests.tools.update_translations"
    assert there - wanted == set(), "run: python -m tests.tools.update_translations"
    assert untranslated == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_the_same_values(language: str) -> None:
    for message in messages(language):
        named = {frozenset(re.findall(r"\{[^}]*\}", text)) for text in words.forms(message.id)}
        for text in words.forms(message.string):
            assert frozenset(re.findall(r"\{[^}]*\}", text)) in named, message.id


def compiled_texts(compiled: bytes) -> dict[object, object]:
    """Return the translations of a compiled catalog without its header, which names the version of Babel."""
    return {str(message.id): message.string for message in read_mo(BytesIO(compiled)) if message.id}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_file_is_that_of_the_translations(language: str) -> None:
    compiled = words.po_file(language).with_suffix(".mo").read_bytes()
    assert len(compiled_texts(compiled)) > 1000
    assert compiled_texts(compiled) == compiled_texts(words.compiled(words.translations(language)))


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_TW"}, "zh_CN"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
    ],
)
def test_the_locale_names_the_language(environ: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert i18n.from_environment() == language


def test_a_language_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="tlh"):
        i18n.choose("tlh")


def test_the_program_speaks_chinese() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "xds_tui", "--help"],
        env={"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "渲大师" in help_text
    assert "simulator" not in help_text.replace("simulate", "")
