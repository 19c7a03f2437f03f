"""A secret, and everything that holds one, in every way that Python has of writing a value down."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, astuple, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rich
from support.factories import a_host, a_snapshot

from xds_tui.auth.keyring_store import StoredCredentials
from xds_tui.config.settings import Settings
from xds_tui.domain.credentials import MASK, AccountKey, BareToken, Secret, Token

VALUE = "sec-planted-b81f44"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = AccountKey("A27550582", Secret(VALUE))

HOLDERS: dict[str, Any] = {
    "itself": Secret(VALUE),
    "a list": [Secret(VALUE)],
    "an account": KEY,
    "a bare token": BareToken(Secret(VALUE)),
    "a minted token": Token(Secret(VALUE), NOON),
    "what is stored": StoredCredentials(KEY, "https://service.test", Token(Secret(VALUE), NOON)),
    "settings": Settings(config_path=Path("config.toml"), credentials=KEY),
    "a host": a_host(password=Secret(VALUE)),
    "a snapshot": a_snapshot(a_host(password=Secret(VALUE))),
}


def in_a_log(value: object) -> str:
    written = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(written))
    logger.warning("%s %r %a %s", value, value, value, {"it": value})
    return written.getvalue()


def in_a_traceback(value: object) -> str:
    def fail(held: object) -> None:
        raise ValueError(held)

    try:
        fail(value)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    raise AssertionError


def by_rich(value: object) -> str:
    written = io.StringIO()
    rich.print(value, file=written)
    return written.getvalue()


def through_a_pickle(value: object) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - it is our own


def dumped(value: object) -> str:
    if not is_dataclass(value) or isinstance(value, type):
        return repr(value)
    return f"{asdict(value)} {astuple(value)} {replace(value)}"


WRITTEN: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "ascii": lambda value: ascii(value) + MASK,
    "an f-string": lambda value: f"{value} {value!r} {value!s}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031 - the way of writing is what is tested
    "format": "{0} {0!r}".format,
    "pprint": pprint.pformat,
    "rich": by_rich,
    "JSON by default": lambda value: json.dumps({"it": value}, default=str, ensure_ascii=False),
    "a log": in_a_log,
    "a traceback with locals": in_a_traceback,
    "a dataclass dump": dumped,
    "a copy": lambda value: repr(copy.copy(value)),
    "a deep copy": lambda value: repr(copy.deepcopy(value)),
    "a pickle": lambda value: pickle.dumps(value).decode("utf-8", "replace"),
    "an old pickle": lambda value: pickle.dumps(value, protocol=0).decode("unicode-escape"),
    "what comes out of a pickle": lambda value: repr(through_a_pickle(value)),
}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("holder", HOLDERS)
def test_a_secret_shows_as_dots_however_it_is_written_down(holder: str, way: str) -> None:
    written = WRITTEN[way](HOLDERS[holder])
    assert VALUE not in written
    assert MASK in written


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_cannot_write_it_does_not_write_it_into_its_complaint(holder: str) -> None:
    for write in (json.dumps, msgspec.json.encode):
        try:
            said = str(write(HOLDERS[holder]))
        except TypeError as error:
            said = str(error)
        assert VALUE not in said


def test_it_gives_its_value_when_it_is_called_for_and_so_do_its_copies() -> None:
    secret = Secret(VALUE)
    assert secret.reveal() == VALUE
    assert copy.deepcopy([secret])[0].reveal() == VALUE
    assert copy.copy(KEY).secret.reveal() == VALUE
    assert through_a_pickle(secret).reveal() == MASK


def test_a_format_pads_the_dots_and_not_the_value() -> None:
    assert f"{Secret(VALUE):>6}" == f"  {MASK}"
    assert f"{Secret(VALUE):.2}" == MASK[:2]


def test_secrets_are_compared_without_being_shown() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert not Secret("")
    with pytest.raises(TypeError):
        vars(Secret(VALUE))
