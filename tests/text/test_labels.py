from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path

import pytest
from support.factories import NOON, a_host

import xds_tui
from xds_tui import i18n
from xds_tui.domain import filtering
from xds_tui.domain.filter_query import FIELD_ALIASES, QueryError, parse
from xds_tui.domain.model import Area, Billing, Purpose, Status
from xds_tui.domain.records import OrderState
from xds_tui.domain.sanitize import fold
from xds_tui.i18n import _
from xds_tui.text import formats, labels, messages


@pytest.fixture(params=i18n.LANGUAGES, autouse=True)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    i18n.choose(request.param)
    yield request.param
    i18n.choose(i18n.LANGUAGES[0])


def test_filters_accept_the_words_on_screen() -> None:
    shown_words: dict[Enum | str, str] = {
        **{status: formats.status_word(status) for status in Status},
        **{billing: formats.billing(billing) for billing in Billing},
        **{area: formats.area(area) for area in Area},
        **{purpose: formats.purpose(purpose) for purpose in Purpose},
        **{state: messages.order_state(state) for state in OrderState},
        filtering.MAY_BE_YOURS: _("may be yours"),
    }
    assert set(shown_words) == set(filtering.CHOICE_WORDS)
    for value, word in shown_words.items():
        assert fold(word) in filtering.CHOICE_WORDS[value]


def test_filters_accept_the_names_of_the_columns_in_chinese(language: str) -> None:
    if language == "zh_CN":
        for field, name in labels.COLUMNS.items():
            column = fold(_(name)).replace(" ", "")
            assert FIELD_ALIASES.get(column, column) == FIELD_ALIASES.get(field, field)


def test_the_time_until_expiry_fits_its_column_in_each_language() -> None:
    for minutes in (1, 59, 60, 61, 1199, 1439, 1440, 60_000, 140_000):
        text = formats.expires(a_host(expires=NOON + timedelta(minutes=minutes, seconds=1)), NOON)
        assert formats.cells(text) <= formats.EXPIRES_WIDTH, text
        assert text.count("!") == (minutes < 60) + (minutes < 1440)


PACKAGE = Path(xds_tui.__file__).parent
VOCABULARY = [*(PACKAGE / "domain").glob("*.py"), *(PACKAGE / "text").glob("*.py"), *(PACKAGE / "cli").glob("*.py")]


def texts_in(module: Path) -> set[str]:
    """Return the texts of a module that are marked for translation or translated."""
    calls = (node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in ("_", "N_")
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_screens_and_commands_share_one_vocabulary() -> None:
    modules = Counter(text for module in VOCABULARY for text in texts_in(module))
    assert [text for text, count in modules.items() if count > 1] == []
    assert texts_in(PACKAGE / "text" / "labels.py") >= {"on ¥", "on-demand", "rejected", "may be yours", "buy"}


@pytest.mark.parametrize("text", ["os!=windows", "mem≥4", "or", "&&", "status:", 'a"', "colour:red", "mem:x", "age<1"])
def test_a_filter_error_names_the_wrong_word(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    message = messages.error_message(caught.value)
    assert caught.value.detail in message
    assert "{" not in message


def test_an_unknown_value_is_reported_with_the_known_ones() -> None:
    with pytest.raises(QueryError) as caught:
        filtering.parse_for(filtering.HOSTS, "status:running")
    message = messages.error_message(caught.value)
    assert "running" in message
    assert "starting" in message
