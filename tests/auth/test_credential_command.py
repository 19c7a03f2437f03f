"""Credentials from a program of the user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xds_tui.auth.credential_command import CredentialCommandError, parse_credentials, read_credentials
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret

KEY = AccountKey("A1", Secret("s3cret"))


def printing(text: str, status: int = 0) -> tuple[str, ...]:
    return sys.executable, "-c", f"import sys; sys.stderr.write('leak'); print({text!r}); sys.exit({status})"


@pytest.mark.parametrize(
    ("output", "credentials"),
    [
        ('{"uuid": "A1", "secret": "s3cret"}', KEY),
        ('{"uuid": "A1", "secret": "s3cret", "token": "t", "Version": 1}\n', KEY),
        ('{"token": "tkn"}', BareToken(Secret("tkn"))),
        ("  tkn\n", BareToken(Secret("tkn"))),
        ("", None),
        ("two words", None),
        ("line\nline", None),
        ("gehe\u00efm", None),
        ('{"uuid": "A1"}', None),
        ('{"uuid": "A1", "secret": 7}', None),
        ('{"uuid": "A\\u001b1", "secret": "s"}', None),
        ('{"token": ', None),
        ("{" * 100_000, None),
    ],
)
def test_the_output_is_json_or_a_token(output: str, credentials: Credentials | None) -> None:
    assert parse_credentials(output.encode()) == credentials


def test_output_that_is_no_text_has_no_credentials() -> None:
    assert parse_credentials(b"\xff\xfe") is None


async def test_the_program_gets_no_input_and_no_variables_of_ours() -> None:
    code = (
        "import json, os, sys; has = 'XDS_SECRET' in os.environ or sys.stdin.read();"
        "print(json.dumps({'token': 'bad' if has else os.environ['HINT']}))"
    )
    command = (sys.executable, "-c", code)
    assert await read_credentials(command, {"XDS_SECRET": "x", "HINT": "good"}) == BareToken(Secret("good"))


@pytest.mark.parametrize(
    ("command", "summary", "detail"),
    [
        (printing("s3cret", 3), "failed", f"{sys.executable}: 3"),
        (printing("no token"), "printed neither", sys.executable),
        (("/no/such/program",), "cannot be started", "/no/such/program: No such file or directory"),
        ((sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), "failed", f"{sys.executable}: -9"),
    ],
)
async def test_an_error_names_the_program_and_its_status_only(
    command: tuple[str, ...], summary: str, detail: str
) -> None:
    with pytest.raises(CredentialCommandError, match=summary) as caught:
        await read_credentials(command, {})
    assert caught.value.detail == detail
    assert "s3cret" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    """A child that survived would keep the pipe open, so that the call would not return."""
    with pytest.raises(CredentialCommandError, match="too long"):
        await read_credentials(("/bin/sh", "-c", "sleep 600 & wait"), {}, 0.2)


async def test_endless_output_ends_with_the_time_limit() -> None:
    code = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(CredentialCommandError, match="too long"):
        await read_credentials((sys.executable, "-c", code), {}, 1)


async def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "secret"
    program.write_text("#!/bin/sh\necho tkn\n")
    program.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert await read_credentials(("~/secret",), {}) == BareToken(Secret("tkn"))
