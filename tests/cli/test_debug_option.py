"""`--debug FILE`: the log has requests, responses and decisions, and none of the planted secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli_runner import PASSWORD, SECRET, TOKEN, Run


def lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    for secret in (SECRET, TOKEN, PASSWORD):
        assert secret not in text
    return text.splitlines()


@pytest.mark.parametrize("place", ["before", "after"])
def test_requests_and_responses_are_logged_without_secrets(run: Run, tmp_path: Path, place: str) -> None:
    log = tmp_path / "xds.log"
    option = ["--debug", str(log)]
    ended = run(*option, "hosts", "--json") if place == "before" else run("hosts", "--json", *option)
    assert ended.returncode == 0
    logged = lines(log)
    assert " start version=" in logged[0]
    assert any("request method=POST path=/v1/auth/getToken query={} body={uuid: str(" in line for line in logged)
    assert any("response method=POST path=/v1/auth/getToken status=200" in line for line in logged)
    assert any("response method=GET path=/v1/pve/open/mypage status=200" in line for line in logged)
    assert any("hostPw: str" in line for line in logged)


def test_a_failure_is_logged(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "xds.log"
    assert run("hosts", "--debug", str(log), XDS_BASE_URL="http://127.0.0.1:9").returncode == 1
    assert any("failure error=ConnectError" in line for line in lines(log))


def test_without_the_option_nothing_is_written(run: Run, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*.log"))
    assert run("hosts").returncode == 0
    assert set(tmp_path.rglob("*.log")) == before


def test_a_file_that_cannot_be_written_stops_the_command(run: Run, tmp_path: Path) -> None:
    ended = run("hosts", "--debug", str(tmp_path))
    assert ended.returncode == 1
    assert "The debug log could not be written" in ended.stderr
    assert "xds-tui manual troubleshooting" in ended.stderr
