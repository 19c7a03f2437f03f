"""The masking of the debug log: no secret of a response is written, wherever it stands."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Status
from xds_tui.system import debug_log
from xds_tui.system.debug_log import Word
from xds_tui.system.files import FileWriteError

PLANTED = "pwd-planted 27ac63"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "xds.log"
    debug_log.start(str(path))
    yield path
    debug_log.stop()


values = st.recursive(
    st.sampled_from([PLANTED, None, True, 7, 1.5, "on"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["id", "code", "msg", "hostPw", "traceId", PLANTED]), inner, max_size=4),
    ),
)


@given(values)
def test_no_secret_is_written_wherever_it_stands(value: object) -> None:
    assert PLANTED not in debug_log.masked_body(json.dumps(value).encode())


@pytest.mark.parametrize("name", ["hostPw", "password", "token", "accessToken", "secret", "appSecret", "webhookUrl"])
@pytest.mark.parametrize("value", [270063, 27.0063, "27-0063", {"id": "27-0063"}, [270063], ["27-0063"]], ids=repr)
def test_nothing_of_a_secret_field_is_written_whatever_its_type(name: str, value: object) -> None:
    for body in ({name: value}, {"data": [{"id": "h1", name: value}]}):
        logged = debug_log.masked_body(json.dumps(body).encode())
        assert "0063" not in logged
        assert name in logged


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Secret(PLANTED), "••••"),
        (PLANTED, "str(18)"),
        (PLANTED.encode(), "bytes(18)"),
        (Word("safe"), "safe"),
        (Status.ON, "ON"),
        (7, "7"),
        (None, "None"),
        (Decimal("1.50"), "1.50"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ({"code": "E1", "hostPw": "x", "msg": "no"}, "{code: E1, hostPw: str, msg: str(2)}"),
        ({"status": PLANTED}, "{status: str(18)}"),
        ([1, 2, 3, 4], "[1, 2, 2 more]"),
        (object(), "object"),
    ],
)
def test_a_value_is_masked_by_its_type(value: object, shown: str) -> None:
    assert debug_log.masked(value) == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"", "empty"), (b"<html>", "6 bytes that are not JSON"), (b"[" * 9000, "9000 bytes that are not JSON")],
)
def test_a_body_that_is_not_json_is_counted(body: bytes, shown: str) -> None:
    assert debug_log.masked_body(body) == shown


def test_nothing_is_written_before_the_start() -> None:
    assert not debug_log.is_on()
    debug_log.write("request", token=Secret(PLANTED))


def test_a_line_has_time_and_facts_and_the_file_is_private(log: Path) -> None:
    debug_log.write("request", method=Word("GET"), token=Secret(PLANTED))
    assert log.read_text(encoding="utf-8").rstrip().endswith(" request method=GET token=••••")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_file_readable_by_others_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "xds.log"
    path.touch(0o644)
    debug_log.start(str(path))
    debug_log.stop()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_file_is_rotated_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for handler in debug_log._loggers[0].handlers:
        monkeypatch.setattr(handler, "maxBytes", 200)
    for number in range(100):
        debug_log.write("state", number=number)
    assert {path.name for path in log.parent.iterdir()} == {"xds.log", "xds.log.1"}
    assert "number=99" in log.read_text()
    assert log.stat().st_size <= 200
    assert stat.S_IMODE(log.with_name("xds.log.1").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", [".", "missing/xds.log", "nul\0"])
def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileWriteError, match="The debug log could not be written"):
        debug_log.start(f"{tmp_path}/{name}")
    assert not debug_log.is_on()
