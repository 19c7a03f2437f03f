"""`xds-tui login` and `logout`: at a terminal, with the keyrings of a server and of a desktop."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from keyring.errors import PasswordDeleteError
from support.cli_runner import COMMAND, SECRET, runner
from support.memory_keyring import Desktop
from support.terminal import Terminal

from tests.simulator_faults.server import RunningSimulator
from xds_tui.auth import keyring_store as vault_module
from xds_tui.auth.account import Account
from xds_tui.auth.keyring_store import KeyringStore, StoredCredentials
from xds_tui.cli import secret_prompt
from xds_tui.cli.bootstrap import Connector
from xds_tui.cli.commands import listing, login
from xds_tui.cli.output import OutputFormat
from xds_tui.cli.services import CommandServices
from xds_tui.config.settings import Settings
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.simulator.world import ACCOUNT
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal


def no_password(answer: threading.Event, _service: str, _username: str) -> str | None:
    """Wait for `answer`, and return no password."""
    answer.wait(60)
    return None


def services(url: str, keyring_store: KeyringStore, credentials_source: str = "") -> CommandServices:
    settings = Settings(config_path=Path("config.toml"), base_url=url)
    database = Database(None)
    return CommandServices(
        account=Account(Connector(settings), base_url=url, profile="default", keyring_store=keyring_store),
        journal=Journal(database, "default"),
        clock=lambda: datetime.now(UTC),
        close_store=database.close,
        credentials_source=credentials_source,
    )


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the user type the account ID and the correct secret."""
    answers(monkeypatch, ACCOUNT, SECRET)


def answers(monkeypatch: pytest.MonkeyPatch, account: str, secret: str) -> None:
    keyboard = io.StringIO(f"{account}\n")
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", keyboard)
    monkeypatch.setattr(secret_prompt, "ask", lambda prompt: secret)


@pytest.mark.usefixtures("types")
def test_accepted_credentials_are_stored_and_the_keyring_is_named(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    keyring = Desktop()
    assert login.login(services(simulator.url, KeyringStore(keyring), credentials_source="XDS_TOKEN")) == 0
    assert keyring.items["default/secret"] == SECRET
    assert keyring.items["default/base-url"] == simulator.url
    output = capsys.readouterr().out
    assert "stored in Desktop keyring" in output
    assert "XDS_TOKEN" in output
    assert SECRET not in output


def test_rejected_credentials_are_not_stored(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, ACCOUNT, "wrong-secret")
    keyring = Desktop()
    assert login.login(services(simulator.url, KeyringStore(keyring))) == 1
    assert keyring.items == {}
    output = capsys.readouterr().err
    assert "code " in output
    assert "wrong-secret" not in output


def test_incomplete_credentials_are_not_tried(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for account, secret in (("", SECRET), (ACCOUNT, "")):
        answers(monkeypatch, account, secret)
        assert login.login(services(simulator.url, KeyringStore(Desktop()))) == 1


async def _keep(keyring_store: KeyringStore) -> None:
    await keyring_store.write(
        "default", StoredCredentials(AccountKey(ACCOUNT, Secret(SECRET)), "https://client.xuandashi.com")
    )


def test_logging_out_removes_the_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    keyring = Desktop()
    asyncio.run(_keep(KeyringStore(keyring)))
    assert login.logout(KeyringStore(keyring), "default", "") == 0
    assert keyring.items == {}
    assert "Signed out. The credentials have been removed from Desktop keyring" in capsys.readouterr().out
    assert login.logout(KeyringStore(keyring), "default", "XDS_UUID, XDS_SECRET") == 0
    output = capsys.readouterr().out
    assert "has no credentials for this profile" in output
    assert "still used: XDS_UUID, XDS_SECRET" in output


class Stubborn(Desktop):
    """A keyring that does not delete."""

    name = "Stubborn keyring"

    def delete_password(self, service: str, username: str) -> None:
        raise PasswordDeleteError("denied by policy")


def test_a_failed_logout_is_reported_with_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    keyring = Stubborn()
    asyncio.run(_keep(KeyringStore(keyring)))
    assert login.logout(KeyringStore(keyring), "default", "") == 1
    output, complained = capsys.readouterr()
    assert output == ""
    assert "did not remove the credentials: default/secret" in complained
    assert "denied by policy" in complained
    assert "secret-tool clear service xds-tui username default/secret" in complained
    assert SECRET not in complained


def test_logging_out_fails_if_the_keyring_does_not_respond(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_module, "INTERACTIVE_TIMEOUT", 0.02)
    keyring, answer = Desktop(), threading.Event()
    asyncio.run(_keep(KeyringStore(keyring)))
    keyring.get_password = partial(no_password, answer)  # type: ignore[method-assign]
    assert login.logout(KeyringStore(keyring), "default", "") == 1
    answer.set()
    output, complained = capsys.readouterr()
    assert output == ""
    assert "did not respond" in complained
    assert "may still be in the keyring" in complained


def test_an_unresponsive_keyring_does_not_count_as_signed_out(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    keyring, answer = Desktop(), threading.Event()
    keyring.get_password = partial(no_password, answer)  # type: ignore[method-assign]
    view = listing.HostView((), OutputFormat.JSON)
    assert listing.hosts(services(simulator.url, KeyringStore(keyring, limit=0.02)), view, interval=None) == 1
    answer.set()
    output, complained = capsys.readouterr()
    assert output == ""
    assert "could not be read from the keyring" in complained
    assert "The keyring did not respond: 0.02 s" in complained
    assert "Not signed in" not in complained
    assert "xds-tui login" not in complained


@pytest.mark.usefixtures("types")
def test_a_login_that_cannot_be_stored_fails(simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    keyring = Desktop()
    keyring.set_password = lambda service, username, password: None  # type: ignore[method-assign]
    assert login.login(services(simulator.url, KeyringStore(keyring))) == 1
    output, complained = capsys.readouterr()
    assert "Signed in" not in output
    assert "You are not signed in" in complained
    assert "did not store the credentials" in complained
    assert SECRET not in output + complained


def test_without_a_keyring_login_fails_with_advice(bare: dict[str, str]) -> None:
    with Terminal([*COMMAND, "login"], environ=bare) as terminal:
        assert terminal.wait_for_end() == 1
        assert "No keyring was found" in terminal.text
        assert "xds-tui doctor" in terminal.text
        assert "Account ID:" not in terminal.text
    ended = runner(bare)("logout")
    assert (ended.returncode, ended.stdout) == (1, "")


def test_login_without_a_terminal_refers_to_the_environment(bare: dict[str, str]) -> None:
    ended = runner(bare)("login")
    assert ended.returncode == 1
    assert "XDS_UUID" in ended.stderr


def test_a_secret_cannot_be_given_as_an_argument(bare: dict[str, str]) -> None:
    assert runner(bare)("login", "--secret", "x").returncode == 2
    assert runner(bare)("login", ACCOUNT, "x").returncode == 2


def test_login_is_rejected_in_the_demo(bare: dict[str, str]) -> None:
    for command in ("login", "logout", "doctor"):
        assert runner(bare)("--demo", command).returncode == 2
